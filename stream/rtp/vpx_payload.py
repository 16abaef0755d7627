"""VP8 (RFC 7741) and VP9 (RFC 9628) in RTP: streams of one layer, in which each picture refers to the one before it.

Pictures are numbered (PictureID, 15 bits): a receiver knows by it whether one is missing, and that repair packets and
retransmissions are none. aiortc has VP8 too, but with payloads that leave no room for repair packets (see
stream/rtp/h264_payload.py).
"""

from __future__ import annotations

from aiortc.utils import random16

from stream.codec.encoder import AccessUnit
from stream.rtp.h264_payload import PAYLOAD_MAX_BYTES

_PICTURE_ID_MAX = 0x7FFF
_LONG_PICTURE_ID = 0x8000
_VP8_EXTENDED, _VP8_BEGIN, _VP8_PICTURE_ID = 0x80, 0x10, 0x80
_VP9_PICTURE_ID, _VP9_INTER, _VP9_BEGIN, _VP9_END = 0x80, 0x40, 0x08, 0x04


class _PictureNumbers:
    def __init__(self) -> None:
        self._next = random16() & _PICTURE_ID_MAX

    def take(self) -> bytes:
        number = self._next
        self._next = number + 1 & _PICTURE_ID_MAX
        return (_LONG_PICTURE_ID | number).to_bytes(2)


def _parts(data: bytes, descriptor_bytes: int) -> list[bytes]:
    size = PAYLOAD_MAX_BYTES - descriptor_bytes
    return [data[at : at + size] for at in range(0, len(data), size)]


class Vp8Packetiser:
    """Of one stream. A picture is cut anywhere: only its first packet says where a partition begins (section 4.2)."""

    def __init__(self) -> None:
        self._numbers = _PictureNumbers()

    def __call__(self, unit: AccessUnit) -> list[bytes]:
        picture_id = self._numbers.take()
        return [
            bytes([_VP8_EXTENDED | (0 if index else _VP8_BEGIN), _VP8_PICTURE_ID]) + picture_id + part
            for index, part in enumerate(_parts(unit.data, 4))
        ]


class Vp9Packetiser:
    """Of one stream, in non-flexible mode (section 4.2)."""

    def __init__(self) -> None:
        self._numbers = _PictureNumbers()

    def __call__(self, unit: AccessUnit) -> list[bytes]:
        picture_id = self._numbers.take()
        parts = _parts(unit.data, 3)
        flags = [_VP9_PICTURE_ID | (0 if unit.key_frame else _VP9_INTER)] * len(parts)
        flags[0] |= _VP9_BEGIN
        flags[-1] |= _VP9_END
        return [bytes([flag]) + picture_id + part for flag, part in zip(flags, parts, strict=True)]
