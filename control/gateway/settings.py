"""The options of a gateway: one model for flags, environment variables and defaults."""

from __future__ import annotations

import socket
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from control.kube.cluster import Member
from control.kube.errors import ClusterError
from control.kube.static_cluster import static_member


def _by_commas(value: object) -> object:
    """A list as it is written on the command line: with commas between; none for an empty text."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _as_member(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        return static_member(text)
    except ClusterError as error:
        raise ValueError(str(error)) from error


def _ice_url(url: str) -> str:
    if not url.startswith(("stun:", "stuns:", "turn:", "turns:")):
        raise ValueError(f"'{url}' should look like stun:HOST:PORT or turn:HOST:PORT?transport=udp")
    return url


def _network(text: str) -> str:
    ip_network(text)  # raises ValueError
    return text


def _long_enough(secret: SecretStr) -> SecretStr:
    if len(secret.get_secret_value()) < SECRET_MIN_LENGTH:
        raise ValueError(f"must have at least {SECRET_MIN_LENGTH} characters, or it could be guessed")
    return secret


SECRET_MIN_LENGTH = 16
FixedMember = Annotated[Member, BeforeValidator(_as_member)]
Texts = (NoDecode, BeforeValidator(_by_commas))
IceUrl = Annotated[str, AfterValidator(_ice_url)]
Network = Annotated[str, AfterValidator(_network)]
Secret = Annotated[SecretStr, AfterValidator(_long_enough)]


class GatewaySettings(BaseSettings):
    """Every option has a flag (``--queue-max``) and a variable (``EDGE_RENDER_QUEUE_MAX``)."""

    model_config = SettingsConfigDict(env_prefix="EDGE_RENDER_", frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address of the HTTP server; 0.0.0.0 serves phones in the same network.")
    port: int = Field(8080, ge=0, le=65535, description="TCP port of the HTTP server.")
    fleet_name: str = Field(
        default_factory=lambda: socket.gethostname()[:128] or "gateway",
        pattern=r"^[A-Za-z0-9._-]{1,128}$",
        description="What the other gateways call this one: the pod's UID in a cluster.",
    )
    signing_key: Path | None = Field(
        None,
        description="File with the private key (JWK, Ed25519) by which tokens are signed, the same for all gateways, "
        "or a set of keys of which the first one signs; "
        "`edge-render gateway-keys` makes one. Renderers are given the public half (--gateway-keys).",
    )
    renderers: Annotated[tuple[FixedMember, ...], *Texts] = Field(
        (),
        description="Renderers, where no Kubernetes says who they are: NAME=URL,… with the --fleet-name of each.",
    )
    peers: Annotated[tuple[FixedMember, ...], *Texts] = Field(
        (), description="The other gateways, likewise: they tell each other who waits."
    )
    namespace: str | None = Field(
        None, description="Kubernetes namespace of renderers and gateways; else the one that this pod is in."
    )
    kubeconfig: Path | None = Field(
        None, description="How to reach the Kubernetes API from outside; else by the pod's service account."
    )
    join: Literal["open", "invited"] = Field(
        "open",
        description="Who may join: anybody, or only who was sent by a server that has an --issuer-secret, as a bank's "
        "own site after its login.",
    )
    issuer_secrets: Annotated[tuple[Secret, ...], *Texts] = Field(
        (),
        repr=False,
        description="What servers that invite send as bearer token, by commas: two while one is exchanged for another.",
    )
    stun_urls: Annotated[tuple[IceUrl, ...], *Texts] = Field(
        (), description="STUN servers for visitors, by commas: for those that see renderers only through a NAT."
    )
    turn_urls: Annotated[tuple[IceUrl, ...], *Texts] = Field(
        (), description="TURN servers for visitors, by commas: for networks that let no other UDP or none at all pass."
    )
    turn_secret: Secret | None = Field(
        None, description="What this gateway shares with the TURN servers (coturn: static-auth-secret)."
    )
    turn_lifetime_s: float = Field(
        6 * 3600.0, ge=60, description="How long a visitor's TURN credentials are good: they have to outlast a visit."
    )
    ice_transport_policy: Literal["all", "relay"] = Field(
        "all", description="relay: visitors go through TURN in any case, as where renderers can't be reached directly."
    )
    trusted_proxies: Annotated[tuple[Network, ...], *Texts] = Field(
        (),
        description="Networks of proxies whose X-Forwarded-For tells who a visitor is, by commas: 10.0.0.0/8. Others "
        "could write there what they like, and visitors are limited by their address.",
    )
    joins_per_minute: int = Field(
        600, ge=1, description="Joins from one address; generous, as a branch's visitors share one."
    )
    queue_max: int = Field(
        1000, ge=0, le=1500, description="Visitors who wait at this gateway; more are told to come again."
    )
    queue_max_by_address: int = Field(
        200, ge=1, description="Of these from one address, so that nobody fills the queue alone."
    )
    control_max: int = Field(
        2000, ge=1, description="Control channels by WebSocket at a time, for visitors who have no data channel."
    )
    linger_s: float = Field(
        2.0,
        ge=0,
        le=60,
        description="How long it goes on answering after it was told to end: a cluster may still send requests.",
    )

    @model_validator(mode="after")
    def _fit_together(self) -> GatewaySettings:
        if self.join == "invited" and not self.issuer_secrets:
            raise ValueError("--join invited needs --issuer-secrets: else nobody could invite")
        if self.turn_urls and self.turn_secret is None:
            raise ValueError("--turn-urls needs --turn-secret: TURN servers let nobody in without credentials")
        if self.ice_transport_policy == "relay" and not self.turn_urls:
            raise ValueError("--ice-transport-policy relay needs --turn-urls: else no visitor gets a picture")
        return self
