"""From libav's frames to ours: planes without a copy, sound as 48 kHz stereo."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace
from numpy.typing import NDArray

from edge_render.video.opening import check_size
from edge_render.video.picture import Coding, Matrix, Plane, VideoPicture

SAMPLE_RATE_HZ: Final = 48_000
_NS_PER_S: Final = 1_000_000_000
_PLANAR: Final = ("yuv420p", "yuvj420p")
_HD_HEIGHT: Final = 720

_BT709, _BT470BG, _SMPTE170M, _SMPTE240M, _BT2020, _BT2020_C = 1, 5, 6, 7, 9, 10
_MATRICES: Final = {
    _BT709: Matrix.BT709,
    _BT470BG: Matrix.BT601,
    _SMPTE170M: Matrix.BT601,
    _SMPTE240M: Matrix.BT709,
    _BT2020: Matrix.BT2020,
    _BT2020_C: Matrix.BT2020,
}
"""libavutil's AVColorSpace (ITU-T H.273, table 4)."""
_FULL_RANGE: Final = 2
"""libavutil's AVCOL_RANGE_JPEG."""

Samples: TypeAlias = NDArray[np.float32]
"""(n, 2): left and right, -1..1, 48 kHz."""


@dataclass(frozen=True, slots=True)
class SoundBlock:
    """``due_ns``: when the first sample is to be heard, ``time.monotonic_ns``: with the picture of that instant."""

    samples: Samples = field(repr=False)
    due_ns: int


def media_ns(frame: av.VideoFrame | av.AudioFrame) -> int | None:
    """The frame's time in the source; None where it has none."""
    if frame.pts is None or frame.time_base is None:
        return None
    return int(frame.pts * frame.time_base * _NS_PER_S)


def to_picture(frame: av.VideoFrame, number: int, due_ns: int) -> VideoPicture:
    """A decoded frame as a picture. Raises VideoError where it is larger than allowed: a stream may grow on its way."""
    check_size(frame.width, frame.height)
    if frame.format.name in _PLANAR:
        full = frame.color_range == _FULL_RANGE or frame.format.name == "yuvj420p"
        coding = Coding(_matrix(frame), full)
    elif frame.format.is_rgb:
        frame = frame.reformat(format="yuv420p", dst_colorspace=Colorspace.ITU709, dst_color_range=ColorRange.MPEG)
        coding = Coding(Matrix.BT709, full=False)
    else:
        # More bits, other chroma, planes that are interleaved: rare in 360° video, and libswscale takes them all.
        full, matrix = frame.color_range == _FULL_RANGE, _matrix(frame)
        kept = ColorRange.JPEG if full else ColorRange.MPEG
        frame = frame.reformat(format="yuv420p", src_color_range=kept, dst_color_range=kept)
        coding = Coding(matrix, full)
    luma, blue, red = (_plane(plane) for plane in frame.planes)
    return VideoPicture(number, luma, blue, red, coding, due_ns)


def _matrix(frame: av.VideoFrame) -> Matrix:
    """As the stream says; where it does not, by what everybody does: BT.709 from 720 rows on."""
    return _MATRICES.get(frame.colorspace, Matrix.BT709 if frame.height >= _HD_HEIGHT else Matrix.BT601)


def _plane(plane: av.video.plane.VideoPlane) -> Plane:
    rows = np.frombuffer(memoryview(plane), np.uint8, plane.line_size * plane.height)
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]


class SoundReader:
    """Makes one kind of sound of all kinds. A source whose sound changes in the middle is no error."""

    def __init__(self) -> None:
        self._resampler = av.AudioResampler(format="flt", layout="stereo", rate=SAMPLE_RATE_HZ)
        self._kind: tuple[str, str, int] | None = None

    def samples(self, frame: av.AudioFrame) -> Iterator[Samples]:
        """The samples of a frame, and what the resampler still held of those before."""
        kind = (frame.format.name, frame.layout.name, frame.sample_rate)
        if self._kind not in (None, kind):
            self._resampler = av.AudioResampler(format="flt", layout="stereo", rate=SAMPLE_RATE_HZ)
        self._kind = kind
        frame.pts = None
        for piece in self._resampler.resample(frame):
            yield piece.to_ndarray().reshape(-1, 2).astype(np.float32, copy=False)
