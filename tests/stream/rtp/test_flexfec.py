"""Repair packets, read back by a decoder written from the draft alone; and the description that agrees upon them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.rtp.flexfec import FlexFec, accept, offered, repair_payload

SSRC = 0x01020304


def rtp(sequence: int, timestamp: int, payload: bytes, marker: bool = False) -> bytes:
    return struct.pack("!BBHLL", 0x80, marker << 7 | 102, sequence & 0xFFFF, timestamp, SSRC) + payload


def covered(repair: bytes) -> tuple[int, list[int], bytes]:
    """Of a repair packet: the first sequence number, the ones it stands for, and what follows the header."""
    assert repair[0] >> 6 == 0, "neither a retransmission nor rows and columns"
    assert repair[8] == 1, "of one stream"
    assert int.from_bytes(repair[12:16]) == SSRC
    base = int.from_bytes(repair[16:18])
    bits = f"{int.from_bytes(repair[18:20]):016b}"
    end = 20
    mask = bits[1:]
    if bits[0] == "0":
        more = f"{int.from_bytes(repair[20:24]):032b}"
        assert more[0] == "1"
        mask, end = mask + more[1:], 24
    return base, [base + index & 0xFFFF for index, bit in enumerate(mask) if bit == "1"], repair[end:]


def recover(repair: bytes, received: dict[int, bytes]) -> bytes:
    """The one packet that lacks (the draft, section 6.3)."""
    _, numbers, body = covered(repair)
    (missing,) = [number for number in numbers if number not in received]
    first_two, length, timestamp = int.from_bytes(repair[:2]), int.from_bytes(repair[2:4]), repair[4:8]
    for number in numbers:
        packet = received.get(number)
        if packet is None:
            continue
        first_two ^= int.from_bytes(packet[:2]) & 0x3FFF
        length ^= len(packet) - 12
        timestamp = bytes(a ^ b for a, b in zip(timestamp, packet[4:8], strict=True))
        rest = packet[12:].ljust(len(body), b"\0")
        body = bytes(a ^ b for a, b in zip(body, rest, strict=True))
    header = struct.pack("!HH", 0x8000 | first_two, missing) + timestamp + SSRC.to_bytes(4)
    return header + body[:length]


payloads = st.lists(st.binary(min_size=1, max_size=200), min_size=1, max_size=46)


@given(payloads, st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.data())
def test_any_lost_packet_is_given_back_to_the_bit(
    contents: list[bytes], first: int, timestamp: int, data: st.DataObject
) -> None:
    count = len(contents)
    packets = [rtp(first + index, timestamp, content, index == count - 1) for index, content in enumerate(contents)]
    indices = data.draw(st.lists(st.integers(0, count - 1), min_size=1, unique=True).map(sorted))
    lost = data.draw(st.sampled_from(indices))
    repair = repair_payload(packets, indices, SSRC, first)
    received = {first + index & 0xFFFF: packet for index, packet in enumerate(packets) if index != lost}
    assert recover(repair, received) == packets[lost]


@pytest.mark.parametrize(("count", "header"), [(1, 20), (15, 20), (16, 24), (46, 24)])
def test_the_mask_is_as_short_as_it_can_be(count: int, header: int) -> None:
    packets = [rtp(index, 0, b"12345678") for index in range(count)]
    repair = repair_payload(packets, range(count), SSRC, 0)
    assert covered(repair)[1] == list(range(count))
    assert len(repair) == header + 8


OFFER = "\r\n".join(
    [
        "v=0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=rtpmap:111 opus/48000/2",
        "m=video 9 UDP/TLS/RTP/SAVPF 102 49",
        "a=rtpmap:102 H264/90000",
        "a=rtpmap:49 flexfec-03/90000",
        "a=fmtp:49 repair-window=10000000",
        "",
    ]
)


def test_a_browser_that_knows_repair_packets_says_so_in_its_offer() -> None:
    assert offered(OFFER) == 49
    assert offered(OFFER.replace("flexfec-03", "flexfec")) is None
    assert offered(OFFER.replace(":49 ", ":499 ")) is None
    assert offered("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 49\r\na=rtpmap:49 flexfec-03/90000\r\n") is None


def test_the_answer_groups_the_streams_and_leaves_other_sections_alone() -> None:
    answer = (
        "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 102\r\na=rtpmap:102 H264/90000\r\na=ssrc:7 cname:x\r\n"
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n"
    )
    assert accept(answer, FlexFec(49, 8), 7) == (
        "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 102 49\r\na=rtpmap:102 H264/90000\r\na=ssrc:7 cname:x\r\n"
        "a=rtpmap:49 flexfec-03/90000\r\na=fmtp:49 repair-window=10000000\r\na=ssrc:8 cname:x\r\n"
        "a=ssrc-group:FEC-FR 7 8\r\n"
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:1\r\n"
    )
