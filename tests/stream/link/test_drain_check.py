"""A queue that does not drain though it ought to is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.link.drain_check import MARGIN_S, QUEUE_MAX_S, DrainCheck

FEEDBACK_S = 0.05
LINK_BPS = 4e6


def found_after_s(
    check: DrainCheck, queue_s: float, send_bps: float, *, drains: float = 0.0, limit_s: float = 10
) -> float:
    """How long a queue is watched until it is found to be none; inf where it is taken for one all the time."""
    sent_s = 0.0
    check.on_feedback(0.0, sent_s, 0, LINK_BPS, LINK_BPS)
    while sent_s < limit_s:
        sent_s += FEEDBACK_S
        queue_now_s = max(0.0, queue_s - drains * sent_s)
        if check.on_feedback(queue_now_s, sent_s, round(send_bps * FEEDBACK_S / 8), min(send_bps, LINK_BPS), LINK_BPS):
            return sent_s
    return float("inf")


@pytest.mark.parametrize("send_bps", [0.3e6, 2e6, 3.2e6])
@pytest.mark.parametrize("queue_s", [0.02, 0.06, 0.2])
def test_a_queue_that_stands_is_none_when_all_of_it_could_have_drained(send_bps: float, queue_s: float) -> None:
    due_s = (queue_s + MARGIN_S) / (1 - send_bps / LINK_BPS)
    assert found_after_s(DrainCheck(), queue_s, send_bps) == pytest.approx(due_s, abs=2.5 * FEEDBACK_S)


def test_a_clock_that_jumped_by_an_hour_is_not_waited_for() -> None:
    assert found_after_s(DrainCheck(), 3600.0, 0.4e6) < 2 * (QUEUE_MAX_S + MARGIN_S)


def test_who_sends_as_much_as_the_link_carries_drains_nothing() -> None:
    assert found_after_s(DrainCheck(), 0.1, LINK_BPS) == float("inf")
    assert found_after_s(DrainCheck(), 0.1, 2 * LINK_BPS) == float("inf")


def test_a_queue_that_drains_is_one() -> None:
    assert found_after_s(DrainCheck(), 0.3, 2e6, drains=0.5) == float("inf")


def test_a_queue_that_drains_half_as_fast_as_was_thought_is_one() -> None:
    """What arrived when it was found was still the rate of before the link fell."""
    assert found_after_s(DrainCheck(), 0.3, 1e6, drains=0.375) == float("inf")


def test_a_queue_that_grows_is_one() -> None:
    assert found_after_s(DrainCheck(), 0.05, 0.4e6, drains=-0.3) == float("inf")


def test_a_link_that_is_free_again_begins_anew() -> None:
    check = DrainCheck()
    for step in range(200):
        queue_s = 0.1 if step % 4 else 0.0
        assert not check.on_feedback(queue_s, step * FEEDBACK_S, 5000, LINK_BPS, LINK_BPS)


MAYBE_BPS = st.none() | st.floats(0, 1e9)


@given(st.lists(st.tuples(st.floats(0, 1e6), st.floats(-1, 1), st.integers(0, 10**6), MAYBE_BPS, MAYBE_BPS)))
def test_whatever_is_told_it_gives_an_answer(
    events: list[tuple[float, float, int, float | None, float | None]],
) -> None:
    check, sent_s = DrainCheck(), 0.0
    for queue_s, step_s, size_bytes, arrived_bps, before_bps in events:
        sent_s += step_s
        assert check.on_feedback(queue_s, sent_s, size_bytes, arrived_bps, before_bps) in (True, False)
