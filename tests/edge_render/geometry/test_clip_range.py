"""Near and far planes: everything of a scene lies between them, and depth has something to tell it apart by."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_render.geometry.clip_range import clip_range
from edge_render.renderer import FAR_M, NEAR_M

UNIT = np.array([0.5, 0.5, 0.5])
DEPTH_STEPS = 2.0**24


def test_in_a_room_it_is_what_it_always_was() -> None:
    low, high = np.array([-4.0, 0.0, -5.0]), np.array([4.0, 3.0, 5.0])
    assert clip_range((1.0, 1.6, 2.0), low, high) == (NEAR_M, FAR_M)


def test_a_scene_of_nothing_has_a_range_too() -> None:
    assert clip_range((0.0, 0.0, 0.0), np.zeros(3), np.zeros(3)) == (NEAR_M, FAR_M)


@given(st.floats(1e-3, 1e4), st.floats(0.0, 20.0))
def test_the_whole_scene_is_in_range_from_wherever_it_is_seen(size_m: float, away: float) -> None:
    low, high = -UNIT * size_m, UNIT * size_m
    radius_m = float(np.linalg.norm(UNIT)) * size_m
    distance_m = away * radius_m
    near_m, far_m = clip_range((0.0, 0.0, distance_m), low, high)
    assert 0.0 < near_m < far_m
    assert near_m <= max(distance_m - radius_m, NEAR_M)
    assert near_m <= max(distance_m - radius_m, 0.02 * radius_m)
    assert far_m >= distance_m + radius_m


@given(st.floats(1.0, 1e4), st.floats(3.0, 20.0))
def test_from_outside_a_ten_thousandth_of_the_scene_is_told_apart(size_m: float, away: float) -> None:
    low, high = -UNIT * size_m, UNIT * size_m
    radius_m = float(np.linalg.norm(UNIT)) * size_m
    distance_m = away * radius_m
    near_m, far_m = clip_range((0.0, 0.0, distance_m), low, high)
    step_m = distance_m**2 * (far_m - near_m) / (far_m * near_m) / DEPTH_STEPS
    assert step_m < 1e-4 * radius_m
