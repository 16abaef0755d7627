"""From a drawn frame to the planes that encoders take: YUV 4:2:0, 8 bits, limited range."""

from __future__ import annotations

from enum import IntEnum
from typing import Final

from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from edge_render.frame import Frame, PixelFormat

LIMITED_RANGE: Final = 1
"""AVCOL_RANGE_MPEG."""


class Matrix(IntEnum):
    """How colours become luma and chroma; the numbers are those of ITU-T H.273, matrix_coefficients."""

    BT709 = 1
    BT601 = 6


_SWSCALE: Final = {Matrix.BT709: Colorspace.ITU709, Matrix.BT601: Colorspace.ITU601}


class PictureConverter:
    """Keeps libswscale's tables from one frame to the next; used by one thread at a time."""

    def __init__(self, matrix: Matrix = Matrix.BT709) -> None:
        self._matrix = matrix
        self._reformatter = VideoReformatter()

    def convert(self, frame: Frame) -> VideoFrame:
        """The picture as yuv420p. Frames that come as I420 are BT.709, and are copied where that is asked for."""
        if frame.format is PixelFormat.RGBA:
            source = VideoFrame.from_ndarray(frame.pixels, format="rgba")
            picture = self._reformat(source, Colorspace.ITU709, ColorRange.JPEG)
        else:
            picture = VideoFrame.from_ndarray(frame.pixels, format="yuv420p")
            if self._matrix is not Matrix.BT709:
                picture = self._reformat(picture, Colorspace.ITU709, ColorRange.MPEG)
        picture.colorspace, picture.color_range = self._matrix, LIMITED_RANGE
        return picture

    def _reformat(self, source: VideoFrame, colorspace: Colorspace, color_range: ColorRange) -> VideoFrame:
        return self._reformatter.reformat(
            source,
            format="yuv420p",
            src_colorspace=colorspace,
            dst_colorspace=_SWSCALE[self._matrix],
            src_color_range=color_range,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.FAST_BILINEAR,
        )
