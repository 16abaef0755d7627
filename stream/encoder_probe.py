"""Which encoder works here: each candidate really encodes a frame."""

from __future__ import annotations

import numpy as np
import structlog

from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.pose import Pose
from stream.encoder import Encoder
from stream.errors import EncoderError
from stream.h264 import H264Encoder
from stream.settings import EncoderChoice, StreamSettings

log = structlog.get_logger(__name__)

_CANDIDATES: dict[EncoderChoice, tuple[str, ...]] = {
    "auto": ("h264_nvenc", "libx264"),
    "nvenc": ("h264_nvenc",),
    "x264": ("libx264",),
}
_SIZE = 256


def probe(codec: str, settings: StreamSettings) -> str | None:
    """Encode one frame; None where that works, else the reason."""
    frame = Frame(
        pixels=np.zeros((_SIZE * 3 // 2, _SIZE), np.uint8),
        format=PixelFormat.I420,
        width=_SIZE,
        height=_SIZE,
        pose=Pose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0)),
        input_seq=0,
        still=False,
        times=FrameTimes(0, 0, 0.0, 0.0),
    )
    try:
        unit = H264Encoder(codec, settings.max_bps, settings.max_fps).encode(frame, settings.start_bps, True)
    except EncoderError as error:
        return str(error)
    return None if unit.key_frame else "the first picture was no key frame"


def choose_codec(settings: StreamSettings) -> str:
    """The best codec that works. Raises EncoderError with every reason where none does."""
    reasons: list[str] = []
    for codec in _CANDIDATES[settings.encoder]:
        reason = probe(codec, settings)
        if reason is None:
            log.info("encoder_chosen", codec=codec, passed_over=reasons)
            return codec
        reasons.append(reason)
    raise EncoderError(f"no encoder works here: {'; '.join(reasons)}")


FALLBACK_CODEC = "libx264"
"""Works everywhere; takes over from an encoder that fails at run time."""


def make_encoder(codec: str, settings: StreamSettings) -> Encoder:
    """An encoder for one visit."""
    return H264Encoder(codec, settings.max_bps, settings.max_fps)
