"""What a node is told about the site that it follows."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from pydantic import SecretStr

from control.content.edge_api import WAIT_MAX_S
from control.content.release import TrustedKey

RESERVE_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class FollowConfig:
    """Which admin, which site, and how much room there is for its content.

    ``admin_url``: as in https://admin.example, without a path. ``trusted_keys``: whose signatures count as long as no
    key ring of theirs says otherwise (``control.content.trust.parse_keys`` reads them). ``node``: the name of the
    machine or the pod, at most 64 characters; ``software``: this program and its version, likewise.
    """

    admin_url: str
    site: str
    site_token: SecretStr
    trusted_keys: tuple[TrustedKey, ...]
    folder: Path
    budget_bytes: int
    node: str
    software: str
    reserve_bytes: int = field(default=RESERVE_BYTES, kw_only=True)
    """So much of the disk is left alone: the node's own state must be written, too."""
    max_bytes_per_s: float | None = field(default=None, kw_only=True)
    """Most that blobs may take of the network; None: all that there is."""
    read_all: bool = field(default=False, kw_only=True)
    """Read and check all content at start, and not only what its size or time tells to be changed."""
    wait_s: float = field(default=WAIT_MAX_S, kw_only=True)
    """How long the admin may take to answer that nothing else is ordered."""
    report_every_s: float = field(default=60.0, kw_only=True)
    """How often the admin is told of this node and its visits, where nothing changes."""
