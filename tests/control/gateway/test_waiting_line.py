"""Who waits, whose turn it is, and what gateways tell each other of it: all without a clock or a network."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.gateway.waiting_line import (
    ABSENT_S,
    ENTERED_TOLD_S,
    PROMISED_S,
    LineFull,
    Told,
    Waiting,
    WaitingLine,
)


def line_of(*since: float, most: int = 100) -> WaitingLine:
    """Those who wait are called by since when they wait."""
    line = WaitingLine(most)
    for since_s in since:
        line.come(Waiting(str(since_s), since_s), 0.0, present=True)
    return line


def ids(waiting: list[Waiting]) -> list[str]:
    return [each.id for each in waiting]


def test_who_waits_longest_goes_first() -> None:
    line = line_of(3.0, 1.0, 2.0)
    assert ids(line.turns(lambda showroom: 2)) == ["1.0", "2.0"]
    assert line.positions() == {"1.0": 1, "2.0": 2, "3.0": 3}


def test_those_who_wait_elsewhere_are_left_their_places() -> None:
    line = line_of(2.0, 4.0)
    line.hear("other", Told([Waiting("1.0", 1.0), Waiting("3.0", 3.0)]), 0.0)
    assert ids(line.turns(lambda showroom: 1)) == []
    assert ids(line.turns(lambda showroom: 2)) == ["2.0"]
    assert ids(line.turns(lambda showroom: 4)) == ["2.0", "4.0"]
    assert line.positions() == {"2.0": 2, "4.0": 4}
    line.unheard("other")
    assert line.positions() == {"2.0": 1, "4.0": 2}


def test_who_has_just_come_does_not_overtake() -> None:
    line = line_of(1.0, 2.0)
    assert not line.may_enter(None, lambda showroom: 2)
    assert line.may_enter(None, lambda showroom: 3)


def test_where_nobody_waits_everybody_may_try() -> None:
    line = WaitingLine(10)
    assert line.may_enter(None, lambda showroom: 0)
    line.promise(Waiting("a", 1.0), 0.0)
    assert not line.may_enter(None, lambda showroom: 0), "a place is kept"


def test_those_who_wait_for_what_is_full_keep_nobody_from_what_is_not() -> None:
    line = WaitingLine(10)
    line.come(Waiting("a", 1.0, "lobby"), 0.0, present=True)
    line.come(Waiting("b", 2.0, "lounge"), 0.0, present=True)

    def free(showroom: str | None) -> int:
        return {"lobby": 0, "lounge": 1, None: 1}[showroom]

    assert ids(line.turns(free)) == ["b"]
    assert not line.may_enter("lounge", free), "that place is b's"


def test_a_ticket_that_two_gateways_know_counts_once() -> None:
    line = line_of(1.0, 2.0)
    line.hear("other", Told([Waiting("1.0", 1.0)]), 0.0)
    assert line.positions() == {"1.0": 1, "2.0": 2}


def test_who_is_absent_keeps_the_place_for_a_moment_and_gets_no_turn() -> None:
    line = line_of(1.0, 2.0)
    line.absent("1.0", 10.0)
    assert ids(line.turns(lambda showroom: 1)) == []
    assert line.next_expiry_s() == 10.0 + ABSENT_S
    line.expire(10.0 + ABSENT_S)
    assert ids(line.turns(lambda showroom: 1)) == ["2.0"]


def test_who_comes_back_has_the_place_of_before() -> None:
    line = line_of(1.0, 2.0)
    line.absent("1.0", 10.0)
    line.come(Waiting("1.0", 1.0), 11.0, present=True)
    line.expire(20.0)
    assert line.positions() == {"1.0": 1, "2.0": 2}


def test_a_promise_is_told_to_others_until_it_is_used_or_too_old() -> None:
    here, there = line_of(1.0), line_of(2.0)
    here.promise(Waiting("1.0", 1.0), 5.0)
    assert len(here) == 0
    there.hear("here", here.told(), 5.0)
    assert ids(there.turns(lambda showroom: 1)) == [], "the place is the promised one's, though it looks free"
    assert here.expire(5.0 + PROMISED_S) == ["1.0"]
    there.hear("here", here.told(), 10.0)
    assert ids(there.turns(lambda showroom: 1)) == ["2.0"]


def test_who_entered_by_another_gateway_is_no_longer_promised_a_place_here() -> None:
    here, there = line_of(1.0), WaitingLine(10)
    here.promise(Waiting("1.0", 1.0), 5.0)
    there.entered("1.0", 6.0)
    assert here.hear("there", there.told(), 6.0) == ["1.0"]
    assert here.has_entered("1.0")
    assert here.expire(100.0) == []
    there.expire(6.0 + ENTERED_TOLD_S)
    assert there.told() == Told([], [])


def test_no_more_wait_than_there_is_room_for() -> None:
    line = line_of(1.0, most=1)
    with pytest.raises(LineFull):
        line.come(Waiting("b", 2.0), 0.0, present=False)
    line.come(Waiting("1.0", 1.0), 0.0, present=True)  # who is in the line already is


@given(
    st.lists(st.tuples(st.integers(0, 50), st.sampled_from([0, 1, 2])), max_size=30, unique_by=lambda each: each[0]),
    st.integers(0, 40),
)
def test_gateways_that_have_heard_each_other_give_each_place_once_and_in_order(
    waiting: list[tuple[int, int]], free: int
) -> None:
    lines = [WaitingLine(100) for _ in range(3)]
    for since, gateway in waiting:
        lines[gateway].come(Waiting(f"{since:03}", since), 0.0, present=True)
    tellings = [line.told() for line in lines]
    for index, line in enumerate(lines):
        for other, told in enumerate(tellings):
            if other != index:
                line.hear(str(other), told, 0.0)
    turns = sorted(each.since_s for line in lines for each in line.turns(lambda showroom: free))
    assert turns == sorted(since for since, _ in waiting)[:free]
