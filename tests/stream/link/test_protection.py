"""Packets are sent twice where the radio loses some, not where the link is too full."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.link.protection import CONGESTED_S, PICTURES_FIRST_BPS, SHARE_MIN, WINDOW_S, Protection

LONG_AGO_S = 60.0
WIDE_BPS = 10e6


def told(
    protection: Protection, loss: float, seconds: float, from_s: float = 0.0, overuse_s: float = LONG_AGO_S
) -> None:
    """200 packets a second, of which as many are lost by chance."""
    luck = random.Random(7)
    for step in range(round(seconds * 200)):
        protection.on_packet(step, from_s + step * 0.005, luck.random() < loss, overuse_s)


def test_a_link_that_loses_nothing_gets_no_copies() -> None:
    protection = Protection()
    told(protection, 0.0, 10)
    assert protection.share(WIDE_BPS) == 0.0


@pytest.mark.parametrize("loss", [0.02, 0.03, 0.1])
def test_a_link_that_loses_packets_gets_every_packet_twice(loss: float) -> None:
    protection = Protection()
    told(protection, loss, 5)
    assert protection.share(WIDE_BPS) == 1.0


def test_a_few_packets_say_nothing_yet() -> None:
    protection = Protection()
    for step in range(20):
        protection.on_packet(step, step * 0.01, step == 7, LONG_AGO_S)
    assert not protection.active


def test_packets_lost_because_there_were_too_many_are_no_reason_to_send_more() -> None:
    protection = Protection()
    told(protection, 0.1, 10, overuse_s=0.5 * CONGESTED_S)
    assert not protection.active


def test_when_the_link_is_good_again_the_copies_end() -> None:
    protection = Protection()
    told(protection, 0.03, 5)
    told(protection, 0.0, WINDOW_S + 1, from_s=5)
    assert not protection.active


def test_on_a_narrow_link_pictures_go_before_copies() -> None:
    protection = Protection()
    told(protection, 0.05, 5)
    assert protection.share(PICTURES_FIRST_BPS) == 0.0
    assert protection.share((1 + 0.9 * SHARE_MIN) * PICTURES_FIRST_BPS) == 0.0, "so few are of no use"
    assert protection.share(1.5 * PICTURES_FIRST_BPS) == pytest.approx(0.5)
    assert protection.share(2 * PICTURES_FIRST_BPS) == 1.0


def test_the_last_packet_is_copied_first_then_from_the_beginning() -> None:
    assert Protection.choose(8, 0.1) == [7]
    assert Protection.choose(8, 0.4) == [0, 1, 7]
    assert Protection.choose(8, 1.0) == list(range(8))
    assert Protection.choose(8, 0.0) == []
    assert Protection.choose(0, 1.0) == []


@given(st.integers(0, 500), st.floats(0, 1))
def test_copies_are_different_packets_of_the_picture(count: int, share: float) -> None:
    chosen = Protection.choose(count, share)
    assert chosen == sorted(set(chosen))
    assert len(chosen) == round(count * share)
    assert set(chosen) <= set(range(count))


@given(
    st.lists(st.tuples(st.floats(-0.1, 0.2), st.booleans(), st.floats(0, 100)), max_size=300),
    st.floats(0, 1e9),
)
def test_there_is_never_more_than_one_copy(fates: list[tuple[float, bool, float]], link_bps: float) -> None:
    protection, sent_s = Protection(), 0.0
    for number, (pause_s, lost, since_overuse_s) in enumerate(fates):
        sent_s += pause_s
        protection.on_packet(number, sent_s, lost, since_overuse_s)
        assert 0.0 <= protection.share(link_bps) <= 1.0
