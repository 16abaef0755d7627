"""What receivers say in RTCP, and what others say who mean harm."""

from __future__ import annotations

import struct

import pytest
from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    RtcpByePacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    pack_remb_fci,
)
from hypothesis import given
from hypothesis import strategies as st

from stream.webrtc.link_sample import LinkSample, link_sample

SSRC = 4711


def report(ssrc: int, fraction_lost: int) -> RtcpReceiverInfo:
    return RtcpReceiverInfo(ssrc, fraction_lost, 0, 0, 0, 0, 0)


def test_of_a_report_the_part_on_this_stream_counts() -> None:
    packet = RtcpRrPacket(1, [report(99, 255), report(SSRC, 64)])
    assert link_sample(packet, SSRC) == LinkSample(report=report(SSRC, 64))
    assert link_sample(RtcpRrPacket(1, [report(99, 255)]), SSRC) is None


@pytest.mark.parametrize(
    ("fmt", "sample"),
    [(RTCP_PSFB_PLI, LinkSample(picture_lost=True)), (RTCP_PSFB_FIR, LinkSample(key_frame_wanted=True))],
)
def test_a_key_frame_is_asked_for_in_two_ways(fmt: int, sample: LinkSample) -> None:
    assert link_sample(RtcpPsfbPacket(fmt, 1, SSRC), SSRC) == sample


def test_the_receivers_estimate_counts_where_it_names_this_stream() -> None:
    packet = RtcpPsfbPacket(RTCP_PSFB_APP, 1, 0, pack_remb_fci(1_500_000, [99, SSRC]))
    assert link_sample(packet, SSRC) == LinkSample(remb_bps=1_500_000)
    assert link_sample(packet, 5) is None


def test_an_estimate_that_is_cut_off_says_nothing() -> None:
    fci = b"REMB" + bytes([255, 0, 1, 0]) + struct.pack("!L", SSRC)
    assert link_sample(RtcpPsfbPacket(RTCP_PSFB_APP, 1, 0, fci), SSRC) is None


def test_what_says_nothing_of_a_link_gives_no_sample() -> None:
    assert link_sample(RtcpByePacket([SSRC]), SSRC) is None
    assert link_sample(RtcpPsfbPacket(2, 1, SSRC), SSRC) is None


@given(st.integers(0, 31), st.binary(max_size=40) | st.binary(max_size=40).map(lambda rest: b"REMB" + rest))
def test_whatever_feedback_holds_it_is_read_or_passed_over(fmt: int, fci: bytes) -> None:
    sample = link_sample(RtcpPsfbPacket(fmt, 1, SSRC, fci), SSRC)
    assert (
        sample is None
        or sample.picture_lost
        or sample.key_frame_wanted
        or (sample.remb_bps is not None and sample.remb_bps >= 0)
    )
