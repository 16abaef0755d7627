"""Cascades hold what is near a visitor, wherever in a cell that is."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from edge_render.shadow_plan import ShadowPlan

LOW, HIGH = np.array([-300.0, -2.0, -200.0]), np.array([300.0, 40.0, 200.0])
SUN = (0.3 / np.sqrt(0.99), -0.9 / np.sqrt(0.99), -0.3 / np.sqrt(0.99))
PLAN = ShadowPlan.of(SUN, LOW, HIGH, 3)


def in_whole(point: np.ndarray) -> np.ndarray:
    """Texture coordinates in the map of the whole scene."""
    result: np.ndarray = (PLAN.clip_from_world @ np.append(point, 1.0))[:2] * 0.5 + 0.5
    return result


@given(st.floats(-250.0, 250.0), st.floats(0.0, 5.0), st.floats(-150.0, 150.0))
def test_a_cell_s_map_holds_three_quarters_of_the_radius_around_the_visitor(x: float, y: float, z: float) -> None:
    eye = np.array([x, y, z])
    for cell, radius in zip(PLAN.cells((x, y, z)), PLAN.radii_m, strict=True):
        part = PLAN.part(cell)
        for step in np.concatenate([np.eye(3), -np.eye(3)]) * 0.74 * radius:
            at = in_whole(eye + step) * part.scale + part.offset
            assert ((at >= 0.0) & (at <= 1.0)).all()


def test_the_map_of_a_part_is_drawn_where_it_is_looked_up() -> None:
    point = np.array([12.0, 1.0, -7.0])
    part = PLAN.part(PLAN.cells((12.0, 1.0, -7.0))[0])
    clip = part.clip_from_whole() @ PLAN.clip_from_world @ np.append(point, 1.0)
    assert np.allclose(clip[:2] * 0.5 + 0.5, in_whole(point) * part.scale + part.offset)


def test_steps_within_a_cell_change_nothing() -> None:
    here = PLAN.cells((0.31, 1.6, 0.32))
    assert PLAN.cells((0.32, 1.6, 0.33)) == here
    assert PLAN.cells((9.0, 1.6, 0.33))[0] != here[0]


def test_small_scenes_need_no_cascade() -> None:
    assert ShadowPlan.of(SUN, np.full(3, -2.0), np.full(3, 2.0), 3).radii_m == ()
    assert len(ShadowPlan.of(SUN, np.full(3, -10.0), np.full(3, 10.0), 3).radii_m) == 1


def test_a_box_is_within_its_part() -> None:
    low, high = np.array([3.0, 0.0, 4.0]), np.array([5.0, 2.0, 8.0])
    part = PLAN.part_around(low, high)
    for x in (3.0, 5.0):
        for y in (0.0, 2.0):
            for z in (4.0, 8.0):
                at = in_whole(np.array([x, y, z])) * part.scale + part.offset
                assert ((at > 0.0) & (at < 1.0)).all()
