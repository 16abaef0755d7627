"""Instants as RTP and as NTP time."""

from __future__ import annotations

import itertools
import time

from hypothesis import given
from hypothesis import strategies as st

from stream.media_clock import instant_of, ntp_at, ntp_time, ticks_at


@given(st.integers(0, 2**62), st.sampled_from([48_000, 90_000]))
def test_a_tick_is_found_again(monotonic_ns: int, clock_hz: int) -> None:
    ticks = ticks_at(monotonic_ns, clock_hz)
    assert 0 <= monotonic_ns - instant_of(ticks, clock_hz) <= 1_000_000_000 // clock_hz + 1


def test_packets_of_20_ms_are_960_ticks_apart_wherever_they_begin() -> None:
    start_ns = 123_456_789_123
    ticks = [ticks_at(start_ns + index * 20_000_000, 48_000) for index in range(1000)]
    assert {later - earlier for earlier, later in itertools.pairwise(ticks)} == {960}


def test_ntp_time_goes_back_with_the_instant() -> None:
    now_ns = time.monotonic_ns()
    apart = ntp_at(now_ns) - ntp_at(now_ns - 1_500_000_000)
    assert abs(apart / 2**32 - 1.5) < 0.05
    assert ntp_at(time.monotonic_ns()) <= ntp_time(time.time())
