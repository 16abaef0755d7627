"""A refined picture against one that is drawn four times as large and averaged, by real OpenGL."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from bench.ssim import ssim
from edge_render.errors import RendererError
from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.pose import Pose
from edge_render.render_quality import RenderQuality
from edge_render.renderer import View
from edge_render.scene import Scene, Texture, TextureUse
from tests.edge_render.tiny_scenes import glowing, one_quad, placed, quads, turned_x

WIDTH, HEIGHT = 160, 120
LARGER = 4
VIEW = View(Pose((0.0, 0.0, 2.0), (0.0, 0.0, 0.0, 1.0)), math.radians(60.0), WIDTH, HEIGHT, still=True)
PASSES = RenderQuality().hand_outs[-1]

Plane = NDArray[np.float64]


@pytest.fixture(scope="module")
def renderer() -> Iterator[GlRenderer]:
    made = GlRenderer(GlContext.open(), PixelFormat.RGBA, RenderQuality.for_software())
    yield made
    made.close()


def turned_z(angle_rad: float) -> NDArray[np.float64]:
    matrix = np.eye(4)
    c, s = math.cos(angle_rad), math.sin(angle_rad)
    matrix[:2, :2] = [[c, -s], [s, c]]
    return matrix


def hard_scene() -> Scene:
    """What shows steps and shimmers: a chequered floor seen at a low angle, slanted bars thinner than a pixel."""
    squares = np.indices((64, 64)).sum(axis=0) % 2
    texels = np.full((64, 64, 4), 255, np.uint8)
    texels[..., :3] = np.where(squares[..., None] == 1, 230, 40)
    floor = turned_x(-math.pi / 2, y=-0.6) @ placed(scale=(3.0, 3.0, 1.0))
    bars = [turned_z(0.1 + 0.2 * index) @ placed(y=0.25, z=0.2, scale=(1.5, 0.004, 1.0)) for index in range(4)]
    return quads(
        [
            (glowing((0.9, 0.9, 0.9), emissive_texture=TextureUse(0)), floor),
            *[(glowing((0.8, 0.6, 0.3)), bar) for bar in bars],
        ],
        textures=(Texture("chequered", texels),),
    )


def luma(pixels: NDArray[np.uint8]) -> Plane:
    plane: Plane = pixels[..., :3] @ np.array([0.2126, 0.7152, 0.0722])
    return plane


def supersampled(renderer: GlRenderer, scene: Scene) -> Plane:
    """Luma of a picture of 16 times the pixels, each 4 x 4 of them averaged, in what a screen is sent."""
    handle = renderer.load(scene)
    large = renderer.draw(handle, replace(VIEW, width=LARGER * WIDTH, height=LARGER * HEIGHT))
    renderer.unload(handle)
    return luma(large.pixels).reshape(HEIGHT, LARGER, WIDTH, LARGER).mean(axis=(1, 3))


def refined(renderer: GlRenderer, scene: Scene, *after: int) -> list[Plane]:
    """Luma after so many passes."""
    handle = renderer.load(scene)
    refinement = renderer.refiner.begin(handle, VIEW)
    planes = []
    for number in range(1, max(after) + 1):
        refinement.add_pass()
        if number in after:
            planes.append(luma(refinement.picture().pixels))
    refinement.release()
    renderer.unload(handle)
    return planes


def psnr_db(one: Plane, other: Plane) -> float:
    return float(10.0 * np.log10(255.0**2 / np.mean((one - other) ** 2)))


def bytes_of(plane: Plane) -> NDArray[np.uint8]:
    return np.rint(plane).astype(np.uint8)


def test_the_refined_picture_is_the_supersampled_one(renderer: GlRenderer) -> None:
    reference = supersampled(renderer, hard_scene())
    first, fourth, final = refined(renderer, hard_scene(), 1, 4, PASSES)
    qualities_db = [psnr_db(plane, reference) for plane in (first, fourth, final)]
    assert qualities_db[0] + 3.0 < qualities_db[1]
    assert qualities_db[1] + 3.0 < qualities_db[2]
    assert qualities_db[2] > 38.0
    assert ssim(bytes_of(final), bytes_of(reference)) > 0.99
    still = renderer_still(renderer, hard_scene())
    assert psnr_db(still, reference) + 6.0 < qualities_db[2]


def renderer_still(renderer: GlRenderer, scene: Scene) -> Plane:
    handle = renderer.load(scene)
    plane = luma(renderer.draw(handle, VIEW).pixels)
    renderer.unload(handle)
    return plane


def test_refining_moves_nothing(renderer: GlRenderer) -> None:
    spot = quads([(glowing((0.7, 0.7, 0.7)), turned_z(0.3) @ placed(x=0.21, y=-0.13, scale=(0.3, 0.2, 1.0)))])
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]

    def centre(plane: Plane) -> Plane:
        return np.array([(plane * columns).sum(), (plane * rows).sum()]) / plane.sum()

    reference = supersampled(renderer, spot)
    early, final = refined(renderer, spot, 4, PASSES)
    assert np.abs(centre(final) - centre(reference)).max() < 0.02
    assert np.abs(centre(early) - centre(reference)).max() < 0.12


def test_refining_changes_no_brightness(renderer: GlRenderer) -> None:
    still = renderer_still(renderer, hard_scene())
    for plane in refined(renderer, hard_scene(), 4, PASSES):
        assert abs(plane.mean() - still.mean()) < 1.0
    flat = refined(renderer, one_quad(), 1, 2, 5, PASSES)
    for plane in flat[1:]:
        np.testing.assert_array_equal(plane[50:70, 60:100], flat[0][50:70, 60:100], "what is even stays as it is")


def test_other_pictures_may_be_drawn_between_passes(renderer: GlRenderer) -> None:
    (alone,) = refined(renderer, hard_scene(), 4)
    handle, other = renderer.load(hard_scene()), renderer.load(one_quad())
    refinement = renderer.refiner.begin(handle, VIEW)
    for _ in range(4):
        refinement.add_pass()
        renderer.draw(other, replace(VIEW, still=False))
        renderer.draw(other, VIEW)
    before = refinement.picture().pixels
    np.testing.assert_array_equal(luma(before), alone)
    # Reading it changes nothing, and what was read belongs to the caller.
    kept = before.copy()
    np.testing.assert_array_equal(refinement.picture().pixels, before)
    refinement.add_pass()
    assert (refinement.picture().pixels != kept).any()
    np.testing.assert_array_equal(before, kept)
    assert not before.flags.writeable
    refinement.release()
    renderer.unload(handle)
    renderer.unload(other)


def test_a_scene_that_is_gone_is_refined_no_more(renderer: GlRenderer) -> None:
    handle = renderer.load(one_quad())
    refinement = renderer.refiner.begin(handle, VIEW)
    refinement.add_pass()
    renderer.unload(handle)
    with pytest.raises(RendererError, match="not loaded"):
        refinement.add_pass()
    refinement.release()


def test_a_refined_picture_comes_as_planes_too() -> None:
    planar = GlRenderer(GlContext.open(), PixelFormat.I420)
    handle = planar.load(one_quad())
    still = planar.draw(handle, VIEW)
    refinement = planar.refiner.begin(handle, VIEW)
    refinement.add_pass()
    picture = refinement.picture()
    refinement.release()
    planar.close()
    assert picture.format is PixelFormat.I420
    assert picture.pixels.shape == still.pixels.shape == (HEIGHT * 3 // 2, WIDTH)
    np.testing.assert_array_equal(picture.pixels[50:70, 60:100], still.pixels[50:70, 60:100])
