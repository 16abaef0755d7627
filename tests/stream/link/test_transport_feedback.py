"""Feedback is read as receivers write it, and what is none is refused."""

from __future__ import annotations

import contextlib
import struct

import pytest
from aiortc.rtp import RTCP_RTPFB_NACK, RtcpRtpfbPacket
from hypothesis import example, given
from hypothesis import strategies as st

from stream.link.transport_feedback import (
    COMPOUND_MAX,
    DELTA_UNIT_US,
    FEEDBACKS_MAX,
    PACKETS_MAX,
    TransportFeedback,
    parse_feedback,
    split_compound,
)
from tests.stream.feedback_packing import ONE_BIT, RUN, TWO_BITS, pack_feedback

STEPS = st.one_of(st.none(), st.integers(0, 255), st.integers(-32768, 32767))
"""In units of the format; None is a packet that did not arrive."""


@given(
    base=st.integers(0, 0xFFFF),
    reference=st.integers(0, 0xFFFFFF),
    steps=st.lists(STEPS, max_size=80),
    repeat=st.integers(1, 20),
    chunks=st.lists(st.sampled_from([RUN, ONE_BIT, TWO_BITS]), min_size=1, max_size=4),
)
@example(0xFFFF, 0xFFFFFF, [0, None, 255, 256, -1, -32768], 1, [TWO_BITS])
@example(0, 0, [None], 20, [ONE_BIT])
def test_whatever_arrives_when_is_read_as_it_was_written(
    base: int, reference: int, steps: list[int | None], repeat: int, chunks: list[str]
) -> None:
    arrivals: list[int | None] = []
    at_us = 0
    for step in [step for step in steps for _ in range(repeat)]:
        at_us += (step or 0) * DELTA_UNIT_US
        arrivals.append(None if step is None else at_us)
    feedback = TransportFeedback(base, reference, tuple(arrivals))
    packet = pack_feedback(feedback, chunks)
    assert parse_feedback(packet) == feedback
    report = struct.pack("!BBHL", 0x80, 201, 1, 3)
    assert split_compound(report + packet + report + packet) == (report + report, [feedback, feedback])


@given(st.binary(max_size=200))
def test_bytes_of_any_kind_are_read_or_refused(data: bytes) -> None:
    for read in (parse_feedback, split_compound):
        with contextlib.suppress(ValueError):
            read(data)
    header = struct.pack("!BBH", 0xAF, 205, len(data) // 4)
    with contextlib.suppress(ValueError):
        split_compound(header + data)


@given(st.lists(st.binary(min_size=4, max_size=4)).map(b"".join))
def test_what_is_not_feedback_is_kept_to_the_byte(body: bytes) -> None:
    data = struct.pack("!BBH", 0x81, 206, len(body) // 4) + body + b"rest"
    assert split_compound(data) == (data, [])


@pytest.mark.parametrize(
    ("packet", "complaint"),
    [
        ("8fcd0004 00000001 00000002 0000 0001 000000", "header"),
        ("8fcd0004 00000001 00000002 0000 0001 00000000", "fewer status chunks"),
        ("8fcd0005 00000001 00000002 0000 0001 00000000 0000 0000", "empty run"),
        ("8fcd0005 00000001 00000002 0000 0003 00000000 2003 0101", "without its delta"),
        ("8fcd0005 00000001 00000002 0000 0001 00000000 6001 0101", "without its delta"),
        ("afcd0005 00000001 00000002 0000 0001 00000000 2001 01ff", "fewer status chunks"),
    ],
)
def test_what_breaks_the_format_is_refused_with_a_reason(packet: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_feedback(bytes.fromhex(packet))


def feedback_on(count: int) -> bytes:
    """A few bytes that tell of so many lost packets."""
    runs = struct.pack("!9H", *[0x1FFF] * 9)
    return struct.pack("!BBHLLHHL", 0x8F, 205, 9, 1, 2, 9, count, 0) + runs + bytes(2)


def test_a_few_bytes_can_not_tell_of_more_packets_than_a_link_brings() -> None:
    assert parse_feedback(feedback_on(PACKETS_MAX)).arrivals_us == (None,) * PACKETS_MAX
    with pytest.raises(ValueError, match="more than 4096 packets"):
        parse_feedback(feedback_on(0xFFFF))


def test_one_datagram_does_not_hold_more_feedback_than_a_receiver_sends() -> None:
    assert len(split_compound(feedback_on(9) * FEEDBACKS_MAX)[1]) == FEEDBACKS_MAX
    with pytest.raises(ValueError, match="more than 4 transport feedbacks"):
        split_compound(feedback_on(9) * (FEEDBACKS_MAX + 1))


def test_one_datagram_does_not_hold_more_packets_than_a_receiver_sends() -> None:
    request = bytes(RtcpRtpfbPacket(RTCP_RTPFB_NACK, 1, 2, [5]))
    assert split_compound(request * COMPOUND_MAX) == (request * COMPOUND_MAX, [])
    with pytest.raises(ValueError, match="more than 16 RTCP packets"):
        split_compound(request * COMPOUND_MAX + feedback_on(9))
