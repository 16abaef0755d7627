"""Payloads are put together again by a reader that was written from the RFCs, apart from the packetisers."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.codec.encoder import AccessUnit
from stream.codec.video_codec import VideoCodec
from stream.rtp.h264_payload import PAYLOAD_MAX_BYTES
from stream.rtp.payload import packetiser

UNITS = st.builds(
    lambda codec, size, seed, key: AccessUnit(codec, seed.to_bytes(2) * size + b"!", key),
    st.sampled_from([VideoCodec.VP8, VideoCodec.VP9]),
    st.integers(0, 3000),
    st.integers(0, 0xFFFF),
    st.booleans(),
)


@dataclass
class Part:
    begins: bool
    ends: bool | None
    inter: bool | None
    picture_id: int
    data: bytes


def read_vp8(payload: bytes) -> Part:
    """RFC 7741, section 4.2."""
    assert payload[0] & 0x8F == 0x80, "extended, and of the first partition"
    assert payload[1] == 0x80, "a picture identifier and nothing else"
    (picture_id,) = struct.unpack_from("!H", payload, 2)
    assert picture_id & 0x8000, "of 15 bits"
    return Part(bool(payload[0] & 0x10), None, None, picture_id & 0x7FFF, payload[4:])


def read_vp9(payload: bytes) -> Part:
    """RFC 9628, section 4.2."""
    first = payload[0]
    assert first & 0x80, "a picture identifier"
    assert not first & 0x33, "no layer indices, not flexible, no scalability structure"
    (picture_id,) = struct.unpack_from("!H", payload, 1)
    assert picture_id & 0x8000, "of 15 bits"
    return Part(bool(first & 0x08), bool(first & 0x04), bool(first & 0x40), picture_id & 0x7FFF, payload[3:])


READERS = {VideoCodec.VP8: read_vp8, VideoCodec.VP9: read_vp9}


@given(unit=UNITS)
def test_a_picture_comes_out_as_it_went_in(unit: AccessUnit) -> None:
    payloads = packetiser(unit.codec)(unit)
    parts = [READERS[unit.codec](payload) for payload in payloads]
    assert all(len(payload) <= PAYLOAD_MAX_BYTES for payload in payloads)
    assert b"".join(part.data for part in parts) == unit.data
    assert all(part.data for part in parts)
    assert [part.begins for part in parts] == [True] + [False] * (len(parts) - 1)
    assert len({part.picture_id for part in parts}) == 1
    if unit.codec is VideoCodec.VP9:
        assert [part.ends for part in parts] == [False] * (len(parts) - 1) + [True]
        assert {part.inter for part in parts} == {not unit.key_frame}


@pytest.mark.parametrize("codec", [VideoCodec.VP8, VideoCodec.VP9])
def test_pictures_are_counted_past_the_end_of_the_numbers(codec: VideoCodec) -> None:
    pack = packetiser(codec)
    numbers = [READERS[codec](pack(AccessUnit(codec, b"picture", False))[0]).picture_id for _ in range(0x8001)]
    assert all((after - before) & 0x7FFF == 1 for before, after in pairwise(numbers))
