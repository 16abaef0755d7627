"""An encoder that is a rule: bits halve with every so many steps of the quantiser."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream.codec.quantiser_control import FALL_MAX_STEPS, TOO_LARGE, QuantiserControl

STEPS = [float(step) for step in range(52)]
PIXELS = 320 * 192


def bits_at(step: float, cost_bits: float, octaves_per_step: float = 0.17) -> int:
    return round(cost_bits * 2.0 ** (-octaves_per_step * step))


def coded(control: QuantiserControl, budget_bits: float, cost_bits: float, key_frame: bool = False) -> tuple[int, int]:
    """Code a picture as often as the control wants; its bits, and how often."""
    level, trials = control.choose(budget_bits, key_frame), 1
    while True:
        bits = bits_at(STEPS[level], cost_bits)
        coarser = control.coarser(level, bits, budget_bits, key_frame)
        if coarser is None:
            return bits, trials
        assert coarser > level
        level, trials = coarser, trials + 1


def test_a_steady_picture_comes_to_its_budget_at_the_first_trial() -> None:
    control = QuantiserControl(STEPS, PIXELS)
    for _ in range(10):
        bits, trials = coded(control, 50_000, 4e6)
    assert trials == 1
    assert bits == pytest.approx(50_000, rel=0.2)


@given(costs=st.lists(st.floats(1e4, 1e7), min_size=1, max_size=20), budget_bits=st.floats(2e4, 4e5))
def test_no_picture_is_too_large_where_the_codec_can_make_it_smaller(costs: list[float], budget_bits: float) -> None:
    control = QuantiserControl(STEPS, PIXELS)
    for cost in costs:
        bits, trials = coded(control, budget_bits, cost)
        assert bits <= max(TOO_LARGE * budget_bits, bits_at(STEPS[-1], cost))
        assert trials <= 5


def test_a_resting_picture_gets_finer_step_by_step() -> None:
    control = QuantiserControl(STEPS, PIXELS)
    coded(control, 50_000, 4e6)
    levels = []
    for _ in range(4):
        level = control.choose(50_000, False)
        assert control.coarser(level, 100, 50_000, False) is None
        levels.append(level)
    falls = [before - after for before, after in pairwise(levels)]
    assert all(0 < fall <= FALL_MAX_STEPS for fall in falls)


def test_key_frames_have_a_cost_of_their_own() -> None:
    control = QuantiserControl(STEPS, PIXELS)
    for _ in range(5):
        coded(control, 50_000, 1e6)
    coded(control, 50_000, 8e6, key_frame=True)
    _, trials = coded(control, 50_000, 1e6)
    assert trials == 1
    _, trials = coded(control, 50_000, 8e6, key_frame=True)
    assert trials == 1
