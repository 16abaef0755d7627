"""What a renderer that is to go decides, in exact time."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.session.drain import TOLD_APART_MAX_S, Drain, DrainState, DrainStep, Occupant, Role

VISITORS = [Occupant("a", Role.VISITOR), Occupant("b", Role.VISITOR)]


def drain_of(wait_s: float = 900.0, hand_over_s: float = 20.0) -> Drain:
    drain = Drain(wait_s, hand_over_s)
    assert drain.step(VISITORS, 50.0) == DrainStep(), "nothing was asked of it"
    assert drain.begin(100.0)
    return drain


def test_it_lets_everybody_in_until_it_is_to_go() -> None:
    drain = Drain(900.0, 20.0)
    assert drain.admits(follower=False)
    assert drain.begin(0.0)
    assert not drain.begin(1.0), "it was said before"
    assert not drain.admits(follower=False)
    assert drain.admits(follower=True), "who leads is here: nobody else can have those who follow"
    drain.step(VISITORS, 900.0)
    assert not drain.admits(follower=True)


def test_it_waits_for_visits_to_end_by_themselves() -> None:
    drain = drain_of()
    assert drain.step(VISITORS, 100.0) == DrainStep((), 20.0, again_in_s=900.0)
    assert drain.step(VISITORS[:1], 999.0).move == ()
    drain.step([], 999.5)
    assert drain.state is DrainState.CLOSED


def test_where_nobody_is_it_goes_at_once() -> None:
    drain = drain_of()
    drain.step([], 100.0)
    assert drain.state is DrainState.CLOSED


def test_who_is_still_there_is_sent_elsewhere_one_after_the_other() -> None:
    drain = drain_of()
    assert drain.step(VISITORS, 1000.0) == DrainStep(("a",), 20.0, again_in_s=TOLD_APART_MAX_S)
    assert drain.state is DrainState.HANDING_OVER
    assert drain.step(VISITORS, 1000.1).move == (), "somebody else has gone: too early for the next one"
    assert drain.step(VISITORS, 1000.5) == DrainStep(("b",), 19.5, again_in_s=19.5)
    assert drain.step(VISITORS, 1010.0).move == (), "each is told once"


def test_without_a_wait_it_hands_over_at_once_and_ends_at_the_limit() -> None:
    drain = drain_of(wait_s=0.0)
    assert drain.step(VISITORS, 100.0).move == ("a",)
    drain.step(VISITORS, 119.9)
    assert drain.state is DrainState.HANDING_OVER
    drain.step(VISITORS, 120.0)
    assert drain.state is DrainState.CLOSED


def test_without_time_for_it_nobody_is_handed_over() -> None:
    drain = drain_of(wait_s=0.0, hand_over_s=0.0)
    assert drain.step(VISITORS, 100.0) == DrainStep()
    assert drain.state is DrainState.CLOSED


def test_followers_come_after_their_presenter_has_gone() -> None:
    drain = drain_of(wait_s=0.0)
    led = [Occupant("f", Role.FOLLOWER), Occupant("v", Role.VISITOR), Occupant("p", Role.PRESENTER)]
    assert drain.step(led, 100.0).move == ("p",)
    assert drain.step(led, 100.5).move == ("v",)
    assert drain.step(led, 105.0) == DrainStep((), 15.0, again_in_s=15.0)
    assert drain.step([Occupant("f", Role.ORPHAN)], 106.0).move == ("f",)


def test_followers_whose_presenter_has_gone_on_elsewhere_do_not_wait() -> None:
    drain = drain_of()
    here = [Occupant("f", Role.ORPHAN), *VISITORS]
    assert drain.step(here, 200.0) == DrainStep(("f",), 20.0, again_in_s=800.0)
    assert drain.step(here, 201.0).move == ()


@pytest.mark.parametrize("crowd", [1, 50, 1000])
def test_however_many_there_are_all_are_told_in_half_of_the_time(crowd: int) -> None:
    drain = drain_of(wait_s=0.0)
    here = [Occupant(str(number), Role.VISITOR) for number in range(crowd)]
    told, now_s = _told_until(drain, here, 110.0)
    assert told == [occupant.id for occupant in here]
    assert now_s <= 110.0 + 1e-6


def _told_until(drain: Drain, here: Sequence[Occupant], end_s: float) -> tuple[list[str], float]:
    told: list[str] = []
    now_s = 100.0
    while len(told) < len(here) and now_s <= end_s:
        step = drain.step(here, now_s)
        told += step.move
        assert step.again_in_s is not None
        if len(told) < len(here):
            now_s += step.again_in_s
    return told, now_s


@given(
    wait_s=st.floats(0.0, 60.0),
    hand_over_s=st.floats(0.0, 60.0),
    roles=st.lists(st.sampled_from(Role), max_size=8),
    leaves=st.lists(st.integers(0, 7), max_size=8),
)
def test_it_always_ends_in_time_and_tells_nobody_twice(
    wait_s: float, hand_over_s: float, roles: list[Role], leaves: list[int]
) -> None:
    drain = Drain(wait_s, hand_over_s)
    drain.begin(0.0)
    here = [Occupant(str(number), role) for number, role in enumerate(roles)]
    told: list[str] = []
    now_s = 0.0
    for _ in range(100):
        step = drain.step(here, now_s)
        told += step.move
        if drain.state is DrainState.CLOSED:
            break
        assert step.again_in_s is not None
        assert step.again_in_s >= 0.0
        now_s += step.again_in_s
        if leaves:
            gone = str(leaves.pop())
            here = [occupant for occupant in here if occupant.id != gone]
    assert drain.state is DrainState.CLOSED
    assert now_s <= wait_s + hand_over_s + 1e-6
    assert len(told) == len(set(told))
