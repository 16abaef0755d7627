"""Temporal units are put together again by a reader that was written from AOMedia's RTP payload format, apart from the
packetiser; one of them by a real encoder, for a real decoder."""

from __future__ import annotations

import itertools
from fractions import Fraction

import av
import numpy as np
from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from stream.codec.encoder import AccessUnit
from stream.codec.video_codec import VideoCodec
from stream.rtp.av1_payload import av1_payloads, obu_elements
from stream.rtp.h264_payload import PAYLOAD_MAX_BYTES

DELIMITER = bytes([2 << 3 | 0x02, 0])
HAS_SIZE = 0x02


def leb128(value: int) -> bytes:
    groups = [value >> shift & 0x7F for shift in range(0, max(1, value.bit_length()), 7)]
    return bytes(group | 0x80 for group in groups[:-1]) + bytes(groups[-1:])


def read_leb128(data: bytes) -> tuple[int, bytes]:
    groups = [byte & 0x7F for byte in itertools.takewhile(lambda byte: byte & 0x80, data)]
    groups.append(data[len(groups)])
    return sum(group << 7 * index for index, group in enumerate(groups)), data[len(groups) :]


def assembled(payloads: list[bytes]) -> list[bytes]:
    """The OBU elements of a temporal unit's packets (section 4.4)."""
    elements: list[bytes] = []
    goes_on = False
    for payload in payloads:
        header, rest = payload[0], payload[1:]
        assert not header & 0x30, "W is 0: each element has its length"
        assert bool(header & 0x80) == goes_on, "Z says what the Y before it said"
        assert bool(header & 0x08) <= (payload is payloads[0]), "N in the first packet alone"
        parts = []
        while rest:
            size, rest = read_leb128(rest)
            assert 0 < size <= len(rest)
            parts.append(rest[:size])
            rest = rest[size:]
        if goes_on:
            elements[-1] += parts.pop(0)
        elements += parts
        goes_on = bool(header & 0x40)
    assert not goes_on
    return elements


@given(
    sizes=st.lists(st.integers(0, 300) | st.integers(1100, 1300) | st.integers(0, 5000), min_size=1, max_size=12),
    extended=st.booleans(),
    key_frame=st.booleans(),
)
def test_a_temporal_unit_comes_out_as_it_went_in(sizes: list[int], extended: bool, key_frame: bool) -> None:
    frame_obu = 6 << 3 | (0x04 if extended else 0)
    extension = b"\x20" if extended else b""
    bodies = [bytes([index % 251]) * size for index, size in enumerate(sizes)]
    data = DELIMITER + b"".join(bytes([frame_obu | HAS_SIZE]) + extension + leb128(len(body)) + body for body in bodies)
    payloads = av1_payloads(AccessUnit(VideoCodec.AV1, data, key_frame))
    assert all(1 < len(payload) <= PAYLOAD_MAX_BYTES for payload in payloads)
    assert bool(payloads[0][0] & 0x08) == key_frame
    assert assembled(payloads) == [bytes([frame_obu]) + extension + body for body in bodies]


def test_a_real_picture_can_be_decoded_from_its_packets() -> None:
    encoder = av.CodecContext.create("libsvtav1", "w")
    encoder.width, encoder.height, encoder.pix_fmt = 320, 192, "yuv420p"
    encoder.framerate, encoder.time_base = Fraction(30), Fraction(1, 30)
    encoder.options = {"preset": "12", "qp": "20", "svtav1-params": "pred-struct=1:rtc=1"}
    planes = np.random.default_rng(1).integers(0, 256, (288, 320), dtype=np.uint8)
    packets = [*encoder.encode(VideoFrame.from_ndarray(planes, format="yuv420p")), *encoder.encode(None)]
    unit = AccessUnit(VideoCodec.AV1, bytes(packets[0]), True)
    payloads = av1_payloads(unit)
    assert len(payloads) > 10
    elements = assembled(payloads)
    assert elements == list(obu_elements(unit.data))
    sized = b"".join(bytes([one[0] | HAS_SIZE]) + leb128(len(one) - 1) + one[1:] for one in elements)
    decoder = av.CodecContext.create("libdav1d", "r")
    (picture,) = [*decoder.decode(av.Packet(DELIMITER + sized)), *decoder.decode(None)]
    assert (picture.width, picture.height) == (320, 192)
