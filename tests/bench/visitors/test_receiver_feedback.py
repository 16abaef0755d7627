"""What the receiver tells is read by the node as it was meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.visitors.receiver_feedback import (
    NACK_AGE_MAX_S,
    NACK_GAP_MAX,
    NACK_TRIES_MAX,
    MissingPackets,
    NackRequest,
    TransportFeedbackWriter,
)
from stream.link.transport_feedback import DELTA_UNIT_US, REFERENCE_UNIT_US, parse_feedback


def read(writer: TransportFeedbackWriter) -> dict[int, int | None]:
    """Arrival by number, microseconds; None where it is told to be missing."""
    told: dict[int, int | None] = {}
    for packet in writer.take():
        assert len(packet) % 4 == 0
        feedback = parse_feedback(packet)
        for index, arrival_us in enumerate(feedback.arrivals_us):
            number = (feedback.base_sequence + index) & 0xFFFF
            told[number] = None if arrival_us is None else feedback.reference * REFERENCE_UNIT_US + arrival_us
    return told


def test_arrivals_and_losses_are_told_once() -> None:
    writer = TransportFeedbackWriter(1, 2)
    for number, at_s in ((65_534, 10.0), (65_535, 10.001), (1, 10.5)):
        writer.on_packet(number, at_s)
    assert read(writer) == {65_534: 10_000_000, 65_535: 10_001_000, 0: None, 1: 10_500_000}
    assert (writer.expected, writer.received, writer.lost) == (4, 3, 1)
    assert read(writer) == {}


def test_what_is_lost_between_two_feedbacks_is_told_and_a_late_packet_too() -> None:
    writer = TransportFeedbackWriter(1, 2)
    writer.on_packet(10, 1.0)
    read(writer)
    writer.on_packet(13, 1.1)
    assert read(writer) == {11: None, 12: None, 13: 1_100_000}
    writer.on_packet(12, 1.2)
    assert read(writer)[12] == 1_200_000
    assert writer.lost == 1


def test_feedback_tells_when_packets_came_and_which_did_not() -> None:
    writer = TransportFeedbackWriter(1, 2)
    assert writer.take() == []
    arrivals_us = {65534: 1_000_000, 65535: 1_000_500, 1: 1_010_000, 2: 1_009_000}
    for number, at_us in arrivals_us.items():
        writer.on_packet(number, at_us / 1e6)
    (packet,) = writer.take()
    feedback = parse_feedback(packet)
    assert feedback.base_sequence == 65534
    told = [None if us is None else feedback.reference * REFERENCE_UNIT_US + us for us in feedback.arrivals_us]
    assert told[2] is None, "number 0 did not come"
    for index, at_us in ((0, 1_000_000), (1, 1_000_500), (3, 1_010_000), (4, 1_009_000)):
        assert told[index] == pytest.approx(at_us, abs=DELTA_UNIT_US)
    assert writer.take() == []
    writer.on_packet(3, 1.2)
    (later,) = writer.take()
    assert parse_feedback(later).base_sequence == 3


def test_the_first_packet_may_be_overtaken() -> None:
    writer = TransportFeedbackWriter(1, 2)
    writer.on_packet(5, 1.0)
    writer.on_packet(4, 1.001)
    assert (writer.expected, writer.lost) == (2, 0)


@given(
    st.integers(0, 0xFFFF),
    st.lists(st.tuples(st.booleans(), st.floats(-0.005, 10.0)), min_size=1, max_size=900),
)
def test_any_arrivals_are_read_as_they_came(first: int, packets: list[tuple[bool, float]]) -> None:
    writer = TransportFeedbackWriter(1, 2)
    expected: dict[int, int] = {}
    at_s = 100.0
    for index, (arrives, later_s) in enumerate(packets):
        at_s = max(0.0, at_s + later_s)
        if arrives or index == 0:
            number = (first + index) & 0xFFFF
            writer.on_packet(number, at_s)
            expected[number] = round(at_s * 4000) * 250
    told = read(writer)
    wrap_us = REFERENCE_UNIT_US << 24
    assert {number: us % wrap_us for number, us in told.items() if us is not None} == {
        number: us % wrap_us for number, us in expected.items()
    }


def test_missing_packets_are_asked_for_once_a_round_trip() -> None:
    missing = MissingPackets()
    for number in (65_534, 1):
        missing.on_packet(number, 0.0)
    assert missing.request(0.05, 0.0) == NackRequest([65_535, 0], key_frame=False)
    assert missing.request(0.05, 0.04).lost == []
    missing.on_packet(0, 0.045)
    assert missing.request(0.05, 0.05).lost == [65_535]


def test_what_does_not_come_is_given_up_for_a_key_frame() -> None:
    missing = MissingPackets()
    missing.on_packet(1, 0.0)
    missing.on_packet(3, 0.0)
    asked = [missing.request(0.02, 0.025 * turn) for turn in range(NACK_TRIES_MAX + 1)]
    assert [request.lost for request in asked] == [[2]] * NACK_TRIES_MAX + [[]]
    assert [request.key_frame for request in asked] == [False] * NACK_TRIES_MAX + [True]
    assert missing.request(0.02, 9.0) == NackRequest([], key_frame=False)


def test_a_slow_link_does_not_wait_for_ten_tries() -> None:
    missing = MissingPackets()
    missing.on_packet(1, 0.0)
    missing.on_packet(3, 0.0)
    assert missing.request(0.5, NACK_AGE_MAX_S + 0.01).key_frame


def test_a_key_frame_heals_all() -> None:
    missing = MissingPackets()
    missing.on_packet(1, 0.0)
    missing.on_packet(5, 0.0)
    missing.on_key_frame()
    assert missing.request(0.02, 0.1) == NackRequest([], key_frame=False)


def test_an_outage_is_not_asked_for_packet_by_packet() -> None:
    missing = MissingPackets()
    missing.on_packet(1, 0.0)
    missing.on_packet(2 + NACK_GAP_MAX // 2, 0.0)
    missing.on_packet(4 + 2 * NACK_GAP_MAX, 0.0)
    assert missing.request(0.02, 0.1) == NackRequest([], key_frame=True)
