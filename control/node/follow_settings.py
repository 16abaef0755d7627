"""The options of a node that follows a site of the cloud admin."""

from __future__ import annotations

import socket
from importlib.metadata import version
from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from control.content.errors import KeyRefused
from control.content.names import SLUG_PATTERN, PlainText
from control.content.trust import parse_keys
from control.errors import StartError
from control.sync.follow_config import FollowConfig

MIB = 1024 * 1024
MEGABIT_BYTES = 125_000


class FollowSettings(BaseSettings):
    """Flags and variables as those of NodeSettings."""

    model_config = SettingsConfigDict(env_prefix="EDGE_RENDER_", frozen=True, extra="forbid")

    admin_url: str | None = Field(
        None, pattern=r"^https?://[^/]+$", description="The cloud admin to follow, as in https://admin.example."
    )
    site: str | None = Field(
        None,
        pattern=SLUG_PATTERN,
        description="This site's name at the admin: what it shows is ordered there.",
    )
    site_token: SecretStr | None = Field(
        None, description="The site's token; EDGE_RENDER_SITE_TOKEN keeps it out of the list of processes."
    )
    trusted_key: str | None = Field(
        None,
        description="ed25519:… : only what this key has signed is shown, or one that it has handed over to. Several "
        "with commas.",
    )
    content_folder: Path = Field(Path("var/content"), description="Where the site's content is kept.")
    content_budget_mib: int = Field(
        32 * 1024, ge=64, description="Most that the content may take on the disk, MiB; what is shown always stays."
    )
    content_max_mbit_s: float | None = Field(
        None, gt=0.0, allow_inf_nan=False, description="Most that downloads of content take of the network, Mbit/s."
    )
    verify_content: bool = Field(
        False, description="Read and check all of the content at start, not only what seems to have been changed."
    )
    node_name: PlainText = Field(
        default_factory=lambda: socket.gethostname()[:64] or "node",
        min_length=1,
        max_length=64,
        description="What the admin calls this node; the machine's or the pod's name.",
    )

    def follow_config(self) -> FollowConfig:
        """Raises StartError where something that is needed is missing, or no key."""
        needed = {"--site": self.site, "--site-token": self.site_token, "--trusted-key": self.trusted_key}
        missing = [flag for flag, value in needed.items() if value is None]
        if missing:
            raise StartError(f"--admin-url needs {', '.join(missing)} too: the admin says them when the site is made")
        assert self.admin_url is not None, "else nobody asks"
        assert self.site is not None
        assert self.site_token is not None
        assert self.trusted_key is not None
        try:
            keys = parse_keys(self.trusted_key)
        except KeyRefused as error:
            raise StartError(f"--trusted-key: {error}") from error
        return FollowConfig(
            admin_url=self.admin_url,
            site=self.site,
            site_token=self.site_token,
            trusted_keys=keys,
            folder=self.content_folder,
            budget_bytes=self.content_budget_mib * MIB,
            node=self.node_name,
            software=f"edge-render {version('edge-render')}",
            max_bytes_per_s=None if self.content_max_mbit_s is None else self.content_max_mbit_s * MEGABIT_BYTES,
            read_all=self.verify_content,
        )
