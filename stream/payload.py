"""From a coded picture to the payloads of its RTP packets."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import av
from aiortc.codecs.h264 import H264Encoder as H264Payloads

from stream.encoder import AccessUnit
from stream.video_codec import VideoCodec

Packetise = Callable[[AccessUnit], list[bytes]]
"""The payloads in order; the last one's packet gets the marker."""


def packetiser(codec: VideoCodec) -> Packetise:
    """The packetiser of a codec, for one stream."""
    if codec is VideoCodec.H264:
        return h264_payloads
    raise NotImplementedError(f"no packetiser for {codec}")


def h264_payloads(unit: AccessUnit) -> list[bytes]:
    """Single NAL units, STAP-A and FU-A (RFC 6184), by aiortc."""
    packet = av.Packet(unit.data)
    packet.pts, packet.time_base = 0, Fraction(1, 90_000)
    payloads, _ = H264Payloads().pack(packet)
    return payloads
