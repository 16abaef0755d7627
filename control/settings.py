"""The options of an edge node: one model for flags, environment variables and defaults."""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from edge_render.video.address import check_address
from stream.codec.video_codec import VideoCodec


def _codec_names(value: object) -> object:
    """A list as it is written on the command line: names with commas between them."""
    return value.replace(" ", "").split(",") if isinstance(value, str) else value


def _named_addresses(value: object) -> object:
    """As it is written on the command line: NAME=ADDRESS with spaces between; addresses have none."""
    if not isinstance(value, str):
        return value
    pairs = [word.partition("=") for word in value.split()]
    if any(not equals for _, equals, _ in pairs):
        raise ValueError("must be NAME=ADDRESS, with spaces between several")
    return {name: address for name, _, address in pairs}


def _words(value: object) -> object:
    """A list as it is written on the command line: words with commas between them."""
    return [word.strip() for word in value.split(",") if word.strip()] if isinstance(value, str) else value


def _local_address(value: str) -> str:
    try:
        address = ipaddress.ip_address(value)
    except ValueError:
        raise ValueError(f"'{value}' is not an address: give one in digits, such as 10.0.0.5") from None
    if address.is_unspecified or address.is_multicast:
        raise ValueError(f"{value} is not the address of one machine; give one of those that `ip address` tells")
    return str(address)


def _advertised_address(value: str) -> str:
    """In digits, or the name of a host."""
    try:
        return _local_address(value)
    except ValueError:
        if _HOST_NAME.fullmatch(value) is None or value.replace(".", "").isdecimal():
            raise ValueError(
                f"'{value}' is neither an address nor a host's name; give it without a scheme, and a port by "
                "--advertise-port"
            ) from None
        return value


_HOST_NAME = re.compile(r"(?=.{1,253}$)[A-Za-z0-9_]([A-Za-z0-9_-]{0,62})?(\.[A-Za-z0-9_][A-Za-z0-9_-]{0,62})*\.?")
Address = Annotated[str, AfterValidator(check_address)]


class NodeSettings(BaseSettings):
    """Every option has a flag (``--max-visits``) and a variable (``EDGE_RENDER_MAX_VISITS``)."""

    model_config = SettingsConfigDict(env_prefix="EDGE_RENDER_", frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="Address of the HTTP server; 0.0.0.0 serves phones in the same network.")
    port: int = Field(8080, ge=0, le=65535, description="TCP port of the HTTP server.")
    listen_fd: int | None = Field(
        None, ge=3, description="A listening socket that was inherited, in place of --host and --port."
    )
    media_port: int = Field(
        0, ge=0, le=65535, description="UDP port of all visits' media; 0: one of its own for each visit."
    )
    media_host: Annotated[
        tuple[Annotated[str, AfterValidator(_local_address)], ...], NoDecode, BeforeValidator(_words)
    ] = Field(
        (),
        description="Addresses of this machine that media uses, by commas; else all but loopback, link-local and those "
        "of containers' networks.",
    )
    advertise_address: Annotated[
        tuple[Annotated[str, AfterValidator(_advertised_address)], ...], NoDecode, BeforeValidator(_words)
    ] = Field(
        (),
        max_length=8,
        description="Addresses or host names that visitors send media to, by commas, where a NAT, a hostPort or a load "
        "balancer stands before this machine.",
    )
    advertise_port: int | None = Field(
        None, ge=1, le=65535, description="UDP port that visitors send to, where it is mapped to another --media-port."
    )
    package: Path | None = Field(None, description="Folder of the showroom package to serve.")
    cache_folder: Path | None = Field(
        None,
        description="Where what is made of a package's files is kept, such as tiles; else the user's cache folder.",
    )
    renderer: Literal["gl", "pyrender"] = Field("gl", description="pyrender is the slow reference.")
    pixel_format: Literal["auto", "rgba", "i420"] = Field(
        "auto", description="Where pixels become I420: in a shader (i420) or by libswscale (rgba); auto measures."
    )
    quality: Literal["auto", "software", "small-gpu", "big-gpu"] = Field(
        "auto", description="How much effort a picture gets; auto measures what --max-visits at --fps leave time for."
    )
    encoder: Literal["auto", "x264", "nvenc"] = Field(
        "auto", description="auto takes NVENC where it really encodes; x264: no GPU; nvenc: none without a GPU."
    )
    codecs: Annotated[tuple[VideoCodec, ...], NoDecode, BeforeValidator(_codec_names)] = Field(
        tuple(VideoCodec),
        min_length=1,
        description="Video codecs for visitors, the best first, by commas: h264,vp8. Those too slow are left out.",
    )
    live_sources: Annotated[dict[str, Address], NoDecode, BeforeValidator(_named_addresses)] = Field(
        {},
        repr=False,
        description="Addresses in place of the package's, by live scene: 'square=rtsp://… hall=srt://…'.",
    )
    gpu_memory_mib: int | None = Field(
        None, ge=1, description="GPU memory for scenes, MiB; without it, three quarters of what the device has."
    )
    fps: float = Field(30.0, ge=1.0, le=120.0, description="Most frames per second that one visit gets.")
    max_width: int = Field(1280, ge=160, le=4096, description="Most pixels across of one visit's picture.")
    max_height: int = Field(720, ge=90, le=4096, description="Most pixels down; a portrait screen swaps the two.")
    max_visits: int = Field(4, ge=1, le=1000, description="Visits at a time; one more is refused with 503.")
    max_followers: int = Field(
        50, ge=0, le=1000, description="Followers of guided visits at a time; one more is refused with 503."
    )
    start_bps: int = Field(2_500_000, ge=100_000, description="Video rate before the receiver's first report.")
    max_bps: int = Field(12_000_000, ge=100_000, description="Most video rate for one visit.")
    congestion: Literal["transport-cc", "remb"] = Field(
        "transport-cc", description="Who estimates the link: the sender by transport-wide feedback, or the receiver."
    )
    protection: Literal["auto", "copies", "none"] = Field(
        "auto", description="For links that lose packets: repair packets where the visitor knows them, else copies."
    )
    connect_timeout_s: float = Field(10.0, gt=0, description="A visit that has not connected by then is ended.")
    heartbeat_timeout_s: float = Field(6.0, gt=0, description="A visit that was silent this long is ended.")
    gateway_keys: Path | None = Field(
        None,
        description="JWK set of the public keys of the gateways that visitors come through; nobody else gets in then.",
    )
    fleet_name: Annotated[str, Field(min_length=1, max_length=128)] | None = Field(
        None, description="What gateways call this renderer; in a cluster, the UID of its pod."
    )
    drain_wait_s: float = Field(
        900.0,
        ge=0,
        le=86_400,
        description="With gateways: how long a node that is to go (SIGTERM) waits for its visits to end by themselves.",
    )
    hand_over_s: float = Field(
        20.0, ge=0, le=600, description="How long those who are still there then have to go on at another node."
    )
    editing: bool = Field(False, description="Answer editors what is at a point of the picture; for previews alone.")
    editor_origin: str | None = Field(
        None,
        pattern=r"^https?://[^/\s;,'\"]+$",
        description="Origin of the page that may embed this one for editing; else only pages of this server may.",
    )
    walk_speed_m_s: float = Field(1.6, gt=0, le=10, description="Walking speed at full stick.")

    @field_validator("advertise_port")
    @classmethod
    def _port_needs_an_address(cls, value: int | None, others: ValidationInfo) -> int | None:
        if value is not None and not (others.data.get("media_port") and others.data.get("advertise_address")):
            raise ValueError("is the way to one port from outside: give --media-port and --advertise-address too")
        return value
