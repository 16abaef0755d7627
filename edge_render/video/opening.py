"""How each kind of source is opened with libav: little delay, few seconds of patience, no way to any other protocol.

The demuxer is named and never guessed: some of what libav knows reads other files and addresses. What a playlist may
lead to is bounded by ``protocol_whitelist`` (FFmpeg's protocols documentation).
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Final, cast
from urllib.parse import urlsplit

import av
from av.container import InputContainer

from edge_render.errors import VideoError
from edge_render.video.address import is_address
from edge_render.video.containers import FILE_CONTAINERS

WIDTH_MAX: Final = 8192
PIXELS_MAX: Final = 8192 * 4096

OPEN_S: Final = 8.0
READ_S: Final = 5.0
"""A source that says nothing for so long is lost."""
REORDER_US: Final = 100_000
"""How long packets over UDP are waited for that others have overtaken."""
HLS_READ_S: Final = 15.0
"""Between two segments nothing comes, and they may be 6 to 10 seconds long (RFC 8216)."""
PROBE_BYTES: Final = 200_000
PROBE_US: Final = 1_000_000
"""How much is read to find out what is in a live stream; libav's own 5 MB and 5 s would be waited for."""
RTMP_PROBE_US: Final = 500_000
"""FLV never says that all its streams have been seen, so all of that passes before the first picture."""

_THREADS_MAX: Final = 4
_LARGE_PIXELS: Final = 4096 * 2160
"""One core decodes smaller pictures in less than the time between two."""


@dataclass(frozen=True, slots=True)
class OpenPlan:
    """What libav is told."""

    container: str
    options: dict[str, str] = field(repr=False)
    read_s: float
    live: bool
    """Goes on while nobody reads, and is shown as it comes."""
    paced: bool
    """Comes in pieces, and is shown at the pace at which it was recorded."""


def plan_for(source: str | Path) -> OpenPlan:
    """How to open a file, or an address that was checked. Raises VideoError."""
    if isinstance(source, Path) or not is_address(source):
        suffix = PurePosixPath(source).suffix.lower()
        try:
            container = FILE_CONTAINERS[suffix]
        except KeyError:
            raise VideoError(f"must be one of {', '.join(FILE_CONTAINERS)}") from None
        return OpenPlan(container, _options("file"), READ_S, live=False, paced=True)
    scheme = urlsplit(source).scheme
    if scheme in ("rtsp", "rtsps"):
        # Over UDP, whatever is lost spoils the picture until the next key frame; nearly all cameras do TCP as well.
        options = _live("rtsp,rtsps,rtp,srtp,tcp,udp,tls") | {
            "rtsp_transport": "tcp+udp",
            "rtsp_flags": "prefer_tcp",
            "timeout": str(round(READ_S * 1e6)),
            "max_delay": str(REORDER_US),
        }
        return OpenPlan("rtsp", options, READ_S, live=True, paced=False)
    if scheme in ("rtmp", "rtmps"):
        options = _live("rtmp,rtmps,rtmpt,rtmpts,tcp,tls") | {
            "rtmp_live": "live",
            "rtmp_buffer": "100",
            "analyzeduration": str(RTMP_PROBE_US),
        }
        return OpenPlan("flv", options, READ_S, live=True, paced=False)
    if scheme == "srt":
        return OpenPlan("mpegts", _live("srt"), READ_S, live=True, paced=False)
    # Segments come all at once: begin with the last one, and show it at its pace.
    options = _options("http,https,tcp,tls,crypto") | {"live_start_index": "-1", "rw_timeout": str(round(READ_S * 1e6))}
    return OpenPlan("hls", options, HLS_READ_S, live=True, paced=True)


def _options(protocols: str) -> dict[str, str]:
    return {"protocol_whitelist": protocols, "max_pixels": str(PIXELS_MAX), "max_streams": "64"}


def _live(protocols: str) -> dict[str, str]:
    return _options(protocols) | {
        "fflags": "nobuffer",
        "probesize": str(PROBE_BYTES),
        "analyzeduration": str(PROBE_US),
        "fpsprobesize": "0",
    }


def open_source(source: str | Path, plan: OpenPlan) -> InputContainer:
    """Connect, and find a picture in it. Raises VideoError, whose message has neither the source's name nor a
    password in it."""
    try:
        container = _open(source, plan)
    except (av.FFmpegError, ValueError, OSError) as error:
        raise VideoError(f"can't be opened as {plan.container}: {reason_of(error)}") from None
    try:
        if not container.streams.video:
            raise VideoError("has no picture in it")
        context = container.streams.video[0].codec_context
        if context is None:  # PyAV's types don't say so
            raise VideoError("has a picture in a code that is not known here")
        check_size(context.width, context.height)
        _set_threads(container, plan)
    except BaseException:
        container.close()
        raise
    return container


def _open(source: str | Path, plan: OpenPlan) -> InputContainer:
    if isinstance(source, str) and urlsplit(source).scheme == "srt":
        from edge_render.video.srt import SrtReader

        reader = SrtReader(source, OPEN_S, plan.read_s)
        return cast(InputContainer, av.open(reader, format=plan.container, options=plan.options))
    patience = (OPEN_S, plan.read_s)
    try:
        return av.open(str(source), format=plan.container, options=plan.options, timeout=patience)
    except av.error.HTTPBadRequestError:
        if plan.container != "rtsp":
            raise
    # To what they can't do, servers answer 461, and libav tries UDP; some answer 400.
    options = {name: value for name, value in plan.options.items() if name != "rtsp_flags"}
    return av.open(str(source), format="rtsp", options=options | {"rtsp_transport": "udp"}, timeout=patience)


def check_size(width: int, height: int) -> None:
    """Raises VideoError where a picture is larger than allowed."""
    if max(width, height) > WIDTH_MAX or width * height > PIXELS_MAX:
        raise VideoError(f"has {width}x{height} pixels; {WIDTH_MAX}x{PIXELS_MAX // WIDTH_MAX} are the most")


def _set_threads(container: InputContainer, plan: OpenPlan) -> None:
    """Decoding by whole frames on several threads delays by one picture for each: live sources pay that only where
    one thread would be too slow."""
    context = container.streams.video[0].codec_context
    context.thread_count = min(_THREADS_MAX, os.cpu_count() or 1)
    large = context.width * context.height > _LARGE_PIXELS
    context.thread_type = "AUTO" if plan.paced or large else "SLICE"


def reason_of(error: Exception) -> str:
    """What went wrong, without the address, which libav's messages have in them."""
    if isinstance(error, av.error.ExitError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return type(error).__name__
