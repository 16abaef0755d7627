"""H.264's payloads, read back by aiortc's depacketiser."""

from __future__ import annotations

from aiortc.codecs.h264 import H264PayloadDescriptor
from hypothesis import given
from hypothesis import strategies as st

from stream.codec.encoder import AccessUnit
from stream.codec.video_codec import VideoCodec
from stream.rtp.h264_payload import PAYLOAD_MAX_BYTES, h264_payloads, nal_units

SPS, PPS = b"\x67" + bytes([66, 192, 31, 1]), b"\x68" + bytes([206, 1])


def access_unit(*nals: bytes) -> AccessUnit:
    return AccessUnit(VideoCodec.H264, b"".join(b"\0\0\0\1" + nal for nal in nals), True)


def nal(size: int, kind: int = 0x65) -> bytes:
    return bytes([kind]) + b"\x55" * (size - 1)


def received(payloads: list[bytes]) -> list[bytes]:
    data = b"".join(H264PayloadDescriptor.parse(payload)[1] for payload in payloads)
    return list(nal_units(data))


def test_a_key_frame_goes_as_one_packet_of_parameters_and_fragments_of_one_size() -> None:
    payloads = h264_payloads(access_unit(SPS, PPS, nal(5000)))
    assert [payload[0] & 0x1F for payload in payloads] == [24, 28, 28, 28, 28, 28]
    assert max(map(len, payloads[1:])) - min(map(len, payloads[1:])) <= 5
    assert received(payloads) == [SPS, PPS, nal(5000)]


def test_a_small_picture_goes_as_it_is() -> None:
    assert h264_payloads(access_unit(nal(500))) == [nal(500)]


# No start code within, and no zero at the end: the encoder sees to that (ITU-T H.264, section 7.4.1).
nals = st.builds(
    lambda kind, body: bytes([kind]) + body,
    st.sampled_from([0x67, 0x68, 0x06, 0x65, 0x41]),
    st.integers(1, 4000).map(lambda size: b"\x03" * size),
)


@given(st.lists(nals, min_size=1, max_size=8))
def test_everything_arrives_in_packets_of_bounded_size(units: list[bytes]) -> None:
    payloads = h264_payloads(access_unit(*units))
    assert max(map(len, payloads)) <= PAYLOAD_MAX_BYTES
    assert received(payloads) == units


@given(st.binary(max_size=300))
def test_any_bytes_are_split_without_harm(data: bytes) -> None:
    assert all(unit and b"\0\0\1" not in unit for unit in nal_units(data))
