"""Mipmaps against what their texels must be, worked out another way."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_render.mipmaps import Pixels, TextureForm, bands, make_mipmaps, mipmaps_of
from edge_render.scene import AlphaMode, Lightmap, Material, MinFilter, Scene, Texture, TextureUse
from edge_render.tone import srgb_from_linear

COLOR, NUMBERS = TextureForm(0, srgb=True), TextureForm(0, srgb=False)


def scene(pixels: Pixels, *, min_filter: MinFilter | None = None, **more: object) -> Scene:
    """A scene with one texture, that one material has as its base colour."""
    material = Material("one", base_color_texture=TextureUse(0), **more)  # type: ignore[arg-type]
    return Scene("s", (), (), (material,), (Texture("t", pixels, min_filter=min_filter),))


def rows(*texels: list[tuple[int, int, int, int]]) -> Pixels:
    return np.array(texels, np.uint8)


@cache
def curve() -> NDArray[np.float64]:
    return srgb_from_linear(np.linspace(0.0, 1.0, 1_000_001))


def linear(pixels: Pixels) -> NDArray[np.float64]:
    """Light of sRGB texels, by searching the curve."""
    return np.searchsorted(curve(), pixels / 255.0) / 1_000_000


def shares(size: int) -> NDArray[np.float64]:
    """(half, size): how much of each of ``size`` texels lies under each of half as many that cover the same."""
    half = max(1, size // 2)
    fine = np.repeat(np.eye(size), half, axis=0)  # each texel parted in ``half``
    return fine.reshape(half, size, size).mean(axis=1)


def test_levels_halve_down_to_one_texel() -> None:
    levels = mipmaps_of(scene(np.zeros((5, 12, 4), np.uint8)), COLOR).levels
    assert [level.shape[:2] for level in levels] == [(5, 12), (2, 6), (1, 3), (1, 1)]


def test_the_whole_picture_is_not_copied() -> None:
    pixels = np.zeros((8, 8, 4), np.uint8)
    assert mipmaps_of(scene(pixels), COLOR).levels[0] is pixels


def test_black_and_white_are_half_the_light() -> None:
    pixels = rows([(0, 0, 0, 255), (255, 255, 255, 255)])
    assert mipmaps_of(scene(pixels), COLOR).levels[1].tolist() == [[[188, 188, 188, 255]]]
    assert mipmaps_of(scene(pixels), NUMBERS).levels[1].tolist() == [[[128, 128, 128, 255]]]


@pytest.mark.parametrize("form", [COLOR, NUMBERS])
def test_what_is_even_stays_so(form: TextureForm) -> None:
    values = np.arange(256, dtype=np.uint8)
    for value in values:
        pixels = np.full((3, 2, 4), value, np.uint8)
        assert mipmaps_of(scene(pixels, alpha_mode=AlphaMode.BLEND), form).levels[-1].tolist() == [[[value] * 4]]


def test_what_is_cut_out_does_not_colour_the_rest() -> None:
    leaf = rows([(0, 200, 0, 255), (255, 0, 255, 0)])
    assert mipmaps_of(scene(leaf, alpha_mode=AlphaMode.MASK), COLOR).levels[1].tolist() == [[[0, 200, 0, 128]]]
    opaque = mipmaps_of(scene(leaf), COLOR).levels[1][0, 0]
    assert opaque[0] > 150, "alpha is no matter where nothing reads it"
    assert opaque[2] > 150


def test_what_is_all_transparent_keeps_its_colour() -> None:
    glass = rows([(90, 40, 10, 0), (90, 40, 10, 0)])
    assert mipmaps_of(scene(glass, alpha_mode=AlphaMode.BLEND), COLOR).levels[1].tolist() == [[[90, 40, 10, 0]]]


@settings(max_examples=40, deadline=None)
@given(
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    seed=st.integers(0, 2**32 - 1),
    form=st.sampled_from([COLOR, NUMBERS]),
)
def test_each_texel_is_the_mean_of_what_lies_under_it(height: int, width: int, seed: int, form: TextureForm) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    levels = mipmaps_of(scene(pixels), form).levels
    if len(levels) == 1:
        return
    values = np.concatenate([linear(pixels[..., :3]), pixels[..., 3:] / 255.0], axis=2) if form.srgb else pixels / 255.0
    means = np.einsum("yr,xc,rck->yxk", shares(height), shares(width), values)
    if form.srgb:
        means[..., :3] = srgb_from_linear(means[..., :3])
    assert np.abs(levels[1] - means * 255.0).max() < 0.56  # half a step, and what the tables round


def test_large_pictures_are_halved_in_bands_without_seams() -> None:
    across = np.arange(4096) % 251
    down = np.arange(513)[:, None] % 239
    pixels = np.stack([across + 0 * down, down + 0 * across, across ^ down, 255 - 0 * across * down], axis=2)
    level = mipmaps_of(scene(pixels.astype(np.uint8)), NUMBERS).levels[1]
    means = np.einsum("yr,rck->yck", shares(513), pixels.reshape(513, 2048, 2, 4).mean(axis=2))
    assert np.abs(level - means).max() <= 0.51


def test_filters_without_mipmaps_get_none() -> None:
    for min_filter in (MinFilter.NEAREST, MinFilter.LINEAR):
        assert len(mipmaps_of(scene(np.zeros((8, 8, 4), np.uint8), min_filter=min_filter), COLOR).levels) == 1


def test_a_texture_is_made_for_each_way_that_it_is_used() -> None:
    both = scene(np.zeros((2, 2, 4), np.uint8), normal_texture=TextureUse(0))
    assert sorted(make_mipmaps(both)) == [NUMBERS, COLOR]
    unused = Scene("s", (), (), (Material("plain"),), both.textures)
    assert make_mipmaps(unused) == {}
    lit = Scene("s", (), (), (), both.textures, lightmaps=(Lightmap(0, frozenset()),))
    assert list(make_mipmaps(lit)) == [COLOR]


def test_bands_are_whole_rows_that_make_up_the_level() -> None:
    level = np.arange(10 * 4 * 4, dtype=np.uint8).reshape(10, 4, 4)
    parts = list(bands(level, 3 * 16 + 15))
    assert [first for first, _ in parts] == [0, 3, 6, 9]
    assert np.array_equal(np.concatenate([part for _, part in parts]), level)
    assert len(list(bands(level, 1))) == 10, "a row at least"
