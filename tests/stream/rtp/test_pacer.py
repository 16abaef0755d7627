"""Packets leave as fast as the pace allows, and never slower than the picture's own time."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.rtp.pacer import BURST_BYTES, Pacer

FRAME_S = 1 / 30


def leave(pacer: Pacer, sizes: list[int], now_s: float) -> list[float]:
    """When packets leave of which each waits as long as it is told to."""
    times = []
    for size in sizes:
        now_s += pacer.wait_s(now_s)
        times.append(now_s)
        pacer.on_sent(size, now_s)
    return times


def test_a_small_picture_leaves_at_once() -> None:
    pacer = Pacer(0.0)
    pacer.set_pace(1e6, 2400, FRAME_S, 0.0)
    assert leave(pacer, [1200, 1200], 0.0) == [0.0, 0.0]


def test_a_large_picture_leaves_at_the_pace() -> None:
    pacer = Pacer(0.0)
    pacer.set_pace(8e6, 12_000, FRAME_S, 0.0)
    times = leave(pacer, [1000] * 12, 0.0)
    assert times[-1] == pytest.approx((11_000 - BURST_BYTES) / 1e6)
    assert all(after - before == pytest.approx(0.001) for before, after in itertools.pairwise(times[4:]))


def test_a_picture_never_takes_longer_than_its_own_time() -> None:
    pacer = Pacer(0.0)
    pacer.set_pace(300_000, 60_000, FRAME_S, 0.0)
    assert leave(pacer, [1200] * 50, 0.0)[-1] < 0.9 * FRAME_S


def test_what_a_copy_sent_meanwhile_is_waited_for() -> None:
    pacer = Pacer(0.0)
    pacer.set_pace(8e6, 10_000, FRAME_S, 0.0)
    pacer.on_sent(BURST_BYTES + 5000, 0.0)
    assert pacer.wait_s(0.0) == pytest.approx(0.005)
    assert pacer.wait_s(0.004) == pytest.approx(0.001)


@given(
    st.floats(1e5, 1e8),
    st.lists(st.integers(1, 1400), min_size=1, max_size=100),
    st.floats(0.01, 0.1),
    st.lists(st.floats(-0.01, 0.05), min_size=1, max_size=5),
)
def test_the_pace_is_kept_whatever_the_clock_does(
    pace_bps: float, sizes: list[int], interval_s: float, jumps_s: list[float]
) -> None:
    pacer, now_s = Pacer(0.0), 0.0
    for jump_s in jumps_s:
        now_s += jump_s
        pacer.set_pace(pace_bps, sum(sizes), interval_s, now_s)
        times = leave(pacer, sizes, now_s)
        now_s = times[-1]
        fastest_bps = max(pace_bps, 8 * sum(sizes) / (0.9 * interval_s))
        in_time_bytes = sum(sizes[:-1]) - BURST_BYTES
        assert times == sorted(times)
        assert times[-1] - times[0] >= 8 * in_time_bytes / fastest_bps - 1e-6
        assert times[-1] - times[0] <= 8 * (sum(sizes) + BURST_BYTES + 1400) / pace_bps + 1e-6
