"""What a link loses of late, and what is no loss but an outage."""

from __future__ import annotations

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.link.loss_window import OUTAGE_S, LossWindow


def test_the_share_of_the_last_seconds() -> None:
    losses = LossWindow(1.0)
    assert losses.fraction == 0.0
    for step in range(200):
        losses.add(step, step * 0.01, step % 10 == 5)
    assert losses.fraction == pytest.approx(0.1, abs=0.01)
    for step in range(200, 320):
        losses.add(step, step * 0.01, False)
    assert losses.fraction == 0.0
    assert losses.packets == pytest.approx(100, abs=2)


def test_a_burst_counts_packet_by_packet() -> None:
    losses = LossWindow(1.0)
    for step in range(100):
        losses.add(step, step * 0.005, 40 <= step < 55)
    assert losses.fraction == pytest.approx(0.15)


def test_a_link_that_was_gone_is_no_lossy_one() -> None:
    losses = LossWindow(2.0)
    for step in range(200):
        losses.add(step, step * 0.005, 40 <= step < 120)
    assert losses.fraction == 0.0
    assert losses.packets == 120


def test_losses_that_are_told_of_together_need_not_be_neighbours() -> None:
    """A feedback tells of what arrived; of what was lost meanwhile, only the next one does."""
    losses = LossWindow(5.0)
    for first in range(0, 200, 50):
        for number in range(first, first + 50):
            if number % 10 != 5:
                losses.add(number, number * 0.005, False)
        for number in range(first + 5, first + 50, 10):
            losses.add(number, number * 0.005, True)
    losses.add(200, 1.0, False)
    assert losses.fraction == pytest.approx(0.1, abs=0.01)


def test_packets_are_counted_when_it_is_known_that_the_link_is_there() -> None:
    losses = LossWindow(1.0)
    losses.add(0, 0.0, False)
    losses.add(1, 0.01, True)
    assert losses.packets == 1
    losses.add(2, 0.02, False)
    assert losses.fraction == pytest.approx(1 / 3)


@pytest.mark.parametrize("step", [1, 2])
def test_a_receiver_that_tells_of_losses_alone_costs_no_memory(step: int) -> None:
    """Of all packets, or of every second one and nothing of those between."""

    def memory_bytes() -> int:
        return tracemalloc.get_traced_memory()[0]

    losses = LossWindow(1.0)
    losses.add(0, 0.0, False)
    tracemalloc.start()
    try:
        for number in range(step, 2_000 * step, step):
            losses.add(number, number * 0.005, True)
        before_bytes = memory_bytes()
        for number in range(2_000 * step, 20_000 * step, step):
            losses.add(number, number * 0.005, True)
        assert memory_bytes() - before_bytes < 10_000
    finally:
        tracemalloc.stop()


@given(st.lists(st.tuples(st.floats(-0.5, 0.5), st.booleans()), max_size=200))
def test_the_count_is_right_whatever_comes_late(fates: list[tuple[float, bool]]) -> None:
    losses, sent_s = LossWindow(1.0), 0.0
    for number, (step_s, lost) in enumerate(fates):
        sent_s += step_s
        losses.add(number, sent_s, lost)
        assert 0.0 <= losses.fraction <= 1.0
        assert 0 <= losses.packets <= len(fates)
    losses.clear()
    assert (losses.fraction, losses.packets) == (0.0, 0)
    assert OUTAGE_S > 0.05, "less would hide the bursts that copies are for"
