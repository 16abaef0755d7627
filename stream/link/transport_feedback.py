"""Transport-wide feedback: when each packet arrived, by the receiver's clock.

Format: draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1. Pure; bytes in, values out.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

RTCP_RTPFB = 205
TRANSPORT_CC_FMT = 15
REFERENCE_UNIT_US = 64_000
DELTA_UNIT_US = 250
REFERENCE_BITS = 24
PACKETS_MAX = 4096
"""More than a link brings between two feedbacks. A few bytes may claim 65,535 packets, and a datagram holds 35 such
claims: to believe them cost 14 ms of everybody's time."""
COMPOUND_MAX = 16
"""RTCP packets in one datagram. Receivers send five or so; there is room for 93 small requests, which cost twice as
much to answer as one large one."""
FEEDBACKS_MAX = 4
"""Of them, transport-wide feedback; receivers send one."""
_HEADER = struct.Struct("!BBHLLHHL")
_RUN_LENGTH_MAX = 0x1FFF
_NOT_RECEIVED, _SMALL_DELTA, _LARGE_DELTA = 0, 1, 2


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """What became of the packets ``base_sequence``, ``base_sequence`` + 1, … (16 bits, they wrap around)."""

    base_sequence: int
    reference: int
    """The receiver's time from which ``arrivals_us`` count, in units of 64 ms; 24 bits, it wraps around."""
    arrivals_us: tuple[int | None, ...]
    """Microseconds after the reference time; None for a packet that has not arrived."""


def split_compound(data: bytes) -> tuple[bytes, list[TransportFeedback]]:
    """Take the transport-wide feedback out of a compound RTCP packet (RFC 3550, section 6.1).

    Returns the rest, for whoever reads ordinary RTCP, and the feedback. What is no RTCP is left in the rest.
    Raises ValueError for feedback that breaks its format, and for more packets than any receiver sends.
    """
    kept, feedback, position = list[bytes](), list[TransportFeedback](), 0
    while position + 4 <= len(data):
        first, packet_type, words = struct.unpack_from("!BBH", data, position)
        end = position + 4 * (words + 1)
        if first >> 6 != 2 or end > len(data):
            break
        packet = data[position:end]
        if len(kept) + len(feedback) == COMPOUND_MAX:
            raise ValueError(f"more than {COMPOUND_MAX} RTCP packets are in one datagram")
        if packet_type == RTCP_RTPFB and first & 0x1F == TRANSPORT_CC_FMT:
            if len(feedback) == FEEDBACKS_MAX:
                raise ValueError(f"more than {FEEDBACKS_MAX} transport feedbacks are in one datagram")
            feedback.append(parse_feedback(packet))
        else:
            kept.append(packet)
        position = end
    kept.append(data[position:])
    return b"".join(kept), feedback


def parse_feedback(packet: bytes) -> TransportFeedback:
    """Read one RTCP packet of that kind, its header included. Raises ValueError where it breaks the format."""
    if len(packet) < _HEADER.size:
        raise ValueError("transport feedback is shorter than its header")
    first, _, _, _, _, base, count, reference_and_number = _HEADER.unpack_from(packet)
    if count > PACKETS_MAX:
        raise ValueError(f"transport feedback tells of more than {PACKETS_MAX} packets")
    end = len(packet)
    if first & 0x20:
        end -= packet[-1]
    runs, position = _read_statuses(packet, _HEADER.size, end, count)
    arrivals: list[int | None] = []
    arrival_us = 0
    for status, length in runs:
        if status == _NOT_RECEIVED:
            arrivals += [None] * length
            continue
        size, form = (1, "!B") if status == _SMALL_DELTA else (2, "!h")
        if status > _LARGE_DELTA or position + size * length > end:
            raise ValueError("transport feedback has a packet status without its delta")
        for _ in range(length):
            arrival_us += struct.unpack_from(form, packet, position)[0] * DELTA_UNIT_US
            position += size
            arrivals.append(arrival_us)
    return TransportFeedback(base, reference_and_number >> 8, tuple(arrivals))


def _read_statuses(packet: bytes, position: int, end: int, count: int) -> tuple[list[tuple[int, int]], int]:
    """The packet status chunks (section 3.1.2 to 3.1.4), as a status and how many packets in a row have it, and where
    they end. Runs are kept as such, so that a short packet that tells of 65,535 lost ones costs no more than a short
    one should."""
    runs: list[tuple[int, int]] = []
    left = count
    while left > 0:
        if position + 2 > end:
            raise ValueError("transport feedback has fewer status chunks than packets")
        (chunk,) = struct.unpack_from("!H", packet, position)
        position += 2
        if not chunk & 0x8000:
            length = min(chunk & _RUN_LENGTH_MAX, left)
            if not length:
                raise ValueError("transport feedback has an empty run")
            runs.append((chunk >> 13 & 3, length))
            left -= length
            continue
        if chunk & 0x4000:
            statuses = [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:
            statuses = [chunk >> shift & 1 for shift in range(13, -1, -1)]
        runs += [(status, 1) for status in statuses[:left]]
        left -= len(statuses)
    return runs, position
