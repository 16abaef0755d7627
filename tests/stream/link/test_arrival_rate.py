"""What arrives per second, also where the receiver's word is lost or odd."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.link.arrival_rate import RATE_WINDOW_S, ArrivalRate
from stream.link.delay_trend import PACKETS_MAX


def test_nothing_is_said_before_enough_has_come() -> None:
    arrival = ArrivalRate()
    assert arrival.bps(0.1) is None
    for step in range(10):
        arrival.on_packet(step * 0.01, 1000)
    assert arrival.bps(0.1) is not None
    assert arrival.bps(RATE_WINDOW_S) is None


@pytest.mark.parametrize("window_s", [0.1, RATE_WINDOW_S])
def test_the_rate_is_what_arrives(window_s: float) -> None:
    arrival = ArrivalRate()
    for step in range(100):
        arrival.on_packet(1e5 + step * 0.01, 1250)
    assert arrival.bps(window_s) == pytest.approx(1e6, rel=0.11)


def test_packets_whose_feedback_was_lost_have_arrived_all_the_same() -> None:
    arrival = ArrivalRate()
    for step in range(100):
        if step // 6 % 3 == 1:
            arrival.on_untold(1250)
        else:
            arrival.on_packet(step * 0.01, 1250)
        if step > 50 and step // 6 % 3 != 1:
            assert arrival.bps(0.1) == pytest.approx(1e6, rel=0.11)


def test_a_packet_that_was_overtaken_counts_with_the_one_before() -> None:
    arrival = ArrivalRate()
    for step in range(100):
        late_s = 0.03 if step % 5 == 0 else 0.0
        arrival.on_packet(step * 0.01 - late_s, 1250)
    assert arrival.bps(RATE_WINDOW_S) == pytest.approx(1e6, rel=0.11)


def test_a_clock_that_stands_still_does_not_fill_the_memory() -> None:
    arrival = ArrivalRate()
    for _ in range(3 * PACKETS_MAX):
        arrival.on_packet(1.0, 100)
        arrival.on_untold(100)
    for _ in range(3 * PACKETS_MAX):
        arrival.on_untold(100)
    assert len(arrival._arrived) <= PACKETS_MAX
    assert len(arrival._untold) <= PACKETS_MAX


@given(st.lists(st.tuples(st.none() | st.floats(-1e12, 1e12), st.integers(0, 1500)), max_size=100))
def test_a_rate_is_a_number_whatever_the_clock_shows(packets: list[tuple[float | None, int]]) -> None:
    arrival = ArrivalRate()
    for arrived_s, size_bytes in packets:
        if arrived_s is None:
            arrival.on_untold(size_bytes)
        else:
            arrival.on_packet(arrived_s, size_bytes)
        for window_s in (0.1, RATE_WINDOW_S):
            bps = arrival.bps(window_s)
            assert bps is None or (math.isfinite(bps) and bps >= 0)
