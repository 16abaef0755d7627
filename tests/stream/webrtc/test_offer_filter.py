"""What of a visitor's SDP reaches aiortc, however it is written."""

from __future__ import annotations

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.sdp import SessionDescription, candidate_from_sdp
from hypothesis import given
from hypothesis import strategies as st

from stream import SignallingError
from stream.webrtc.offer_filter import CANDIDATES_MAX, LINES_MAX, filter_sdp, usable_candidate
from tests.stream.webrtc.test_aiortc_peer import Owner, new_offer, new_peer

OFFER = "v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n"
USABLE = "candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host"


def candidates_of(sdp: str) -> list[str]:
    """The addresses that aiortc finds in it."""
    return [one.ip for media in SessionDescription.parse(sdp).media for one in media.ice_candidates]


def test_addresses_are_kept_and_names_are_not() -> None:
    named = USABLE.replace("192.0.2.7", "5f0a.local")
    assert candidates_of(filter_sdp(f"{OFFER}a={USABLE}\r\na={named}\r\na=end-of-candidates\r\n")) == ["192.0.2.7"]


@pytest.mark.parametrize("end", ["\n", "\r", "\v", "\f", "\x1c", "\x85", "\u2028"])
def test_no_candidate_hides_behind_an_end_of_line_that_only_aiortc_sees(end: str) -> None:
    named = USABLE.replace("192.0.2.7", "5f0a.local")
    assert candidates_of(filter_sdp(f"{OFFER}a=x{end}a={named}\r\n")) == []


def test_there_are_not_more_candidates_than_are_worth_a_check() -> None:
    offer = OFFER + f"a={USABLE}\r\n" * (CANDIDATES_MAX + 5)
    assert len(candidates_of(filter_sdp(offer))) == CANDIDATES_MAX


def test_there_are_not_more_lines_than_aiortc_reads_in_a_moment() -> None:
    lines = ["v=0", *["a=rtcp-fb:* nack"] * (LINES_MAX - 1)]
    assert filter_sdp("\r\n".join(lines)).splitlines() == lines
    with pytest.raises(SignallingError, match="1001 lines"):
        filter_sdp("\r\n".join([*lines, "a=x"]))


@pytest.mark.parametrize("port", ["0", "65536", "-1", "x", "9" * 5000])
def test_a_port_that_there_is_not_makes_a_candidate_of_no_use(port: str) -> None:
    assert usable_candidate(USABLE)
    assert not usable_candidate(USABLE.replace("50000", port))


@given(
    address=st.ip_addresses().map(str) | st.text(max_size=20),
    port=st.integers(-1, 70_000).map(str) | st.text(max_size=8),
)
def test_what_is_of_use_can_be_read_whatever_is_written(address: str, port: str) -> None:
    candidate = f"candidate:1 1 udp 1 {address} {port} typ host"
    if usable_candidate(candidate):
        assert 0 < candidate_from_sdp(candidate).port < 1 << 16


async def test_an_offer_to_send_us_something_as_well_is_refused() -> None:
    """aiortc would decode it, and keep the pictures for nobody."""
    visitor, peer = RTCPeerConnection(RTCConfiguration(iceServers=[])), new_peer(Owner())
    visitor.addTransceiver("video", direction="sendonly")
    with pytest.raises(SignallingError, match="two sections"):
        await peer.answer(await new_offer(visitor))
    await visitor.close()
    await peer.close("test ends")
