"""Which packets a repair packet stands for, and how many there are."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.link.repair import PACKETS_MAX, cover, repair_count


def completed(packets: int, repairs: int, lost: set[int]) -> bool:
    """Whether a receiver gets the picture whole; ``lost`` are indices, repair packets after the picture's own."""
    missing = {index for index in lost if index < packets}
    groups = [group for index, group in enumerate(cover(packets, repairs)) if packets + index not in lost]
    while missing:
        given_back = {left.pop() for group in groups if len(left := missing & set(group)) == 1}
        if not given_back:
            return False
        missing -= given_back
    return True


def share_left(packets: int, loss: float, repairs: int | None = None) -> float:
    luck, trials = random.Random(3), 4000
    count = repair_count(packets, loss) if repairs is None else repairs
    left = 0
    for _ in range(trials):
        lost = {index for index in range(packets + count) if luck.random() < loss}
        left += not completed(packets, count, lost)
    return left / trials


@pytest.mark.parametrize("packets", [4, 8, 18, 30])
@pytest.mark.parametrize("loss", [0.01, 0.03])
def test_nearly_every_picture_is_completed_for_less_than_its_own_size(packets: int, loss: float) -> None:
    assert repair_count(packets, loss) < packets
    assert share_left(packets, loss) < 0.025


def test_two_losses_are_given_back_where_one_group_each_would_not_do() -> None:
    assert share_left(18, 0.03) < 0.5 * share_left(18, 0.03, repairs=4)
    assert completed(18, 5, {3, 8})
    assert completed(18, 5, {3, 4, 5}), "a burst"


@given(st.integers(0, PACKETS_MAX), st.floats(0, 1))
def test_there_are_never_more_than_packets(packets: int, loss: float) -> None:
    assert 0 <= repair_count(packets, loss) <= packets


@given(st.integers(1, PACKETS_MAX), st.integers(1, 20))
def test_every_packet_is_stood_for_and_any_single_loss_given_back(packets: int, repairs: int) -> None:
    groups = cover(packets, repairs)
    assert len(groups) == repairs
    assert set().union(*groups) == set(range(packets))
    assert all(completed(packets, repairs, {index}) for index in range(packets))
