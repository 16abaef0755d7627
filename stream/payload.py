"""From a coded picture to the payloads of its RTP packets."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import av
from aiortc.codecs.h264 import H264Encoder as H264Payloads

from stream.encoder import AccessUnit
from stream.errors import SignallingError

Packetise = Callable[[AccessUnit], list[bytes]]
"""The payloads in order; the last one's packet gets the marker."""


def packetiser(mime_type: str) -> Packetise:
    """The packetiser of a negotiated codec. Raises SignallingError for one that is not known."""
    if mime_type.lower() == "video/h264":
        return h264_payloads
    raise SignallingError(f"no packetiser for {mime_type}")


def h264_payloads(unit: AccessUnit) -> list[bytes]:
    """Single NAL units, STAP-A and FU-A (RFC 6184), by aiortc."""
    packet = av.Packet(unit.data)
    packet.pts, packet.time_base = 0, Fraction(1, 90_000)
    payloads, _ = H264Payloads().pack(packet)
    return payloads
