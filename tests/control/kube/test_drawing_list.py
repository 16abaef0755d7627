"""A set from which a few are drawn at random."""

from __future__ import annotations

from collections import Counter
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from control.kube.drawing_list import DrawingList


@given(st.lists(st.integers(0, 20)), st.sets(st.integers(0, 20)), st.integers(0, 5), st.integers())
def test_it_draws_what_is_in_it_and_wanted(toggled: list[int], without: set[int], count: int, seed: int) -> None:
    listed: DrawingList[int] = DrawingList()
    expected: set[int] = set()
    for item in toggled:
        (listed.remove if item in expected else listed.add)(item)
        expected ^= {item}

    drawn = listed.draw(count, without, Random(seed))

    assert set(listed) == expected
    assert len(listed) == len(expected)
    assert len(drawn) == len(set(drawn)) == min(count, len(expected - without))
    assert set(drawn) <= expected - without


def test_each_one_is_drawn_as_often_as_any_other() -> None:
    listed: DrawingList[int] = DrawingList()
    for item in range(6):
        listed.add(item)

    random = Random(1)
    often = Counter(item for _ in range(8000) for item in listed.draw(2, {4, 5}, random))

    assert set(often) == {0, 1, 2, 3}
    assert max(often.values()) - min(often.values()) < 300
