"""What PyAV encodes: H.264 by libx264 or NVENC, AV1 by NVENC. A frame in, an access unit out, without delay.

The encoder is opened with bit_rate == maxrate == the cap and a buffer (VBV) that is too small for it. libavcodec
hands a changed ``bit_rate`` to x264 before the next frame, and x264 follows down and up without a key frame. (Opened
with maxrate above bit_rate, or without a buffer, x264 ignores the change.) At each change x264 enlarges the small
buffer to one frame of the new rate (x264_ratecontrol_init_reconfigurable), which is what a link wants that has no room:
no picture, not even a key frame, is larger than what the link takes in its time. A buffer that suited the cap would
stay as it is and be half a second at a tenth of the rate. One frame of buffer makes x264 spend less than it may,
hence RATE_FILL. NVENC takes a changed ``bit_rate`` in the same way (libavcodec/nvenc.c, reconfig_encoder).
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any, Final

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import PictureType

from edge_render.frame import Frame
from stream.codec.encoder import AccessUnit
from stream.codec.picture_planes import LIMITED_RANGE, Matrix, PictureConverter
from stream.codec.video_codec import VideoCodec
from stream.errors import EncoderError

KEY_INTERVAL_FRAMES: Final = 100_000
"""Key frames come on request alone."""
SMALLEST_BUFFER_BITS: Final = 1000
"""The least that libavcodec hands on to x264, which counts in thousands."""
RATE_FILL: Final = 1.15
"""Measured with a panning picture at 0.6 to 6 Mbit/s: x264 spends 0.75 to 0.87 of the rate that it is given."""
QUANTISER_MAX: Final = 51.0
_QP_TO_LAMBDA: Final = 118
"""FF_QP2LAMBDA of libavutil: the unit in which libavcodec reports a picture's quantiser."""

_NVENC_OPTIONS: Final = {
    "preset": "p3",
    "tune": "ull",
    "zerolatency": "1",
    "rc": "cbr",
    "forced-idr": "1",
    "delay": "0",
}
_OPTIONS: Final[dict[str, dict[str, str]]] = {
    # Motion search is what presets trade: superfast halves the bits of ultrafast for 1 ms more at 720p.
    "libx264": {
        "preset": "superfast",
        "tune": "zerolatency",
        "forced-idr": "1",
        "x264-params": "scenecut=0:keyint=infinite",
        # What every browser decodes.
        "profile": "baseline",
    },
    "h264_nvenc": {**_NVENC_OPTIONS, "profile": "baseline"},
    "av1_nvenc": _NVENC_OPTIONS,
}


class LibavEncoder:
    """Keeps the contract of stream/codec/encoder.py."""

    def __init__(self, library: str, max_bps: int, max_fps: float) -> None:
        """``library`` is libx264, h264_nvenc or av1_nvenc. Nothing is opened before the first frame."""
        self._library = library
        self._codec = VideoCodec.AV1 if library == "av1_nvenc" else VideoCodec.H264
        self._max_bps = max_bps
        self._max_fps = max_fps
        self._context: VideoCodecContext | None = None
        self._converter = PictureConverter()
        self._count = 0

    @property
    def name(self) -> str:
        return self._library

    def encode(self, frame: Frame, target_bps: int, key_frame: bool) -> AccessUnit:
        try:
            context = self._context
            if context is None or (context.width, context.height) != (frame.width, frame.height):
                context = self._context = self._open(frame.width, frame.height)
            bit_rate = min(round(target_bps * RATE_FILL), self._max_bps)
            if context.bit_rate != bit_rate:
                context.bit_rate = bit_rate
            picture = self._converter.convert(frame)
            picture.pict_type = PictureType.I if key_frame else PictureType.NONE
            picture.pts = self._count
            picture.time_base = context.time_base
            self._count += 1
            packets = context.encode(picture)
        except (FFmpegError, ValueError) as error:
            raise EncoderError(f"{self._library}, {frame.width}x{frame.height}: {error}") from error
        if not packets:
            raise EncoderError(f"{self._library} kept a frame back, although it is set to have no delay")
        return AccessUnit(
            self._codec,
            b"".join(bytes(packet) for packet in packets),
            any(packet.is_keyframe for packet in packets),
            # AV1's quantiser is on another scale, which has not been measured.
            _quantiser(packets[0]) if self._codec is VideoCodec.H264 else None,
        )

    def _open(self, width: int, height: int) -> VideoCodecContext:
        context = av.CodecContext.create(self._library, "w")
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
        context.colorspace = context.color_primaries = context.color_trc = Matrix.BT709
        buffer_bits = SMALLEST_BUFFER_BITS if self._library == "libx264" else round(self._max_bps / self._max_fps)
        context.options = {
            **_OPTIONS[self._library],
            "maxrate": str(self._max_bps),
            "bufsize": str(buffer_bits),
        }
        context.open()
        return context


def _quantiser(packet: Packet[Any]) -> float | None:
    """From AV_PKT_DATA_QUALITY_STATS, whose first word is the quantiser in units of lambda (libavcodec/packet.h)."""
    if not packet.has_sidedata("quality_stats"):
        return None
    (quality,) = struct.unpack_from("<I", bytes(packet.get_sidedata("quality_stats")))
    return min(1.0, float(quality) / _QP_TO_LAMBDA / QUANTISER_MAX)
