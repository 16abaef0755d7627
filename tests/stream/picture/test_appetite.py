from __future__ import annotations

import math

import pytest

from stream.picture.appetite import ENOUGH, Appetite

MIN_BPS, MAX_BPS = 300_000, 12_000_000


def after_moving(appetite: Appetite, link_bps: int, needs_bps: float, pictures: int) -> int:
    """An encoder that comes to ENOUGH at ``needs_bps``, and 6 steps of 51 finer at twice of that."""
    for _ in range(pictures):
        spent_bps = min(link_bps, appetite.limit_bps)
        appetite.on_picture(ENOUGH - 6 / 51 * math.log2(spent_bps / needs_bps), spent_bps)
    return min(link_bps, appetite.limit_bps)


def test_a_picture_takes_what_it_needs_not_what_there_is() -> None:
    assert after_moving(Appetite(MIN_BPS, MAX_BPS), MAX_BPS, 3e6, 90) == pytest.approx(3e6, rel=0.2)


def test_richer_content_gets_more_within_a_second() -> None:
    appetite = Appetite(MIN_BPS, MAX_BPS)
    after_moving(appetite, MAX_BPS, 2e6, 90)
    assert after_moving(appetite, MAX_BPS, 6e6, 30) == pytest.approx(6e6, rel=0.2)


def test_a_link_that_carries_less_than_the_picture_needs_is_made_full_use_of() -> None:
    assert after_moving(Appetite(MIN_BPS, MAX_BPS), 1_500_000, 6e6, 90) == 1_500_000


def test_a_fade_from_a_plain_scene_into_a_rich_one_shows_no_blocks_for_long() -> None:
    appetite = Appetite(MIN_BPS, MAX_BPS)
    after_moving(appetite, MAX_BPS, 2e5, 200)
    assert after_moving(appetite, MAX_BPS, 8e6, 4) > 0.7 * 8e6, "in four pictures"
    assert after_moving(appetite, MAX_BPS, 8e6, 60) == pytest.approx(8e6, rel=0.2), "and not far beyond"
