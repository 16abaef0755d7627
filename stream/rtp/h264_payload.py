"""H.264 in RTP (RFC 6184, packetization-mode 1): single NAL units, STAP-A for small ones, FU-A for large ones.

Ours rather than aiortc's (1.16.0), whose payloads have up to 1300 bytes: a repair packet is longer than the longest of
those it stands for, and must still pass where a VPN or a mobile network takes some of Ethernet's 1500.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from stream.codec.encoder import AccessUnit

PAYLOAD_MAX_BYTES = 1200
"""As libwebrtc's."""
_START_CODE = b"\0\0\1"
_STAP_A, _FU_A = 24, 28
_TYPE_MASK, _IMPORTANCE_MASK = 0x1F, 0xE0
_FU_START, _FU_END = 0x80, 0x40


def h264_payloads(unit: AccessUnit) -> list[bytes]:
    """The payloads of a picture's packets, in order. The access unit is in byte stream format."""
    payloads: list[bytes] = []
    small: list[bytes] = []
    for nal in nal_units(unit.data):
        if len(nal) + _stap_bytes(small) + (not small) > PAYLOAD_MAX_BYTES - 2:
            payloads += _aggregated(small)
            small = []
        if len(nal) > PAYLOAD_MAX_BYTES - 3:
            payloads += _fragments(nal)
        else:
            small.append(nal)
    return payloads + _aggregated(small)


def nal_units(data: bytes) -> Iterator[bytes]:
    """Without start codes and the zeros before them (ITU-T H.264, annex B)."""
    begin = data.find(_START_CODE)
    while begin >= 0:
        begin += len(_START_CODE)
        end = data.find(_START_CODE, begin)
        nal = data[begin : None if end < 0 else end].rstrip(b"\0")
        if nal:
            yield nal
        begin = end


def _stap_bytes(nals: Sequence[bytes]) -> int:
    return 1 + sum(2 + len(nal) for nal in nals) if nals else 0


def _aggregated(nals: Sequence[bytes]) -> list[bytes]:
    """One payload (section 5.7.1), or none."""
    if len(nals) < 2:
        return list(nals)
    importance = max(nal[0] & _IMPORTANCE_MASK for nal in nals)
    return [bytes([importance | _STAP_A]) + b"".join(len(nal).to_bytes(2) + nal for nal in nals)]


def _fragments(nal: bytes) -> list[bytes]:
    """Section 5.8, of nearly equal size, so that no packet is sent for a few bytes."""
    indicator, kind = nal[0] & _IMPORTANCE_MASK | _FU_A, nal[0] & _TYPE_MASK
    count = -(-(len(nal) - 1) // (PAYLOAD_MAX_BYTES - 2))
    size = -(-(len(nal) - 1) // count)
    return [
        bytes([indicator, kind | _FU_START * (begin == 1) | _FU_END * (begin + size >= len(nal))])
        + nal[begin : begin + size]
        for begin in range(1, len(nal), size)
    ]
