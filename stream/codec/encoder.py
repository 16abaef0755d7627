"""The encoder contract."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from edge_render.frame import Frame
from stream.codec.video_codec import VideoCodec


@dataclass(frozen=True, slots=True)
class AccessUnit:
    """One coded picture."""

    codec: VideoCodec
    data: bytes = field(repr=False)
    """H.264: an access unit in byte stream format (ITU-T H.264, annex B). VP8, VP9: a frame. AV1: a temporal
    unit in low-overhead format (AV1, section 5)."""
    key_frame: bool
    quantiser: float | None = None
    """How coarse, 0 (lossless) to 1: the quantiser of H.264 that would give the same picture, of 51; None where the
    library does not say."""


class Encoder(Protocol):
    """Encodes frames in the order given; used by one thread at a time, not always the same."""

    @property
    def name(self) -> str:
        """The codec library, such as libx264."""
        ...

    def encode(self, frame: Frame, target_bps: int, key_frame: bool) -> AccessUnit:
        """Encode now, without delay. A new size or ``key_frame`` gives a key frame that needs nothing before it;
        a changed rate does not. No picture, key frame or not, is much larger than ``target_bps`` divided by the
        nominal frame rate: what does not fit makes it coarser. Raises EncoderError."""
        ...
