"""Which encoders work here, and are quick enough: each candidate really encodes some frames."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import structlog

from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.pose import Pose
from stream.codec.encoder import Encoder
from stream.codec.fallback_encoder import Candidate
from stream.codec.libav_encoder import LibavEncoder
from stream.codec.video_codec import VideoCodec
from stream.codec.vpx import VpxEncoder
from stream.errors import EncoderError
from stream.settings import StreamSettings

log = structlog.get_logger(__name__)

_FRAMES = 5
_SHIFT_PX = 8
BUSY_MAX: Final = 0.8
"""Of the time between two pictures, at most, for encoding one."""


@dataclass(frozen=True, slots=True)
class EncoderKind:
    """A codec and the library that codes it."""

    codec: VideoCodec
    library: str

    def __str__(self) -> str:
        return f"{self.codec} by {self.library}"

    @property
    def gpu(self) -> bool:
        return self.library.endswith("_nvenc")


X264: Final = EncoderKind(VideoCodec.H264, "libx264")
_KINDS: Final = (
    EncoderKind(VideoCodec.H264, "h264_nvenc"),
    X264,
    EncoderKind(VideoCodec.VP8, "libvpx"),
    EncoderKind(VideoCodec.VP9, "libvpx"),
    EncoderKind(VideoCodec.AV1, "av1_nvenc"),
)
"""Of one codec, the better first."""


def make_encoder(kind: EncoderKind, settings: StreamSettings) -> Encoder:
    """An encoder for one stream."""
    if kind.codec in (VideoCodec.H264, VideoCodec.AV1):
        return LibavEncoder(kind.library, settings.max_bps, settings.max_fps)
    return VpxEncoder(kind.codec, settings.max_bps, settings.max_fps)


def candidates(kinds: Sequence[EncoderKind], settings: StreamSettings) -> list[Candidate]:
    """What a FallbackEncoder takes."""

    def maker(kind: EncoderKind) -> Callable[[], Encoder]:
        return lambda: make_encoder(kind, settings)

    return [Candidate(kind.codec, maker(kind)) for kind in kinds]


def probe(kind: EncoderKind, settings: StreamSettings, frames: Sequence[Frame]) -> float:
    """How many milliseconds one of these pictures takes. Raises EncoderError where the encoder does not work."""
    encoder = make_encoder(kind, settings)
    took_ms = []
    for index, frame in enumerate(frames):
        began_s = time.perf_counter()
        unit = encoder.encode(frame, settings.start_bps, index == 0)
        took_ms.append((time.perf_counter() - began_s) * 1e3)
        if index == 0 and not unit.key_frame:
            raise EncoderError(f"{kind}: the first picture was no key frame")
    # The least, as others may have used the processor meanwhile.
    return min(took_ms[1:])


def moving_pictures(width: int, height: int) -> list[Frame]:
    """Soft shapes that move to the side, about as hard to code as a turning camera."""
    down, across = np.mgrid[0:height, 0 : width + _SHIFT_PX * _FRAMES].astype(np.float32)
    shapes = 110 + 50 * np.sin(across / 37) * np.cos(down / 23) + 20 * np.sin((across + 2 * down) / 5)
    luma = shapes.astype(np.uint8)
    pose, times = Pose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)), FrameTimes(0, 0, 0.0, 0.0)
    frames = []
    for begin in range(0, _SHIFT_PX * _FRAMES, _SHIFT_PX):
        planes = np.full((height * 3 // 2, width), 128, np.uint8)
        planes[:height] = luma[:, begin : begin + width]
        frames.append(Frame(planes, PixelFormat.I420, width, height, pose, 0, False, times))
    return frames


def choose_encoders(
    settings: StreamSettings, codecs: Sequence[VideoCodec], width: int, height: int
) -> tuple[EncoderKind, ...]:
    """The encoders of these codecs that hold ``settings.max_fps`` with pictures of that size: in the order of the
    codecs, of each the better first. Where none is quick enough, the quickest. Raises EncoderError with every reason
    where none works."""
    took_ms: dict[EncoderKind, float] = {}
    left_out: list[str] = []
    frames = moving_pictures(width, height)
    for kind in (kind for codec in codecs for kind in _KINDS if kind.codec is codec):
        if kind.gpu and settings.encoder == "x264":
            left_out.append(f"{kind}: no GPU is to be used")
            continue
        try:
            took_ms[kind] = probe(kind, settings, frames)
        except EncoderError as error:
            left_out.append(f"{kind}: {error}")
    if not took_ms or (settings.encoder == "nvenc" and not any(kind.gpu for kind in took_ms)):
        raise EncoderError(f"no encoder works here: {'; '.join(left_out)}")
    bound_ms = BUSY_MAX * 1e3 / settings.max_fps
    chosen = tuple(kind for kind, ms in took_ms.items() if ms <= bound_ms)
    chosen = chosen or (min(took_ms, key=lambda kind: took_ms[kind]),)
    left_out += [
        f"{kind}: {ms:.1f} ms for a picture of {width}x{height}, of {bound_ms:.1f} that there are"
        for kind, ms in took_ms.items()
        if kind not in chosen
    ]
    log.info("encoders_chosen", encoders=[f"{kind}, {took_ms[kind]:.1f} ms" for kind in chosen], left_out=left_out)
    return chosen
