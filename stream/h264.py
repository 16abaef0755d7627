"""H.264 through libav: libx264 on the CPU, h264_nvenc on an NVIDIA GPU. Low delay: a frame in, an access unit out.

The encoder is opened with bit_rate == maxrate == the cap, and a buffer (VBV) of two frames at that rate.
libavcodec hands a changed ``bit_rate`` to x264 before the next frame, and x264 follows down and up without
a key frame. (Opened with maxrate above bit_rate, or without a buffer, x264 ignores the change.)
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

import av
from av.error import FFmpegError
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType, VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter

from edge_render.frame import Frame, PixelFormat
from stream.encoder import AccessUnit
from stream.errors import EncoderError

BT709: Final = 1
"""Colour primaries, transfer and matrix of ITU-R BT.709 (ITU-T H.273)."""
LIMITED_RANGE: Final = 1
KEY_INTERVAL_FRAMES: Final = 100_000
"""Key frames come on request alone."""
VBV_FRAMES: Final = 2.0

_OPTIONS: Final[dict[str, dict[str, str]]] = {
    # Motion search is what presets trade: superfast halves the bits of ultrafast for 1 ms more at 720p.
    "libx264": {
        "preset": "superfast",
        "tune": "zerolatency",
        "forced-idr": "1",
        "x264-params": "scenecut=0:keyint=infinite",
    },
    "h264_nvenc": {"preset": "p3", "tune": "ull", "zerolatency": "1", "rc": "cbr", "forced-idr": "1", "delay": "0"},
}


class H264Encoder:
    """Keeps the contract of stream/encoder.py. Constrained Baseline, so that every browser can decode it."""

    def __init__(self, codec: str, max_bps: int, max_fps: float) -> None:
        """``codec`` is libx264 or h264_nvenc. Nothing is opened before the first frame."""
        self._codec = codec
        self._max_bps = max_bps
        self._max_fps = max_fps
        self._context: VideoCodecContext | None = None
        self._reformatter = VideoReformatter()
        self._count = 0

    @property
    def name(self) -> str:
        return self._codec

    def encode(self, frame: Frame, target_bps: int, key_frame: bool) -> AccessUnit:
        try:
            context = self._context
            if context is None or (context.width, context.height) != (frame.width, frame.height):
                context = self._context = self._open(frame.width, frame.height)
            bit_rate = min(target_bps, self._max_bps)
            if context.bit_rate != bit_rate:
                context.bit_rate = bit_rate
            picture = self._picture(frame)
            picture.pict_type = PictureType.I if key_frame else PictureType.NONE
            picture.pts = self._count
            picture.time_base = context.time_base
            self._count += 1
            packets = context.encode(picture)
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"{self._codec}, {frame.width}x{frame.height}: {error}") from error
        if not packets:
            raise EncoderError(f"{self._codec} kept a frame back, although it is set to have no delay")
        return AccessUnit(b"".join(bytes(packet) for packet in packets), any(packet.is_keyframe for packet in packets))

    def _open(self, width: int, height: int) -> VideoCodecContext:
        context = av.CodecContext.create(self._codec, "w")
        assert isinstance(context, VideoCodecContext)
        context.width, context.height = width, height
        context.pix_fmt = "yuv420p"
        context.framerate = Fraction(self._max_fps).limit_denominator(1000)
        context.time_base = 1 / context.framerate
        context.bit_rate = self._max_bps
        context.gop_size = KEY_INTERVAL_FRAMES
        context.max_b_frames = 0
        context.thread_count = 1
        context.color_range = LIMITED_RANGE
        context.colorspace = context.color_primaries = context.color_trc = BT709
        buffer_bits = round(self._max_bps / self._max_fps * VBV_FRAMES)
        context.options = {
            **_OPTIONS[self._codec],
            "profile": "baseline",
            "maxrate": str(self._max_bps),
            "bufsize": str(buffer_bits),
        }
        context.open()
        return context

    def _picture(self, frame: Frame) -> VideoFrame:
        if frame.format is PixelFormat.I420:
            picture = VideoFrame.from_ndarray(frame.pixels, format="yuv420p")
        else:
            picture = self._reformatter.reformat(
                VideoFrame.from_ndarray(frame.pixels, format="rgba"),
                format="yuv420p",
                src_colorspace=Colorspace.ITU709,
                dst_colorspace=Colorspace.ITU709,
                src_color_range=ColorRange.JPEG,
                dst_color_range=ColorRange.MPEG,
                interpolation=Interpolation.FAST_BILINEAR,
            )
        picture.colorspace, picture.color_range = BT709, LIMITED_RANGE
        return picture
