"""AV1 in RTP (AOMedia: RTP Payload Format For AV1, v1.0.0): a temporal unit as a row of OBU elements.

Temporal delimiters are not sent, and no OBU says its own size: the packet does (sections 4.4 and 5). Every element but
the last of a packet has its length before it (W = 0 in section 4.4, which suits any number of them).
"""

from __future__ import annotations

from collections.abc import Iterator

from stream.codec.encoder import AccessUnit
from stream.rtp.h264_payload import PAYLOAD_MAX_BYTES

_TEMPORAL_DELIMITER, _TILE_LIST, _PADDING = 2, 8, 15
_NOT_SENT = {_TEMPORAL_DELIMITER, _TILE_LIST, _PADDING}
_HAS_EXTENSION, _HAS_SIZE = 0x04, 0x02
_CONTINUES, _GOES_ON, _NEW_SEQUENCE = 0x80, 0x40, 0x08
"""Bits Z, Y and N of the aggregation header."""
_SMALLEST_PART_BYTES = 2
"""Less room than that is left empty, as a length of its own is needed as well."""


def av1_payloads(unit: AccessUnit) -> list[bytes]:
    """The payloads of a picture's packets, in order. The access unit is in low-overhead format (AV1, section 5)."""
    payloads: list[bytes] = []
    body, continues = b"", False
    for element in obu_elements(unit.data):
        at = 0
        while at < len(element):
            room = PAYLOAD_MAX_BYTES - 1 - len(body)
            part = element[at : at + _fitting(room)]
            if len(part) < min(_SMALLEST_PART_BYTES, len(element) - at):
                payloads.append(_payload(body, continues, goes_on=False))
                body, continues = b"", False
                continue
            body += _leb128(len(part)) + part
            at += len(part)
            if at < len(element):
                payloads.append(_payload(body, continues, goes_on=True))
                body, continues = b"", True
    payloads.append(_payload(body, continues, goes_on=False))
    if unit.key_frame:
        payloads[0] = bytes([payloads[0][0] | _NEW_SEQUENCE]) + payloads[0][1:]
    return payloads


def obu_elements(data: bytes) -> Iterator[bytes]:
    """The OBUs that are sent, each without its size field (AV1, section 5.3)."""
    at = 0
    while at < len(data):
        header = data[at]
        header_bytes = 2 if header & _HAS_EXTENSION else 1
        extension = data[at + 1 : at + header_bytes]
        at += header_bytes
        size = len(data) - at
        if header & _HAS_SIZE:
            size, at = _read_leb128(data, at)
        if header >> 3 & 0x0F not in _NOT_SENT:
            yield bytes([header & ~_HAS_SIZE]) + extension + data[at : at + size]
        at += size


def _payload(body: bytes, continues: bool, *, goes_on: bool) -> bytes:
    return bytes([(_CONTINUES if continues else 0) | (_GOES_ON if goes_on else 0)]) + body


def _fitting(room: int) -> int:
    """The longest part that fits with its length."""
    length_bytes = 1 if room <= 0x80 else 2
    return max(0, room - length_bytes)


def _leb128(value: int) -> bytes:
    """AV1, section 4.10.5."""
    data = b""
    while value > 0x7F:
        data += bytes([value & 0x7F | 0x80])
        value >>= 7
    return data + bytes([value])


def _read_leb128(data: bytes, at: int) -> tuple[int, int]:
    """The value, and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 0x7F) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 0x80:
            return value, at
