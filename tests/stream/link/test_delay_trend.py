"""A queue that grows is told from jitter, and from clocks that differ."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.link.delay_trend import (
    BASE_WINDOW_S,
    PACKETS_MAX,
    QUEUE_MEMORY_S,
    THRESHOLD_MAX_MS,
    DelayTrend,
    StandingQueue,
    Usage,
)


def usages(delay_s: Callable[[float], float], seconds: float, every_s: float = 0.01) -> list[Usage]:
    """What the trend says after each packet; ``delay_s`` is the way's delay at the time of sending."""
    trend = DelayTrend()
    seen = []
    for step in range(round(seconds / every_s)):
        sent_s = step * every_s
        trend.on_packet(sent_s, sent_s + delay_s(sent_s))
        seen.append(trend.usage)
    return seen


@pytest.mark.parametrize("offset_s", [0.0, -5e5, 5e5])
def test_a_queue_that_grows_is_overuse_and_one_that_drains_is_underuse(offset_s: float) -> None:
    seen = usages(lambda s: offset_s + 0.1 * min(max(s - 1, 0), max(5 - s, 0)), 6)
    assert set(seen[:100]) == {Usage.NORMAL}
    assert Usage.OVER in seen[100:150], "within half a second of 100 ms of queue a second"
    assert Usage.UNDER in seen[300:]
    assert seen[-1] is Usage.NORMAL


def test_jitter_without_a_trend_is_no_overuse() -> None:
    luck = random.Random(1)
    seen = usages(lambda _s: 0.02 + luck.random() * 0.005, 20)
    assert seen.count(Usage.OVER) == 0


def test_clocks_that_drift_apart_are_no_overuse() -> None:
    assert set(usages(lambda s: 200e-6 * s, 20)) == {Usage.NORMAL}


def test_packets_of_one_burst_are_one_group() -> None:
    trend = DelayTrend()
    for burst in range(100):
        for packet in range(5):  # each waits for the ones before it: that is no growing queue
            trend.on_packet(burst * 0.033 + packet * 0.0005, burst * 0.033 + 0.02 + packet * 0.004)
        assert trend.usage is Usage.NORMAL


def test_a_packet_that_is_told_of_late_changes_nothing() -> None:
    trend, same = DelayTrend(), DelayTrend()
    for step in range(100):
        sent_s = step * 0.01
        for one in (trend, same):
            one.on_packet(sent_s, sent_s + 0.02)
        trend.on_packet(sent_s - 0.05, sent_s + 0.3)
    assert trend.usage is same.usage is Usage.NORMAL


def test_a_queue_stands_as_long_as_no_packet_gets_through_sooner() -> None:
    queue = StandingQueue()
    assert queue.delay_s == 0.0
    for step in range(100):
        queue.on_packet(step * 0.01, step * 0.01 + 1000.02)
    assert queue.delay_s == 0.0, "what the way takes, and how the clocks differ, is no queue"
    for step in range(100, 200):
        queue.on_packet(step * 0.01, step * 0.01 + 1000.02 + (0.05 if step % 3 else 0.0))
    assert queue.delay_s == 0.0, "jitter is none either"
    for step in range(200, 220):
        queue.on_packet(step * 0.01, step * 0.01 + 1000.07)
    assert queue.delay_s == pytest.approx(0.05)
    queue.on_packet(2.2, 1002.22)
    assert queue.delay_s == pytest.approx(0.0), "the first packet that finds the way free tells"


def test_a_longer_way_is_taken_for_a_queue_only_for_a_while() -> None:
    queue = StandingQueue()
    for step in range(round(100 * (2 * BASE_WINDOW_S + 2))):
        queue.on_packet(step * 0.01, step * 0.01 + (0.02 if step < 100 else 0.06))
    assert queue.delay_s == pytest.approx(0.0)


@given(st.lists(st.tuples(st.floats(0, 0.02), st.floats(-0.1, 0.1)), min_size=1, max_size=100))
def test_the_standing_queue_is_the_least_delay_of_late(steps: list[tuple[float, float]]) -> None:
    queue, sent_s, seen = StandingQueue(), 0.0, list[tuple[float, float]]()
    newest_s = float("-inf")
    for pause_s, delay_s in steps:
        sent_s += pause_s
        arrived_s = sent_s + delay_s
        newest_s = max(newest_s, arrived_s)
        seen.append((newest_s, arrived_s - sent_s))
        queue.on_packet(sent_s, arrived_s)
        late = min(delay for at_s, delay in seen if at_s >= newest_s - QUEUE_MEMORY_S)
        assert queue.delay_s == late - min(delay for _, delay in seen)


@given(st.lists(st.floats(-1e7, 1e7), max_size=200))
def test_a_receiver_whose_clock_is_none_harms_nothing(arrivals_s: list[float]) -> None:
    trend, queue = DelayTrend(), StandingQueue()
    for step, arrived_s in enumerate(arrivals_s):
        trend.on_packet(step * 0.01, arrived_s)
        queue.on_packet(step * 0.01, arrived_s)
        assert queue.delay_s >= 0
        assert trend._threshold_ms <= THRESHOLD_MAX_MS


def test_a_clock_that_stands_still_does_not_fill_the_memory() -> None:
    queue = StandingQueue()
    queue.on_packet(0.0, 1e6)
    for step in range(2 * PACKETS_MAX):
        queue.on_packet(step * 1e-6, step * 2e-6)
    assert len(queue._least) <= PACKETS_MAX
