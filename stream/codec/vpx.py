"""VP8 and VP9 through libvpx. Low delay: a frame in, a coded picture out, no larger than its share of the rate.

Each picture gets the quantiser that it needs (stream/codec/quantiser_control.py); one that comes out too large is taken
back and coded again, coarser. VP8's coarsest quantiser is about 41 on H.264's scale of 51: where a picture does not get
small enough with it, its size must fall (stream/picture/quality.py sees to that).
"""

from __future__ import annotations

from typing import Final

import numpy as np

from edge_render.frame import Frame
from stream.codec.encoder import AccessUnit
from stream.codec.libav_encoder import QUANTISER_MAX
from stream.codec.libvpx import (
    AQ_MODE,
    AUTO_ALTREF,
    COLOR_RANGE,
    COLOR_SPACE,
    CPU_USED,
    STATIC_THRESHOLD,
    Codec,
    VpxContext,
)
from stream.codec.picture_planes import Matrix, PictureConverter
from stream.codec.quantiser_control import QuantiserControl
from stream.codec.video_codec import VideoCodec
from stream.errors import EncoderError

LEVELS: Final = 64
TRIALS_MAX: Final = 4
"""How often a picture is coded at most. Two are rare: where the content changes at once."""

# What level of libvpx's quantiser gives the signal-to-noise ratio of what quantiser of x264 (superfast), measured with
# a turn in the demo showroom at 1280x720.
_LEVELS: Final = {
    VideoCodec.VP8: (0, 2, 6, 10, 15, 20, 26, 32, 38, 44, 50, 56, 63),
    VideoCodec.VP9: (0, 4, 8, 12, 16, 20, 26, 32, 38, 44, 50, 56, 63),
}
_H264_STEPS: Final = {
    VideoCodec.VP8: (10.0, 12.7, 16.7, 19.1, 23.0, 24.8, 26.0, 28.3, 30.1, 32.9, 35.7, 38.5, 41.3),
    VideoCodec.VP9: (4.0, 12.2, 16.4, 19.2, 21.5, 23.2, 25.8, 28.6, 31.6, 34.7, 37.9, 40.9, 45.6),
}
_VPX_CS_BT_709: Final = 2
_CONTROLS: Final[dict[VideoCodec, dict[int, int]]] = {
    # The least search that still follows a turning camera; -9 and below need twice the bits for a tenth of the time.
    VideoCodec.VP8: {CPU_USED: -8, STATIC_THRESHOLD: 0, AUTO_ALTREF: 0},
    VideoCodec.VP9: {CPU_USED: 9, STATIC_THRESHOLD: 0, AQ_MODE: 0, COLOR_SPACE: _VPX_CS_BT_709, COLOR_RANGE: 0},
}
# VP8 can't say which matrix it has, and is shown as BT.601 (RFC 6386, section 9.2).
_MATRIX: Final = {VideoCodec.VP8: Matrix.BT601, VideoCodec.VP9: Matrix.BT709}


def h264_steps(codec: VideoCodec) -> list[float]:
    """What each level of libvpx's quantiser is on H.264's scale, 0 to 51."""
    return [float(step) for step in np.interp(range(LEVELS), _LEVELS[codec], _H264_STEPS[codec])]


class VpxEncoder:
    """Keeps the contract of stream/codec/encoder.py."""

    def __init__(self, codec: VideoCodec, max_bps: int, max_fps: float) -> None:
        """``codec`` is VP8 or VP9. Nothing is opened before the first frame."""
        self._codec = codec
        self._max_bps = max_bps
        self._max_fps = max_fps
        self._steps = h264_steps(codec)
        self._converter = PictureConverter(_MATRIX[codec])
        self._size: tuple[int, int] | None = None
        self._context: VpxContext | None = None
        self._control: QuantiserControl | None = None

    @property
    def name(self) -> str:
        return "libvpx"

    def encode(self, frame: Frame, target_bps: int, key_frame: bool) -> AccessUnit:
        """See Encoder.encode."""
        size = frame.width, frame.height
        if self._context is None or self._control is None or size != self._size:
            codec: Codec = "vp8" if self._codec is VideoCodec.VP8 else "vp9"
            self._context = VpxContext(codec, *size, self._max_fps, _CONTROLS[self._codec])
            self._control = QuantiserControl(self._steps, frame.width * frame.height)
            self._size, key_frame = size, True
        picture = self._converter.convert(frame)
        budget_bits = min(target_bps, self._max_bps) / self._max_fps
        level = self._control.choose(budget_bits, key_frame)
        for trial in range(TRIALS_MAX):
            data, is_key_frame = self._context.encode(picture, level, key_frame)
            if not data:
                raise EncoderError("libvpx kept a frame back, although it is set to have no delay")
            coarser = self._control.coarser(level, 8 * len(data), budget_bits, key_frame)
            if coarser is None or trial == TRIALS_MAX - 1:
                break
            if not key_frame:
                self._context.take_back()
            level = coarser
        return AccessUnit(self._codec, data, is_key_frame, self._steps[level] / QUANTISER_MAX)
