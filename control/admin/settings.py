"""The options of the admin: one model for flags, environment variables and defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict


class AdminSettings(BaseSettings):
    """Every option has a flag (``--data-folder``) and a variable (``EDGE_RENDER_ADMIN_DATA_FOLDER``)."""

    model_config = SettingsConfigDict(env_prefix="EDGE_RENDER_ADMIN_", frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address of the HTTP server.")
    port: int = Field(8090, ge=0, le=65535, description="TCP port of the HTTP server.")
    public_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#@\s]+$",
        description="How browsers and edges reach it, as in https://admin.example.",
    )
    data_folder: Path = Field(
        Path("var/admin"), description="What is kept in a folder: keys, pictures, and by default database and blobs."
    )
    database_url: SecretStr | None = Field(
        None, description="sqlite:///FILE or postgresql+psycopg://USER:PASSWORD@HOST/NAME; else SQLite in the folder."
    )
    blob_url: SecretStr | None = Field(
        None, description="file:///FOLDER or s3://BUCKET/PREFIX; else a folder in the data folder."
    )
    blob_endpoint: str | None = Field(None, description="Address of an S3-compatible server that is not AWS's.")
    blob_region: str = Field("us-east-1", description="Region of the bucket.")
    blob_access_key: SecretStr | None = Field(None, description="Access key of the bucket; else the environment's.")
    blob_secret_key: SecretStr | None = Field(None, description="Secret key of the bucket; else the environment's.")
    keys_folder: Path | None = Field(
        None, description="Where the private halves of signing keys lie, such as a mounted secret; else in the folder."
    )
    package_max_bytes: int = Field(16 * 2**30, ge=2**20, description="Most bytes of one package.")
    session_idle_s: int = Field(3600, ge=60, description="A session without a request for so long ends.")
    session_max_s: int = Field(12 * 3600, ge=300, description="A session ends after so long in any case.")
    four_eyes: bool = Field(False, description="Who had a hand in a version can't publish it.")
    validators: int = Field(1, ge=1, le=16, description="Packages that are validated at a time.")
    validation_max_s: int = Field(1800, ge=10, description="A validation that takes longer is ended, and fails.")
    validation_memory_bytes: int = Field(
        8 * 2**30, ge=2**30, description="Most address space of each process of a validation or a preview."
    )
    previews: int = Field(2, ge=0, le=16, description="Previews at a time, each a process that draws.")
    preview_idle_s: float = Field(120.0, ge=5, description="A preview that nobody visits for so long is ended.")
    healthy_s: float = Field(
        20.0, ge=0, description="A wave of a roll-out counts as healthy after its sites showed it for so long."
    )
    visits_keep_days: int = Field(
        800, ge=1, le=36500, description="Sums of visits are removed after so many days; two years and some by default."
    )
    oidc_issuer: str | None = Field(
        None,
        pattern=r"^(https://|http://(localhost|127\.0\.0\.1)(:|/|$))",
        description="OpenID Connect issuer; without it only local accounts log in.",
    )
    oidc_client_id: str | None = Field(None, description="Client at the issuer.")
    oidc_client_secret: SecretStr | None = Field(None, description="Its secret.")
    oidc_role_claim: str = Field(
        "edge_render_role",
        description="Claim that has the role; without it: viewer. Empty: roles are given on the accounts page.",
    )
    oidc_name: str = Field("SSO", description="What the button says.")

    @model_validator(mode="after")
    def _client_is_named(self) -> Self:
        if self.oidc_issuer is not None and not self.oidc_client_id:
            raise ValueError("--oidc-issuer needs --oidc-client-id: what the issuer calls this admin")
        return self

    @property
    def base_url(self) -> str:
        """How browsers reach it, without a slash at the end."""
        return self.public_url or f"http://{self.host}:{self.port}"
