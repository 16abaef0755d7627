"""Picking and walking in a small room: a floor, a wall across it, a box behind the wall, glass before it."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_render.errors import PackageError
from edge_render.package import Hotspot, Walkable
from edge_render.picking import Picker
from edge_render.pose import Pose, Ray, perspective, ray_through
from edge_render.scene import AlphaMode, Material, Mesh, Node, Scene
from edge_render.walk_space import OccupancyGrid


def cuboid(width: float, height: float, depth: float, material: int) -> Mesh:
    corners = np.array([[x, y, z] for x in (-0.5, 0.5) for y in (0, 1) for z in (-0.5, 0.5)], np.float32)
    faces = [(0, 1, 3, 2), (4, 6, 7, 5), (0, 4, 5, 1), (2, 3, 7, 6), (0, 2, 6, 4), (1, 5, 7, 3)]
    triangles = np.array([t for a, b, c, d in faces for t in ((a, b, c), (a, c, d))], np.uint32)
    positions = corners * np.array([width, height, depth], np.float32)
    return Mesh(positions, np.zeros_like(positions), triangles, material)


def at(x: float, y: float, z: float) -> np.ndarray:
    matrix = np.eye(4)
    matrix[:3, 3] = (x, y, z)
    return matrix


ROOM = Scene(
    name="room",
    meshes=(cuboid(8, 0.1, 8, 0), cuboid(3, 2.5, 0.05, 0), cuboid(0.5, 0.9, 0.5, 0), cuboid(2, 2, 0.01, 1)),
    nodes=(
        Node("floor", 0, at(0, -0.1, 0)),
        Node("wall", 1, at(-1.0, 0, -1)),
        Node("plinth", 2, at(2, 0, 1)),
        Node("glass", 3, at(2, 0, 2)),
    ),
    materials=(Material("solid"), Material("pane", alpha_mode=AlphaMode.BLEND)),
    textures=(),
)
HOTSPOT = Hotspot.model_validate(
    {
        "id": "gold",
        "position": [2, 1.2, 1],
        "radius": 0.2,
        "nodes": ["plinth"],
        "label": {"en": "Gold", "zh": "黄金"},
        "action": {"type": "scene", "scene": "room"},
    }
)
WALKABLE = Walkable(min=(-4, -4), max=(4, 4))


def down(x: float, z: float) -> Ray:
    return Ray((x, 3.0, z), (0.0, -1.0, 0.0))


def test_a_tap_hits_the_nearest_thing() -> None:
    hit = Picker(ROOM, ()).pick(Ray((-1.0, 1.0, 3.0), (0.0, 0.0, -1.0)))
    assert hit is not None
    assert (hit.node, hit.hotspot) == ("wall", None)
    assert hit.point == pytest.approx((-1.0, 1.0, -0.975))
    assert hit.normal == pytest.approx((0, 0, 1))
    assert hit.distance_m == pytest.approx(3.975)


def test_glass_lets_taps_through_to_the_product_behind() -> None:
    hit = Picker(ROOM, (HOTSPOT,)).pick(Ray((2.0, 0.5, 4.0), (0.0, 0.0, -1.0)))
    assert hit is not None
    assert (hit.node, hit.hotspot) == ("plinth", "gold")


def test_the_sphere_of_a_hotspot_counts_where_nothing_is_nearer() -> None:
    picker = Picker(ROOM, (HOTSPOT,))
    above = picker.pick(Ray((2.0, 1.25, 4.0), (0.0, 0.0, -1.0)))
    assert above is not None
    assert (above.node, above.hotspot) == (None, "gold")
    assert above.distance_m == pytest.approx(3.0 - math.sqrt(0.2**2 - 0.05**2))
    behind_the_wall = Picker(ROOM, (HOTSPOT.model_copy(update={"position": (-1.0, 1.0, -2.0)}),))
    hit = behind_the_wall.pick(Ray((-1.0, 1.0, 3.0), (0.0, 0.0, -1.0)))
    assert hit is not None
    assert hit.hotspot is None


def test_a_ray_into_the_open_hits_nothing() -> None:
    assert Picker(ROOM, (HOTSPOT,)).pick(Ray((0.0, 1.0, 0.0), (0.0, 1.0, 0.0))) is None
    assert Picker(Scene("empty", (), (), (), ()), ()).pick(down(0, 0)) is None


def test_the_ray_through_a_pixel_is_where_the_projection_puts_its_points() -> None:
    pose = Pose.from_yaw_pitch((1.0, 1.6, 2.0), 0.4, -0.2)
    ray = ray_through(pose, 1.0, 1.5, 0.7, 0.2)
    point = np.array([*(np.array(ray.origin) + 5.0 * np.array(ray.direction)), 1.0])
    clip = perspective(1.0, 1.5, 0.05, 100.0) @ pose.view_matrix() @ point
    assert clip[:2] / clip[3] == pytest.approx([2 * 0.7 - 1, 1 - 2 * 0.2])


def test_walls_and_plinths_block_and_the_floor_does_not() -> None:
    grid = OccupancyGrid(ROOM, WALKABLE)
    assert grid.is_free(0.0, 2.0)
    assert not grid.is_free(-1.0, -1.0)
    assert not grid.is_free(-1.0, -0.8), "a body has a width"
    assert not grid.is_free(2.0, 1.0)
    assert not grid.is_free(9.0, 0.0)


def spread(triangles: np.ndarray) -> Scene:
    """A scene of these triangles, (n, 3, 3)."""
    positions = triangles.reshape(-1, 3).astype(np.float32)
    indices = np.arange(len(positions), dtype=np.uint32).reshape(-1, 3)
    mesh = Mesh(positions, np.zeros_like(positions), indices, 0)
    return Scene("spread", (mesh,), (Node("spread", 0, np.eye(4)),), (Material("solid"),), ())


def test_a_wall_of_kilometres_blocks_where_it_passes() -> None:
    wall = np.array([[[-1e6, 0, -1], [1e6, 0, -1], [0, 1e6, -1]]])
    grid = OccupancyGrid(spread(wall), WALKABLE)
    assert not grid.is_free(3.0, -1.0)
    assert grid.is_free(3.0, 1.0)


def test_needles_and_what_no_number_can_place_are_no_trouble() -> None:
    needles = np.array([[[0, -1e9, 0], [1e-9, 1e9, 0], [0, 1e9, 1e-9]], [[1e38, 0, 0], [0, 1e38, 1], [0, 1, 1e38]]])
    grid = OccupancyGrid(spread(needles), WALKABLE)
    assert not grid.is_free(0.0, 0.0)
    assert grid.is_free(2.0, 0.0)


def test_what_is_far_away_costs_nothing_and_blocks_nothing() -> None:
    angles = np.linspace(0.0, 2.0 * np.pi, 2001)
    ring = np.stack([1e5 * np.cos(angles), np.zeros(2001), 1e5 * np.sin(angles)], axis=1)
    dome = np.stack([ring[:-1], ring[1:], np.add(ring[:-1], [0, 3e4, 0])], axis=1)
    assert OccupancyGrid(spread(dome), WALKABLE).is_free(0.0, 0.0)


def test_more_surfaces_than_can_be_looked_at_are_refused() -> None:
    slant = np.array([[[-99.0, 0, -99], [99, 2, -99], [0, 1, 99]]])
    everywhere = Walkable(min=(-90, -90), max=(90, 90))
    with pytest.raises(PackageError, match="more surfaces stand where visitors walk"):
        OccupancyGrid(spread(np.repeat(slant, 100, axis=0)), everywhere)


def test_a_visitor_slides_along_a_wall() -> None:
    grid = OccupancyGrid(ROOM, WALKABLE)
    x, y, z = grid.move((-1.5, 1.6, 0.0), 0.5, -3.0)
    assert y == 1.6
    assert x > -1.1, "sideways movement goes on"
    assert -0.8 < z < -0.6, "the wall holds"


def test_no_step_is_long_enough_to_pass_a_wall() -> None:
    assert OccupancyGrid(ROOM, WALKABLE).move((-1.0, 1.6, 2.0), 0.0, -50.0)[2] > -1.0


def test_a_tap_beside_the_free_floor_leads_next_to_it() -> None:
    grid = OccupancyGrid(ROOM, WALKABLE)
    assert grid.free_point(0.0, 2.0) == (0.0, 1.6, 2.0)
    near = grid.free_point(2.0, 1.1)
    assert near is not None
    assert grid.is_free(near[0], near[2])
    assert grid.free_point(30.0, 30.0) is None


_GRID = OccupancyGrid(ROOM, WALKABLE)


@given(st.lists(st.tuples(st.floats(-2, 2), st.floats(-2, 2)), max_size=30))
def test_whatever_way_one_walks_one_stands_on_free_floor(steps: list[tuple[float, float]]) -> None:
    position = (0.0, 1.6, 2.0)
    for dx, dz in steps:
        position = _GRID.move(position, dx, dz)
        assert _GRID.is_free(position[0], position[2])
