"""Smaller pictures of frames that were drawn once: for who has a narrower link than those they were drawn for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from edge_render.frame import Frame, PixelFormat
from stream.codec.encoder import AccessUnit, Encoder

ALIGN_PX = 2
"""What I420 needs; more would change the picture's shape, and with it the place of all that lies over it."""


class FrameScaler:
    """Makes smaller frames, as I420. Used by one thread at a time."""

    def __init__(self) -> None:
        self._reformatter = VideoReformatter()

    def scaled(self, frame: Frame, scale: float) -> Frame:
        """The frame at a share of its width and height; itself where that changes nothing."""
        width, height = _align(frame.width * scale), _align(frame.height * scale)
        if width >= frame.width or height >= frame.height:
            return frame
        if frame.format is PixelFormat.I420:
            picture = VideoFrame.from_ndarray(frame.pixels, format="yuv420p")
            source_range = ColorRange.MPEG
        else:
            picture = VideoFrame.from_ndarray(frame.pixels, format="rgba")
            source_range = ColorRange.JPEG
        small = self._reformatter.reformat(
            picture,
            width,
            height,
            "yuv420p",
            src_colorspace=Colorspace.ITU709,
            dst_colorspace=Colorspace.ITU709,
            src_color_range=source_range,
            dst_color_range=ColorRange.MPEG,
            interpolation=Interpolation.AREA,
        )
        pixels = small.to_ndarray().astype(np.uint8, copy=False)
        return replace(frame, pixels=pixels, format=PixelFormat.I420, width=width, height=height)


def _align(pixels: float) -> int:
    return max(16, round(pixels / ALIGN_PX) * ALIGN_PX)


class ScalingEncoder:
    """Keeps the contract of stream/codec/encoder.py: another encoder's, with smaller pictures."""

    def __init__(self, encoder: Encoder, scale: float) -> None:
        self._encoder = encoder
        self._scaler = FrameScaler()
        self.scale = scale
        """Of the next picture; set from the event loop."""

    @property
    def name(self) -> str:
        return self._encoder.name

    def encode(self, frame: Frame, target_bps: int, key_frame: bool) -> AccessUnit:
        """See Encoder.encode. Raises EncoderError."""
        return self._encoder.encode(self._scaler.scaled(frame, self.scale), target_bps, key_frame)
