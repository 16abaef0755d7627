"""What was sent, what is on its way, and what became of it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.link.sent_packets import FORGOTTEN_AFTER_S, PacketFate, SentPackets
from stream.link.transport_feedback import TransportFeedback

MS = 1000


def sent(count: int, every_s: float = 0.001, start_s: float = 0.0) -> SentPackets:
    packets = SentPackets()
    for number in range(count):
        packets.add(100, start_s + number * every_s)
    return packets


def arrivals(fates: list[PacketFate]) -> list[float | None]:
    return [fate.arrived_s for fate in fates]


def test_a_packet_is_in_flight_until_the_receiver_tells_of_it() -> None:
    packets = sent(3)
    assert packets.in_flight_bytes == 300
    fates = packets.on_feedback(TransportFeedback(0, 1, (0, 2 * MS)), 0.05)
    assert fates == [PacketFate(0.0, 100, 0.064, None), PacketFate(0.001, 100, 0.066, None, number=1)]
    assert packets.in_flight_bytes == 100
    assert packets.least_round_trip_s == 0.049


def test_a_packet_is_lost_when_the_receiver_goes_on_without_it() -> None:
    packets = sent(5)
    assert arrivals(packets.on_feedback(TransportFeedback(0, 0, (0, None, 2 * MS)), 0.05)) == [0.0, 0.002]
    assert packets.in_flight_bytes == 200, "it is not on its way any more"
    assert arrivals(packets.on_feedback(TransportFeedback(3, 0, (3 * MS,)), 0.1)) == [None, 0.003]


def test_a_packet_that_was_overtaken_is_late_and_not_lost() -> None:
    packets = sent(4)
    packets.on_feedback(TransportFeedback(0, 0, (0, None, 2 * MS)), 0.05)
    back = TransportFeedback(1, 0, (9 * MS, 2 * MS, 10 * MS))
    assert arrivals(packets.on_feedback(back, 0.1)) == [0.009, 0.01], "each is told of once"
    assert packets.in_flight_bytes == 0


def test_of_packets_whose_feedback_was_lost_nothing_is_known_but_that_they_were_sent() -> None:
    packets = sent(6)
    fates = packets.on_feedback(TransportFeedback(4, 0, (4 * MS,)), 0.05)
    assert arrivals(fates) == [None] * 4 + [0.004]
    assert [fate.told for fate in fates] == [False] * 4 + [True]
    assert packets.in_flight_bytes == 100


def test_numbers_and_reference_time_wrap_around() -> None:
    packets = SentPackets()
    told: list[float | None] = []
    for first in range(0, 0x20000, 0x100):
        numbers = [packets.add(100, first * 1e-3) for _ in range(0x100)]
        assert numbers[0] == first & 0xFFFF
        reference = (0xFFFFF0 + first // 0x1000) & 0xFFFFFF
        told += arrivals(packets.on_feedback(TransportFeedback(numbers[0], reference, (0,) * 0x100), first * 1e-3))
    assert len(told) == 0x20000
    assert packets.in_flight_bytes == 0
    assert told == sorted(told), "the receiver's clock goes on"
    assert told[-1] - told[0] == pytest.approx(31 * 0.064)


def test_where_no_feedback_comes_packets_are_forgotten() -> None:
    packets = SentPackets()
    for number in range(10_000):
        packets.add(100, number * 0.01)
    assert packets.in_flight_bytes <= 100 * (FORGOTTEN_AFTER_S / 0.01 + 1)


def test_feedback_on_packets_that_were_never_sent_says_nothing() -> None:
    packets = sent(3)
    assert not any(fate.told for fate in packets.on_feedback(TransportFeedback(20_000, 0, (0,) * 0xFFFF), 0.05))
    number = packets.add(100, 0.06)
    assert arrivals(packets.on_feedback(TransportFeedback(number, 0, (0,)), 0.1)) == [0.0], "and harms nothing"


def test_a_link_that_was_gone_begins_anew() -> None:
    packets = sent(3)
    packets.forget_all()
    assert packets.in_flight_bytes == 0
    assert packets.on_feedback(TransportFeedback(0, 0, (0, 0, 0)), 0.05) == []


FEEDBACKS = st.builds(
    TransportFeedback,
    st.integers(0, 0xFFFF) | st.integers(0, 60),
    st.integers(0, 0xFFFFFF),
    st.lists(st.none() | st.integers(-(10**9), 10**9), max_size=40).map(tuple),
)


@given(st.lists(st.integers(1, 1200) | FEEDBACKS, max_size=60))
def test_whatever_the_receiver_says_the_account_is_right(events: list[int | TransportFeedback]) -> None:
    packets, sizes, now_s = SentPackets(), list[int](), 0.0
    told = 0
    for event in events:
        now_s += 0.01
        if isinstance(event, int):
            packets.add(event, now_s)
            sizes.append(event)
        else:
            fates = packets.on_feedback(event, now_s)
            told += sum(fate.size_bytes for fate in fates)
        assert 0 <= packets.in_flight_bytes <= sum(sizes)
        assert told <= sum(sizes), "no packet has two fates"
    packets.forget_all()
    assert packets.in_flight_bytes == 0
