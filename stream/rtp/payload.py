"""From a coded picture to the payloads of its RTP packets."""

from __future__ import annotations

from collections.abc import Callable

from stream.codec.encoder import AccessUnit
from stream.codec.video_codec import VideoCodec
from stream.rtp.av1_payload import av1_payloads
from stream.rtp.h264_payload import h264_payloads
from stream.rtp.vpx_payload import Vp8Packetiser, Vp9Packetiser

Packetise = Callable[[AccessUnit], list[bytes]]
"""The payloads in order; the last one's packet gets the marker."""


def packetiser(codec: VideoCodec) -> Packetise:
    """The packetiser of a codec, for one stream."""
    if codec is VideoCodec.H264:
        return h264_payloads
    if codec is VideoCodec.VP8:
        return Vp8Packetiser()
    if codec is VideoCodec.VP9:
        return Vp9Packetiser()
    return av1_payloads
