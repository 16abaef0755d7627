"""What a load generator needs of packets: read from headers, which SRTP leaves in the clear. Pure."""

from __future__ import annotations

import struct
from dataclasses import dataclass


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
