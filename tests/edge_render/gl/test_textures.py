"""Textures as real OpenGL draws them: uploaded in parts, and their mipmaps from afar."""

from __future__ import annotations

import math
import weakref
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from edge_render.errors import RendererError
from edge_render.frame import PixelFormat
from edge_render.geometry.batches import prepare_scene
from edge_render.gl.calls import TEXTURE_2D
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.gl.textures import GlTextures
from edge_render.gl.upload import PART_BYTES
from edge_render.mipmaps import make_mipmaps
from edge_render.pose import Pose
from edge_render.render_quality import RenderQuality
from edge_render.renderer import View
from edge_render.scene import AlphaMode, Material, MinFilter, Scene, Texture, TextureUse
from tests.edge_render.gl.pictures import Pixels, drawn_once
from tests.edge_render.tiny_scenes import glowing, placed, quads

FRONT = View(Pose((0.0, 0.0, 1.0), (0.0, 0.0, 0.0, 1.0)), math.radians(90.0), 64, 64)
"""A quad of 2 m at the origin just fills the picture."""


@pytest.fixture(scope="module")
def renderer() -> Iterator[GlRenderer]:
    made = GlRenderer(GlContext.open(), PixelFormat.RGBA, replace(RenderQuality.for_software(), trilinear=True))
    yield made
    made.close()


def shown(texture: Texture, **more: object) -> Scene:
    """A quad that emits a texture."""
    material = glowing((1.0, 1.0, 1.0), emissive_texture=TextureUse(0), **more)
    return quads([(material, np.eye(4))], textures=(texture,))


def picture(renderer: GlRenderer, scene: Scene) -> Pixels:
    return drawn_once(renderer, scene, FRONT)


def checkered(size: int) -> Pixels:
    """Black and white texels in turn."""
    white = (np.add.outer(np.arange(size), np.arange(size)) % 2).astype(bool)
    pixels = np.full((size, size, 4), 255, np.uint8)
    pixels[..., :3] = np.where(white, 255, 0)[..., None]
    return pixels


def test_a_checker_from_afar_is_half_as_bright_as_white(renderer: GlRenderer) -> None:
    half = picture(renderer, quads([(glowing((0.5, 0.5, 0.5)), np.eye(4))]))
    pixels = picture(renderer, shown(Texture("checker", checkered(1024))))
    assert np.abs(pixels.astype(int) - half.astype(int))[..., :3].max() <= 1


def test_prepared_or_not_the_picture_is_the_same(renderer: GlRenderer) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (300, 130, 4), np.uint8)
    scene = shown(Texture("noise", noise))
    prepared = prepare_scene(scene)
    bare = replace(prepared, mipmaps={})
    pictures = []
    for content in (prepared, bare):
        handle = renderer.load(content)
        pictures.append(renderer.draw(handle, FRONT).pixels)
        renderer.unload(handle)
    assert np.array_equal(*pictures)


def test_nearest_mipmaps_are_those_of_the_scene(renderer: GlRenderer) -> None:
    """64 pixels show the level of 64 texels of a texture of 1024, each as one pixel."""
    noise = np.random.default_rng(2).integers(0, 256, (1024, 1024, 4), np.uint8)
    texture = Texture("noise", noise, min_filter=MinFilter.NEAREST_MIPMAP_NEAREST)
    scene = shown(texture)
    level = next(iter(make_mipmaps(scene).values())).levels[4]
    assert level.shape == (64, 64, 4)
    one_to_one = picture(renderer, shown(Texture("level", level, nearest=True, min_filter=MinFilter.NEAREST)))
    assert np.array_equal(picture(renderer, scene), one_to_one)


def test_a_filter_without_mipmaps_shows_single_texels(renderer: GlRenderer) -> None:
    texture = Texture("checker", checkered(1024), min_filter=MinFilter.NEAREST)
    assert set(np.unique(picture(renderer, shown(texture))[..., :3])) <= {0, 244, 255}


def test_cut_out_leaves_keep_their_colour_from_afar(renderer: GlRenderer) -> None:
    """Green with holes of magenta, through which nothing of it comes."""
    pixels = np.zeros((512, 512, 4), np.uint8)
    pixels[...] = (255, 0, 255, 0)
    pixels[:, ::2] = (0, 255, 0, 255)
    leaf = Material("leaf", base_color_texture=TextureUse(0), alpha_mode=AlphaMode.BLEND, metallic_factor=0.0)
    base = quads([(leaf, placed())], textures=(Texture("leaf", pixels),))
    drawn = picture(renderer, replace(base, ambient=replace(base.ambient, sky=(1.0, 1.0, 1.0), ground=(1.0, 1.0, 1.0))))
    middle = drawn[32, 32].astype(int)
    assert middle[1] > 2 * max(middle[0], middle[2])


# --- in steps ----------------------------------------------------------------------------------------


def test_large_textures_are_uploaded_in_parts_between_which_others_are_drawn(renderer: GlRenderer) -> None:
    noise = np.random.default_rng(3).integers(0, 256, (2048, 2048, 4), np.uint8)
    scene = shown(Texture("noise", noise))
    alone = picture(renderer, scene)
    other = renderer.load(shown(Texture("other", checkered(64))))
    before = renderer.draw(other, FRONT).pixels
    loading = renderer.begin_load(scene, lambda: None)
    steps = 0
    while loading.step() < 1.0:
        steps += 1
        assert np.array_equal(renderer.draw(other, FRONT).pixels, before)
    assert steps > noise.nbytes // PART_BYTES
    assert np.array_equal(renderer.draw(loading.handle, FRONT).pixels, alone)
    renderer.unload(loading.handle)
    renderer.unload(other)


def test_a_step_writes_no_more_than_two_parts(renderer: GlRenderer, textures: GlTextures) -> None:
    textures.get(0, srgb=True)
    textures.get(0, srgb=False)
    steps = list(textures.upload())
    assert (
        sum(steps) == textures.gpu_bytes == 2 * sum((4096 >> level) * (512 >> min(level, 9)) * 4 for level in range(13))
    )
    assert max(steps) <= 2 * PART_BYTES
    assert list(textures.upload()) == [], "all is there"


@pytest.fixture
def textures(renderer: GlRenderer) -> Iterator[GlTextures]:
    scene = shown(Texture("wide", np.zeros((512, 4096, 4), np.uint8)))
    quality = replace(renderer.quality, texture_px_max=4096)
    made = GlTextures(renderer._context, scene, quality, make_mipmaps(scene))
    yield made
    made.release()


def test_what_is_only_half_uploaded_can_be_given_up(renderer: GlRenderer, textures: GlTextures) -> None:
    name = textures.get(0, srgb=True)
    next(textures.upload())
    textures.release()
    assert textures.gpu_bytes == 0
    calls = renderer._context.calls
    calls.bind_texture(TEXTURE_2D, name)
    with pytest.raises(RendererError, match="looking for it"):  # the driver does not know it any more
        calls.check("looking for it")


def test_pixels_are_let_go_once_they_are_on_the_gpu(renderer: GlRenderer) -> None:
    pixels = checkered(256)
    kept = weakref.ref(pixels)
    scene = shown(Texture("checker", pixels))
    del pixels
    handle = renderer.load(scene)
    del scene
    assert kept() is None
    renderer.unload(handle)


def test_a_texture_larger_than_the_device_takes_is_refused_by_name(renderer: GlRenderer) -> None:
    limit = renderer._context.moderngl.info["GL_MAX_TEXTURE_SIZE"]
    endless = np.broadcast_to(np.zeros(4, np.uint8), (1, 2 * limit, 4))
    texture = Texture("banner", endless, min_filter=MinFilter.LINEAR)
    with pytest.raises(RendererError, match=f"texture 'banner': {2 * limit}x1, this device takes at most {limit}"):
        renderer.load(shown(texture))


def test_a_device_may_leave_the_finest_levels_out() -> None:
    context = GlContext.open()
    try:
        scene = shown(Texture("tall", np.full((64, 32, 4), 200, np.uint8)))
        textures = GlTextures(context, scene, replace(RenderQuality(), texture_px_max=16), make_mipmaps(scene))
        textures.get(0, srgb=True)
        written = sum(textures.upload())
        assert written == textures.gpu_bytes == sum(4 * (16 >> level) * max(8 >> level, 1) for level in range(5))
        textures.release()
    finally:
        context.close()
