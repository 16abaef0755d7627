"""Panoramas drawn by real OpenGL, against what is known of every direction."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.drawable import ONE_DRAWING, GlParts
from edge_render.gl.panorama_drawable import PanoramaDrawable
from edge_render.gl.programs import GlPrograms
from edge_render.gl.renderer import GlRenderer
from edge_render.gl.targets import GlTargets
from edge_render.gl.tile_array import TileArray
from edge_render.gl.tile_pool import ASK_AGAIN_S, HELD_S, TilePool
from edge_render.look_around import EYE
from edge_render.panorama.content import Panorama
from edge_render.panorama.pyramid import TILE_EDGE_PX
from edge_render.panorama.spec import Layout
from edge_render.pose import Pose
from edge_render.render_quality import RenderQuality
from edge_render.renderer import Picture, SceneHandle, View
from edge_render.tone import srgb_from_linear, tone_map
from tests.edge_render.panorama.pictures import (
    equirect,
    equirect_directions,
    radiance_file,
    rgbe_of,
    saved,
    tiled,
    view_directions,
    waves,
)

SMOOTH = RenderQuality(samples=1, still_samples=1, anisotropy=1.0)
FRONT = View(Pose.from_yaw_pitch(EYE, 0.0, 0.0), math.radians(75.0), 320, 180, still=True)
VIEWS = {
    "front": (0.0, 0.0),
    "seam of the picture": (math.pi, 0.1),
    "edge of two faces": (math.pi / 4, 0.0),
    "corner of three faces": (math.pi / 4, 0.615),
    "zenith": (0.3, math.radians(89.0)),
    "nadir": (-2.0, math.radians(-89.0)),
}


@pytest.fixture(scope="module")
def fine(tmp_path_factory: pytest.TempPathFactory) -> Panorama:
    """Three levels of tiles."""
    folder = tmp_path_factory.mktemp("fine")
    return tiled(folder, saved(folder, equirect(4096, waves)))


@pytest.fixture
def renderer() -> Iterator[GlRenderer]:
    made = GlRenderer(GlContext.open(), PixelFormat.RGBA, SMOOTH)
    yield made
    made.close()


def looking(yaw_rad: float, pitch_rad: float, view: View = FRONT) -> View:
    return replace(view, pose=Pose.from_yaw_pitch(EYE, yaw_rad, pitch_rad))


def settled(renderer: GlRenderer, handle: SceneHandle, view: View) -> Picture:
    """The picture once all tiles have come: each drawing takes in those that are ready."""
    picture = renderer.draw(handle, view)
    while renderer.changing(handle, view):
        picture = renderer.draw(handle, view)
    return picture


def errors(picture: Picture, view: View) -> NDArray[np.float64]:
    """How far each pixel is from what its direction should show."""
    wanted = waves(view_directions(view.pose, view.fov_y_rad, view.width, view.height))
    return np.abs(picture.pixels[..., :3] - wanted)


@pytest.mark.parametrize("where", VIEWS)
@pytest.mark.parametrize("height", [180, 720])
def test_every_pixel_shows_what_lies_in_its_direction(
    fine: Panorama, renderer: GlRenderer, where: str, height: int
) -> None:
    handle = renderer.load(fine)
    view = looking(*VIEWS[where], replace(FRONT, width=height * 16 // 9, height=height))
    assert errors(settled(renderer, handle, view), view).max() < 4.0


@pytest.mark.parametrize("quality", [RenderQuality(), RenderQuality.for_software()], ids=["GPU", "software"])
@pytest.mark.parametrize("still", [True, False])
def test_both_kinds_of_device_show_the_same(fine: Panorama, quality: RenderQuality, still: bool) -> None:
    renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA, quality)
    view = looking(*VIEWS["corner of three faces"], replace(FRONT, width=640, height=360, still=still))
    try:
        handle = renderer.load(fine)
        assert errors(settled(renderer, handle, view), view).max() < 6.0
    finally:
        renderer.close()


def test_a_picture_is_whole_from_the_first_drawing_on_and_then_sharper(fine: Panorama, renderer: GlRenderer) -> None:
    handle = renderer.load(fine)
    view = looking(0.4, 0.2, replace(FRONT, width=1280, height=720))
    first = errors(renderer.draw(handle, view), view)
    assert renderer.changing(handle, view)
    last = errors(settled(renderer, handle, view), view)
    assert first.max() < 25.0
    assert last.mean() < first.mean()


def test_nothing_comes_any_more_once_all_is_there(fine: Panorama, renderer: GlRenderer) -> None:
    handle = renderer.load(fine)
    settled(renderer, handle, FRONT)
    once, again = renderer.draw(handle, FRONT), renderer.draw(handle, FRONT)
    assert not renderer.changing(handle, FRONT)
    np.testing.assert_array_equal(once.pixels, again.pixels)


def test_refining_keeps_the_picture_where_it_is(fine: Panorama, renderer: GlRenderer) -> None:
    handle = renderer.load(fine)
    settled(renderer, handle, FRONT)
    refinement = renderer.refiner.begin(handle, FRONT)
    for _ in range(renderer.refiner.hand_outs[-1]):
        refinement.add_pass()
    refined = refinement.picture()
    refinement.release()
    assert errors(refined, FRONT).max() < 4.0


def test_a_budget_that_is_too_small_costs_sharpness_alone(fine: Panorama) -> None:
    layers = 5
    quality = replace(SMOOTH, panorama_tiles_bytes=TileArray.size_bytes(TILE_EDGE_PX, layers))
    renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA, quality)
    view = replace(FRONT, width=1280, height=720)
    try:
        handle = renderer.load(fine)
        for yaw_rad in (0.0, 2.0, 4.0):
            turned = looking(yaw_rad, 0.0, view)
            assert errors(settled(renderer, handle, turned), turned).max() < 25.0
        assert renderer.tiles.resident <= layers
    finally:
        renderer.close()


def test_tiles_of_what_is_unloaded_are_given_back(fine: Panorama, renderer: GlRenderer) -> None:
    handle = renderer.load(fine)
    settled(renderer, handle, FRONT)
    assert renderer.tiles.gpu_bytes > 0
    renderer.unload(handle)
    assert (renderer.tiles.resident, renderer.tiles.gpu_bytes) == (0, 0)


def test_light_is_exposed_and_tone_mapped(tmp_path: Path, renderer: GlRenderer) -> None:
    def light(directions: NDArray[np.float64]) -> NDArray[np.float64]:
        return 2.0 ** (waves(directions) / 255.0 * 8.0 - 5.0)

    image = radiance_file(tmp_path / "sky.hdr", rgbe_of(light(equirect_directions(1024))))
    handle = renderer.load(tiled(tmp_path, image, exposure=1.5))
    for yaw_rad, pitch_rad in VIEWS.values():
        view = looking(yaw_rad, pitch_rad)
        picture = settled(renderer, handle, view)
        shown = light(view_directions(view.pose, view.fov_y_rad, view.width, view.height)) * 1.5
        wanted = 255.0 * srgb_from_linear(tone_map(shown))
        assert np.abs(picture.pixels[..., :3] - wanted).max() < 6.0


def test_two_views_that_do_not_fit_together_do_not_take_each_others_tiles(fine: Panorama) -> None:
    clock = [100.0]
    layers = 4
    quality = replace(SMOOTH, panorama_tiles_bytes=TileArray.size_bytes(TILE_EDGE_PX, layers))
    renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA, quality, now_s=lambda: clock[0])
    front, back = (looking(yaw_rad, 0.0, replace(FRONT, width=1280, height=720)) for yaw_rad in (0.0, math.pi))
    try:
        handle = renderer.load(fine)
        sharp = errors(settled(renderer, handle, front), front).mean()
        coarse = errors(settled(renderer, handle, back), back).mean()
        assert errors(renderer.draw(handle, front), front).mean() == sharp, "the front's tiles are still there"
        clock[0] += max(HELD_S, ASK_AGAIN_S) + 0.1
        assert errors(settled(renderer, handle, back), back).mean() < coarse, "nobody looks at the front any more"
    finally:
        renderer.close()


def test_each_eye_is_shown_its_own_picture(tmp_path: Path) -> None:
    both = np.zeros((512, 512, 3), np.uint8)
    both[:256], both[256:] = (200, 30, 30), (30, 30, 200)
    panorama = tiled(tmp_path, saved(tmp_path, both), Layout.STEREO_OVER_UNDER)
    context = GlContext.open()
    parts = GlParts(context, GlPrograms(context), GlTargets(context), SMOOTH, lambda: 0.0)
    pool = TilePool(context, SMOOTH, parts.now_s)
    drawable = PanoramaDrawable(parts, pool, panorama)
    for _ in drawable.upload():
        pass
    seen = []
    for eye in (0, 1):
        target = parts.targets.get(64, 64, 1)
        drawable.draw(replace(FRONT, width=64, height=64), target, ONE_DRAWING, eye)
        seen.append(np.frombuffer(target.resolved.read(components=3), np.uint8).reshape(64, 64, 3)[32, 32])
    drawable.release()
    pool.release()
    parts.targets.release()
    parts.programs.release()
    context.close()
    np.testing.assert_allclose(seen, [(200, 30, 30), (30, 30, 200)], atol=2)


@pytest.mark.parametrize("steps", [0, 3, 7, 8])
def test_a_loading_that_is_given_up_leaves_nothing_to_free(fine: Panorama, steps: int) -> None:
    renderer = GlRenderer(GlContext.open("software"), PixelFormat.RGBA, SMOOTH)
    loading = renderer.begin_load(fine, lambda: None)
    for _ in range(steps):
        assert loading.step() < 1.0
    loading.cancel()
    assert renderer.tiles.gpu_bytes == 0
    renderer.close()
