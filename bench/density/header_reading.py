"""What a load generator needs of packets: read from headers, which SRTP leaves in the clear; nothing is decoded. Pure.

Transport-wide feedback: draft-holmer-rmcat-transport-wide-cc-extensions-01, section 3.1.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from stream.link.transport_feedback import DELTA_UNIT_US, REFERENCE_UNIT_US, RTCP_RTPFB, TRANSPORT_CC_FMT

STATUSES_PER_CHUNK = 7
STATUSES_MAX = 700
"""In one packet; what came before is not told of."""
LARGE_DELTA = 2


@dataclass(frozen=True, slots=True)
class Header:
    """Of an RTP packet (RFC 3550, section 5.1)."""

    payload_type: int
    marker: bool
    timestamp: int
    ssrc: int
    number: int | None
    """Transport-wide, 16 bits; None where the packet has none."""


def read_header(data: bytes, number_id: int | None) -> Header:
    """``number_id`` is what the transport-wide number was negotiated as (RFC 8285, one-byte headers)."""
    first, second, _, timestamp, ssrc = struct.unpack_from("!BBHLL", data)
    number = None
    if first & 0x10 and number_id is not None:
        position = 12 + 4 * (first & 0x0F)
        (words,) = struct.unpack_from("!H", data, position + 2)
        position += 4
        end = position + 4 * words
        while position < end:
            byte = data[position]
            if byte == 0:
                position += 1
                continue
            if byte >> 4 == number_id:
                (number,) = struct.unpack_from("!H", data, position + 1)
                break
            position += 2 + (byte & 0x0F)
    return Header(second & 0x7F, bool(second & 0x80), timestamp, ssrc, number)


class FeedbackWriter:
    """Notes when packets came, and packs the notes."""

    def __init__(self) -> None:
        self._arrivals: dict[int, int] = {}
        """Microseconds, by number without wrap-around."""
        self._highest = 0
        self._told = 0
        """Feedback packets so far; their own count is 8 bits."""

    def on_packet(self, number: int, arrived_us: int) -> None:
        """A packet came."""
        if not self._arrivals and not self._told:
            self._highest = number
        unwrapped = self._highest + ((number - self._highest + 0x8000 & 0xFFFF) - 0x8000)
        self._highest = max(self._highest, unwrapped)
        self._arrivals[unwrapped] = arrived_us

    def take(self, ssrc: int, media_ssrc: int) -> bytes | None:
        """An RTCP packet that tells of all since the last one; None where nothing came."""
        if not self._arrivals:
            return None
        last = max(self._arrivals)
        base = max(min(self._arrivals), last - STATUSES_MAX + 1)
        reference = self._arrivals[base] // REFERENCE_UNIT_US if base in self._arrivals else 0
        if not reference:
            reference = min(self._arrivals.values()) // REFERENCE_UNIT_US
        before, deltas, statuses = reference * REFERENCE_UNIT_US // DELTA_UNIT_US, b"", []
        for number in range(base, last + 1):
            arrived_us = self._arrivals.get(number)
            if arrived_us is None:
                statuses.append(0)
                continue
            ticks = arrived_us // DELTA_UNIT_US
            deltas += struct.pack("!h", max(-0x8000, min(0x7FFF, ticks - before)))
            before = ticks
            statuses.append(LARGE_DELTA)
        self._arrivals.clear()
        chunks = b""
        for begin in range(0, len(statuses), STATUSES_PER_CHUNK):
            chunk = 0xC000
            for index, status in enumerate(statuses[begin : begin + STATUSES_PER_CHUNK]):
                chunk |= status << 12 - 2 * index
            chunks += struct.pack("!H", chunk)
        head = struct.pack("!LLHHL", ssrc, media_ssrc, base & 0xFFFF, len(statuses), 0)
        head = head[:-4] + struct.pack("!L", (reference & 0xFFFFFF) << 8 | self._told & 0xFF)
        self._told += 1
        body = head + chunks + deltas
        body += bytes(-len(body) % 4)
        return struct.pack("!BBH", 0x80 | TRANSPORT_CC_FMT, RTCP_RTPFB, len(body) // 4) + body
