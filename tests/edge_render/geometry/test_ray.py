"""Where rays meet triangles, also those of files that place things where no visitor ever comes."""

from __future__ import annotations

import numpy as np
import pytest

from edge_render.geometry.ray import BlockedMesh, boxes_entered, world_boxes_of

CORNERS = np.array([[-1, -1, 0], [1, -1, 0], [0, 1, 0]], np.float32)
FACE = np.array([[0, 1, 2]], np.uint32)
ORIGIN, AHEAD = np.array([0.0, 0.0, 5.0]), np.array([0.0, 0.0, -1.0])


def scaled(size: float) -> np.ndarray:
    return np.diag([size, size, size, 1.0])


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3, 1e30, 1e150])
def test_a_triangle_of_any_size_is_hit_where_it_is_and_has_a_normal(size: float) -> None:
    hit = BlockedMesh(CORNERS, FACE).hit(ORIGIN, AHEAD, scaled(size))
    assert hit is not None
    assert hit[0] == pytest.approx(5.0)
    assert hit[1] == pytest.approx([0.0, 0.0, 1.0])


@pytest.mark.parametrize("size", [1e-300, 1e300])
def test_what_is_beyond_numbers_is_no_error(size: float) -> None:
    hit = BlockedMesh(CORNERS, FACE).hit(ORIGIN, AHEAD, scaled(size))
    assert hit is None or np.isfinite(hit[0])


def test_boxes_beyond_numbers_are_missed_and_the_others_are_not() -> None:
    low, high = world_boxes_of(np.array([scaled(1e308), scaled(1.0)]), np.full((2, 3), -1e38), np.full((2, 3), 1e38))
    assert boxes_entered(low, high, ORIGIN, AHEAD).tolist() in ([0.0, 0.0], [np.inf, 0.0])
    aside = np.array([1e-13, 1.0, 0.0])
    far = boxes_entered(np.array([[1e300] * 3]), np.array([[1.1e300] * 3]), ORIGIN, aside)
    assert far.tolist() == [np.inf]


def test_coordinates_up_to_the_end_of_single_precision_are_no_error() -> None:
    far = np.tile(CORNERS, (200, 1)) * np.float32(3e38)
    faces = np.arange(len(far), dtype=np.uint32).reshape(-1, 3)
    hit = BlockedMesh(far, faces).hit(ORIGIN, AHEAD, np.eye(4))
    assert hit is not None
    assert hit[0] == pytest.approx(5.0)
