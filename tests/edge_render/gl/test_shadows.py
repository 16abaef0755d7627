"""Shadows near and far, of what stands and of what moves, by pixels."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.pose import Pose
from edge_render.render_quality import RenderQuality
from edge_render.renderer import View
from edge_render.rig import Clip, Interpolation, Rig, Track, TrackPath
from edge_render.scene import Ambient, Scene, Sun
from tests.edge_render.tiny_scenes import matte, placed, quads, turned_x

SIZE = 64
STRAIGHT_DOWN = Sun((0.0, -1.0, 0.0))
QUALITY = RenderQuality(samples=1, still_samples=1, shadow_size=512, cascades=3, cascade_size=1024, shadow_cells=3)


def field_with_screens(distances_m: tuple[float, ...]) -> Scene:
    """A plain of 400 m, over which screens of 1 m hang 1 m high, along -Z."""
    floor = np.diag([200.0, 1.0, 200.0, 1.0]) @ turned_x(-math.pi / 2)
    screens = [
        (matte(double_sided=True), placed(y=1.0, z=-distance) @ turned_x(-math.pi / 2) @ np.diag([0.5, 0.5, 1, 1]))
        for distance in distances_m
    ]
    return quads([(matte(), floor), *screens], sun=STRAIGHT_DOWN)


def below(x: float, z: float) -> View:
    """Seen from half a metre high straight down: the screens are overhead. The picture is about 0.6 m across."""
    turn = math.sin(math.pi / 4)
    return View(Pose((x, 0.5, z), (-turn, 0.0, 0.0, turn)), math.radians(60.0), SIZE, SIZE)


@pytest.fixture(scope="module")
def renderer() -> Iterator[GlRenderer]:
    """Its clock is a second further each time it is asked, so that maps are never too new to make room."""
    seconds = itertools.count()
    made = GlRenderer(GlContext.open(), PixelFormat.RGBA, QUALITY, lambda: float(next(seconds)))
    yield made
    made.close()


@pytest.mark.parametrize("distance", [0.0, 2.5, 9.0, 40.0])
def test_shadows_lie_below_what_throws_them_near_and_far(renderer: GlRenderer, distance: float) -> None:
    """The visitor stands where the finest map is looked up first, and then looks at each place from there."""
    handle = renderer.load(field_with_screens((distance,)))
    try:
        shaded = renderer.draw(handle, below(0.0, -distance)).pixels[..., :3]
        lit = renderer.draw(handle, below(1.5, -distance)).pixels[..., :3]
    finally:
        renderer.unload(handle)
    assert not shaded.any()
    assert lit.min() > 100


@pytest.mark.parametrize("distance", [2.0, 8.0, 25.0])
def test_a_shadow_at_a_distance_is_in_a_coarser_map(renderer: GlRenderer, distance: float) -> None:
    eye = Pose.from_yaw_pitch((0.0, 6.0, 0.0), 0.0, -math.atan2(6.0, distance))
    view = View(eye, math.radians(20.0), SIZE, SIZE)
    middle = (SIZE // 2, SIZE // 2)
    # Where the eye looks is seen past the screen, which hangs one metre above it: so the sun comes from the side.
    sun = Sun((math.sin(0.9), -math.cos(0.9), 0.0))
    aside = replace(field_with_screens((distance,)), sun=sun)
    moved = tuple(
        node if index == 0 else replace(node, matrix=placed(x=-math.tan(0.9)) @ node.matrix)
        for index, node in enumerate(aside.nodes)
    )
    handle = renderer.load(replace(aside, nodes=moved))
    bare = renderer.load(replace(aside, nodes=moved[:1]))
    try:
        for _ in range(3):  # a map is drawn for each picture
            shaded, lit = (renderer.draw(one, view).pixels[middle][:3] for one in (handle, bare))
    finally:
        renderer.unload(handle)
        renderer.unload(bare)
    assert lit.min() > 60
    assert int(shaded.max()) < 0.4 * int(lit.min())


def test_the_edge_of_a_shadow_stands_still_while_the_visitor_walks_in_a_cell(renderer: GlRenderer) -> None:
    """Pictures of the same place, from two that are a little apart, differ by nothing but the step."""
    handle = renderer.load(field_with_screens((0.0,)))
    try:
        one, other = (renderer.draw(handle, below(0.5 + step, 0.3)).pixels[..., 0] for step in (0.0, 0.02))
    finally:
        renderer.unload(handle)
    edges_m = [
        float((pixels > 100).argmax(axis=1).mean()) * 2 * 0.5 * math.tan(math.radians(30)) / SIZE
        for pixels in (one, other)
    ]
    assert edges_m[0] - edges_m[1] == pytest.approx(0.02, abs=0.01)


def test_what_moves_takes_its_shadow_along() -> None:
    now_s = 0.0
    renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA, QUALITY, lambda: now_s)
    scene = field_with_screens((0.0,))
    there = np.array([[0.0, 1.0, 0.0], [20.0, 1.0, 0.0]], np.float32)
    track = Track(0, TrackPath.TRANSLATION, Interpolation.LINEAR, np.array([0.0, 10.0], np.float32), there)
    turn = math.sin(math.pi / 4)
    rig = Rig(
        names=("screen",),
        matrices=scene.nodes[1].matrix[None],
        parents=np.array([-1], np.int32),
        translations=np.array([[0.0, 1.0, 0.0]]),
        rotations=np.array([[-turn, 0.0, 0.0, turn]]),
        scales=np.array([[0.5, 0.5, 1.0]]),
        clips=(Clip("away", (track,)),),
        playing=(0,),
    )
    scene = replace(scene, rig=rig, nodes=(scene.nodes[0], replace(scene.nodes[1], rig_node=0)))
    try:
        handle = renderer.load(scene)
        before = renderer.draw(handle, below(0.0, 0.0)).pixels[..., :3].copy()
        now_s = 5.0
        left, reached = (renderer.draw(handle, below(x, 0.0)).pixels[..., :3].copy() for x in (0.0, 10.0))
    finally:
        renderer.close()
    middle = (SIZE // 2, SIZE // 2)
    assert not before[middle].any()
    assert left.min() > 100
    assert not reached[middle].any()


def test_ambient_occlusion_darkens_a_corner_and_nothing_else() -> None:
    """A wall on a floor: where they meet it is darker, far from there, and at the wall's outline, it is not."""
    floor, wall = turned_x(-math.pi / 2) @ np.diag([3.0, 3.0, 1.0, 1.0]), placed(y=1.0, z=-1.0, scale=(1.0, 1.0, 1.0))
    scene = replace(quads([(matte(), floor), (matte(), wall)]), ambient=Ambient((0.5,) * 3, (0.5,) * 3))
    turn = 0.15
    pose = Pose((0.0, 1.0, 2.5), (-math.sin(turn / 2), 0.0, 0.0, math.cos(turn / 2)))
    view = View(pose, math.radians(50.0), 320, 240)
    renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA, QUALITY)
    try:
        without, with_it = (
            renderer.draw(renderer.load(one), view).pixels[..., 1].astype(int)
            for one in (scene, replace(scene, ambient_occlusion=True))
        )
    finally:
        renderer.close()
    darker = without - with_it
    assert darker.min() >= -2
    column = darker[:, 160]
    # The corner, one metre below the eye and 3.5 m away.
    corner = int(120 + 120 * math.tan(math.atan2(1.0, 3.5) - turn) / math.tan(math.radians(25.0)))
    assert column[corner - 4 : corner + 4].max() > 25
    far = [corner - 60, corner + 70]
    assert max(abs(int(column[row])) for row in far) <= 3


def test_where_one_map_passes_into_the_next_no_edge_is_seen(renderer: GlRenderer) -> None:
    """The floor beyond the finest map: neighbouring pixels of what is evenly lit are alike."""
    handle = renderer.load(field_with_screens(()))
    eye = Pose.from_yaw_pitch((0.0, 6.0, 0.0), 0.0, -math.pi / 3)
    try:
        for _ in range(4):  # a map for each picture
            pixels = renderer.draw(handle, View(eye, math.radians(60.0), SIZE, SIZE)).pixels[..., 0].astype(int)
    finally:
        renderer.unload(handle)
    assert pixels.min() > 60
    assert int(np.abs(np.diff(pixels, axis=0)).max()) <= 2


def test_who_has_no_map_of_their_own_sees_coarser_shadows_and_takes_none_from_others() -> None:
    """At one and the same time, three visitors want three maps each, and there is room for three in all."""
    now_s = 0.0
    renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA, replace(QUALITY, shadow_size=4096), lambda: now_s)
    try:
        handle = renderer.load(field_with_screens((0.0, 60.0, 120.0)))
        now_s = 10.0
        for _ in range(3):
            first = [renderer.draw(handle, below(0.0, 0.0)).pixels[..., 0].copy() for _ in range(3)][-1]
            for distance in (60.0, 120.0):
                far = renderer.draw(handle, below(0.0, -distance)).pixels[..., 0]
                assert not far[SIZE // 2, SIZE // 2].any()
        again = renderer.draw(handle, below(0.0, 0.0)).pixels[..., 0]
    finally:
        renderer.close()
    np.testing.assert_array_equal(first, again)
