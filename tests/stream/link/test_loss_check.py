"""Losses that end when less is sent are the sender's own."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.link.loss_check import AGAIN_MAX_S, AGAIN_S, CHECK_S, LossCheck, Verdict


def checked(check: LossCheck, loss_before: float, lose_every: int | None, from_s: float = 10.0) -> Verdict | None:
    """A check during which every so many packets are lost."""
    check.begin(loss_before, from_s)
    for step in range(round(CHECK_S / 0.004) + 5):
        check.on_packet(from_s + step * 0.004, lose_every is not None and step % lose_every == 0)
    return check.verdict(from_s + CHECK_S + 0.01)


def test_losses_that_end_were_ours() -> None:
    assert checked(LossCheck(), 0.13, None) is Verdict.OURS
    assert checked(LossCheck(), 0.13, 50) is Verdict.OURS


def test_losses_that_go_on_are_the_radios() -> None:
    assert checked(LossCheck(), 0.03, 33) is Verdict.NOT_OURS
    assert checked(LossCheck(), 0.10, 15) is Verdict.NOT_OURS


def test_nothing_is_said_before_the_time_is_over() -> None:
    check = LossCheck()
    assert check.verdict(10.0) is None
    check.begin(0.1, 10.0)
    assert check.running
    assert check.verdict(10.0 + 0.9 * CHECK_S) is None
    check.abort()
    assert not check.running
    assert check.verdict(20.0) is None


def test_packets_from_before_the_check_do_not_count() -> None:
    check = LossCheck()
    check.begin(0.1, 10.0)
    for step in range(100):
        check.on_packet(9.0 + step * 0.01, True)
        check.on_packet(10.0 + step * 0.008, False)
    assert check.verdict(11.0) is Verdict.OURS


def test_a_check_in_which_nothing_was_sent_blames_nobody() -> None:
    check = LossCheck()
    check.begin(0.1, 10.0)
    assert check.verdict(20.0) is Verdict.NOT_OURS


@pytest.mark.parametrize(("loss", "packets", "due"), [(0.01, 1000, False), (0.03, 100, False), (0.03, 300, True)])
def test_a_check_costs_and_is_made_only_where_enough_was_lost(loss: float, packets: int, due: bool) -> None:
    assert LossCheck().due(loss, packets, 10.0) is due


def test_a_radio_that_goes_on_losing_packets_is_checked_more_and_more_rarely() -> None:
    check, now_s, pauses_s = LossCheck(), 10.0, []
    for _ in range(7):
        assert checked(check, 0.03, 33, now_s) is Verdict.NOT_OURS
        ended_s = now_s = now_s + CHECK_S
        while not check.due(0.03, 300, now_s):
            now_s += 1.0
        pauses_s.append(now_s - ended_s)
    assert pauses_s[0] == pytest.approx(AGAIN_S, abs=1.1)
    assert pauses_s[1] == pytest.approx(2 * AGAIN_S, abs=1.1)
    assert pauses_s[-1] == pytest.approx(AGAIN_MAX_S, abs=1.1)


def test_a_policer_is_checked_again_as_soon_as_it_drops_again() -> None:
    check = LossCheck()
    assert checked(check, 0.1, None) is Verdict.OURS
    assert check.due(0.05, 300, 10.0 + CHECK_S)


@given(st.lists(st.tuples(st.floats(-1, 1), st.booleans()), max_size=100), st.floats(0, 1))
def test_every_check_ends(packets: list[tuple[float, bool]], loss: float) -> None:
    check, sent_s = LossCheck(), 10.0
    check.begin(loss, 10.0)
    for step_s, lost in packets:
        sent_s += step_s
        check.on_packet(sent_s, lost)
    assert check.verdict(max(sent_s, 10.0) + CHECK_S + 1e-3) in Verdict
    assert not check.running
