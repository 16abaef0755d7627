"""Taps on what moves, is skinned, morphed or placed often, and on large meshes."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from edge_render.geometry.ray import BLOCK_TRIANGLES, BlockedMesh
from edge_render.package import Walkable
from edge_render.picking import Picker
from edge_render.pose import Ray
from edge_render.rig import Clip, Interpolation, Rig, Skin, Track, TrackPath
from edge_render.scene import Mesh, MorphTargets, Node, Scene
from edge_render.walk_space import OccupancyGrid
from tests.edge_render.tiny_scenes import matte, placed, quad_mesh


def forward(x: float, y: float) -> Ray:
    return Ray((x, y, 5.0), (0.0, 0.0, -1.0))


def moving(path: TrackPath, start: object, end: object, **more: object) -> Rig:
    track = Track(0, path, Interpolation.LINEAR, np.array([0, 1], np.float32), np.array([start, end], np.float32))
    return Rig(
        ("n",),
        np.array([-1], np.int32),
        np.eye(4)[None],
        np.zeros((1, 3)),
        np.array([[0.0, 0, 0, 1]]),
        np.ones((1, 3)),
        clips=(Clip("clip", (track,)),),
        playing=(0,),
        **more,  # type: ignore[arg-type]
    )


def scene(mesh: Mesh, node: Node, rig: Rig | None = None) -> Scene:
    return Scene("taps", (mesh,), (node,), (matte(),), (), rig=rig)


def hits(drawn: Scene, at_s: float, x: float, y: float) -> str | None:
    found = Picker(drawn, (), now_s=lambda: at_s).pick(forward(x, y))
    return None if found is None else found.node


def test_a_tap_hits_what_moves_where_it_is_now() -> None:
    rig = moving(TrackPath.TRANSLATION, (0, 0, 0), (4, 0, 0))
    drawn = scene(quad_mesh(), Node("car", 0, np.eye(4), 0), rig)
    assert [hits(drawn, 0.0, x, 0.0) for x in (0.0, 2.0)] == ["car", None]
    assert [hits(drawn, 0.5, x, 0.0) for x in (0.0, 2.0)] == [None, "car"]


def test_a_tap_hits_each_instance() -> None:
    node = Node("chair", 0, placed(0.0, 1.0), instances=np.stack([placed(-3.0), placed(3.0, scale=(-1.0, 1.0, 1.0))]))
    drawn = scene(quad_mesh(), node)
    assert [hits(drawn, 0.0, x, 1.0) for x in (-3.0, 0.0, 3.0)] == ["chair", None, "chair"]


def test_a_tap_hits_a_skin_and_a_morphed_shape_as_they_are() -> None:
    rig = moving(TrackPath.TRANSLATION, (0, 0, 0), (4, 0, 0), skins=(Skin(np.array([0], np.int32), np.eye(4)[None]),))
    joints, weights = np.zeros((4, 4), np.uint16), np.tile(np.array([1, 0, 0, 0], np.float32), (4, 1))
    skinned = scene(replace(quad_mesh(), joints=joints, weights=weights), Node("cat", 0, placed(9.0), skin=0), rig)
    assert [hits(skinned, 0.5, x, 0.0) for x in (0.0, 2.0)] == [None, "cat"]
    up = np.tile(np.array([0, 4, 0], np.float32), (1, 4, 1))
    shape = moving(TrackPath.WEIGHTS, [0.0], [1.0], morph_weights=((0.0,),))
    morphed = scene(replace(quad_mesh(), morphs=MorphTargets(up)), Node("face", 0, np.eye(4), 0), shape)
    assert [hits(morphed, 0.5, 0.0, y) for y in (0.0, 2.0)] == [None, "face"]


def test_a_tap_hits_a_skin_that_stands_still_as_its_morphs_shape_it() -> None:
    skins = (Skin(np.array([0], np.int32), np.eye(4)[None]),)
    rig = moving(TrackPath.WEIGHTS, [0.0], [1.0], morph_weights=((0.0,),), skins=skins)
    joints, weights = np.zeros((4, 4), np.uint16), np.tile(np.array([1, 0, 0, 0], np.float32), (4, 1))
    up = MorphTargets(np.tile(np.array([0, 4, 0], np.float32), (1, 4, 1)))
    mesh = replace(quad_mesh(), joints=joints, weights=weights, morphs=up)
    face = scene(mesh, Node("face", 0, np.eye(4), 0, skin=0), rig)
    assert [hits(face, 0.0, 0.0, y) for y in (0.0, 2.0)] == ["face", None]
    assert [hits(face, 0.5, 0.0, y) for y in (0.0, 2.0)] == [None, "face"]


def test_units_of_a_file_do_not_matter() -> None:
    tiny = replace(quad_mesh(), positions=quad_mesh().positions * np.float32(1e-5))
    found = Picker(scene(tiny, Node("pin", 0, placed(scale=(1e5, 1e5, 1e5)))), ()).pick(forward(0.3, 0.3))
    assert found is not None
    assert found.distance_m == pytest.approx(5.0)
    assert found.normal == pytest.approx((0.0, 0.0, 1.0))


def test_blocks_find_what_trying_all_triangles_finds() -> None:
    rng = np.random.default_rng(3)
    centers = rng.uniform(-1.0, 1.0, (20 * BLOCK_TRIANGLES + 7, 1, 3))
    corners = centers + rng.normal(scale=0.05, size=(len(centers), 3, 3))
    positions = corners.reshape(-1, 3).astype(np.float32)
    triangles = np.arange(len(positions), dtype=np.uint32).reshape(-1, 3)
    mesh = BlockedMesh(positions, triangles)
    one_by_one = [BlockedMesh(positions, triangle[None]) for triangle in triangles]
    for _ in range(12):
        origin = rng.normal(size=3) * 3.0
        direction = -origin + rng.normal(size=3) * 0.3
        direction /= np.linalg.norm(direction)
        found = mesh.hit(origin, direction, np.eye(4))
        each = [hit[0] for part in one_by_one if (hit := part.hit(origin, direction, np.eye(4))) is not None]
        assert (None if found is None else found[0]) == pytest.approx(min(each) if each else None)


def test_instances_stand_in_the_way_of_who_walks() -> None:
    rows = np.stack([placed(x, 0.0, 0.0) for x in (-2.0, 2.0)])
    post = scene(quad_mesh(size_m=1.0), Node("post", 0, placed(0.0, 0.8), instances=rows))
    grid = OccupancyGrid(post, Walkable(min=(-4, -4), max=(4, 4)))
    assert not grid.is_free(-2.0, 0.0)
    assert not grid.is_free(2.0, 0.0)
    assert grid.is_free(0.0, 0.0)
    turned = np.eye(4)
    turned[0, 0] = turned[2, 2] = math.cos(math.pi / 2)
    turned[0, 2], turned[2, 0] = 1.0, -1.0
    side = scene(quad_mesh(size_m=1.0), Node("post", 0, placed(0.0, 0.8) @ turned, instances=rows))
    assert not OccupancyGrid(side, Walkable(min=(-4, -4), max=(4, 4))).is_free(0.0, 2.0)
