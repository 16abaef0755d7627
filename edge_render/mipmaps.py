"""Mipmaps of textures, made by numpy off the thread that draws: each texel is the mean of what lies under it.

Colours are averaged as light, not as the sRGB numbers that stand for it, which would make everything darker the further
away it is. Where a material reads the alpha of its colour, texels count as much as they are opaque, so that the colour
of what is cut out does not bleed into the rest. Normals are averaged as they are, and not made of length 1 again: the
shader does that after filtering, and between two texels, of which one is the mean of a rough part, the smooth one
should count more.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

import numpy as np
from numpy.typing import NDArray

from edge_render.scene import AlphaMode, MinFilter, Scene
from edge_render.tone import linear_of_bytes, srgb_from_linear

_BAND_TEXELS = 1 << 16
"""Read at a time: 1 MiB of float32, which stays in a core's cache."""
_EQUAL_WEIGHT = 1.0 / 65536.0
"""Weight of what is wholly transparent: its colour only counts where nothing else is there."""
_LINEAR_STEPS = 65535

_WITHOUT = (MinFilter.NEAREST, MinFilter.LINEAR)
"""Filters that read no mipmaps."""

Pixels = NDArray[np.uint8]
_Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, order=True)
class TextureForm:
    """A texture (index into ``Scene.textures``) as sRGB colour, or as plain numbers."""

    texture: int
    srgb: bool


@dataclass(frozen=True, slots=True, eq=False)
class Mipmaps:
    """All levels of a texture that are drawn with: (height, width, 4) uint8, the first is the whole picture."""

    levels: tuple[Pixels, ...] = field(repr=False)

    @property
    def size_bytes(self) -> int:
        return sum(level.nbytes for level in self.levels)


def make_mipmaps(scene: Scene) -> dict[TextureForm, Mipmaps]:
    """Those of all textures in the forms in which materials and lightmaps use them. Takes about 10 ns a texel."""
    return {form: mipmaps_of(scene, form) for form in sorted(_forms(scene))}


def mipmaps_of(scene: Scene, form: TextureForm) -> Mipmaps:
    """Those of one texture. A filter that reads none makes none."""
    texture = scene.textures[form.texture]
    if texture.min_filter in _WITHOUT:
        return Mipmaps((texture.pixels,))
    curve = _Curve(form.srgb, weighted=form.srgb and form.texture in _cut_out(scene))
    levels = [texture.pixels]
    while max(levels[-1].shape[:2]) > 1:
        levels.append(_halved(levels[-1], curve))
    return Mipmaps(tuple(levels))


def mipmaps_bytes(scene: Scene) -> int:
    """How large those of all textures are, without making them."""
    total = 0
    for form in _forms(scene):
        texture = scene.textures[form.texture]
        height, width = texture.pixels.shape[:2]
        total += texture.pixels.nbytes
        while texture.min_filter not in _WITHOUT and max(height, width) > 1:
            height, width = max(1, height // 2), max(1, width // 2)
            total += height * width * texture.pixels.shape[2]
    return total


def _forms(scene: Scene) -> set[TextureForm]:
    forms = {TextureForm(lightmap.texture, srgb=True) for lightmap in scene.lightmaps}
    for material in scene.materials:
        coat, sheen, specular = material.clearcoat, material.sheen, material.specular
        colors = [material.base_color_texture, material.emissive_texture]
        numbers = [material.metallic_roughness_texture, material.normal_texture, material.occlusion_texture]
        if coat is not None:
            numbers += [coat.texture, coat.roughness_texture, coat.normal_texture]
        if sheen is not None:
            colors.append(sheen.color_texture)
            numbers.append(sheen.roughness_texture)
        if specular is not None:
            colors.append(specular.color_texture)
            numbers.append(specular.texture)
        if material.transmission is not None:
            numbers.append(material.transmission.texture)
        forms |= {TextureForm(use.texture, srgb=True) for use in colors if use is not None}
        forms |= {TextureForm(use.texture, srgb=False) for use in numbers if use is not None}
    return forms


def _cut_out(scene: Scene) -> set[int]:
    """Textures whose alpha says what is there."""
    return {
        material.base_color_texture.texture
        for material in scene.materials
        if material.base_color_texture is not None and material.alpha_mode is not AlphaMode.OPAQUE
    }


@dataclass(frozen=True, slots=True)
class _Curve:
    """From texels to what may be averaged, and back."""

    srgb: bool
    weighted: bool

    def decode(self, texels: Pixels) -> _Floats:
        if not self.srgb:
            return texels.astype(np.float32)
        values = linear_of_bytes().take(texels)
        values[..., 3] = texels[..., 3]
        if self.weighted:
            values[..., 3] = values[..., 3] / 255.0 + _EQUAL_WEIGHT
            values[..., :3] *= values[..., 3:]
        return values

    def encode(self, values: _Floats) -> Pixels:
        if not self.srgb:
            return np.rint(values).astype(np.uint8)
        if self.weighted:
            values[..., :3] /= values[..., 3:]
            values[..., 3] = (values[..., 3] - _EQUAL_WEIGHT) * 255.0
        steps = np.rint(values[..., :3] * _LINEAR_STEPS).astype(np.uint16)
        texels = np.empty(values.shape, np.uint8)
        texels[..., :3] = _srgb_of_linear().take(steps)
        texels[..., 3] = np.rint(values[..., 3])
        return texels


@cache
def _srgb_of_linear() -> Pixels:
    """Bytes of sRGB, by steps of light so small that in the darkest part 20 make one."""
    table = np.rint(255.0 * srgb_from_linear(np.arange(_LINEAR_STEPS + 1) / _LINEAR_STEPS)).astype(np.uint8)
    table.flags.writeable = False
    return table


def _halved(pixels: Pixels, curve: _Curve) -> Pixels:
    """Half the width and height, rounded down as OpenGL has it (4.6 core, section 8.14.3), at least 1."""
    height, width = pixels.shape[:2]
    halved = np.empty((max(1, height // 2), max(1, width // 2), 4), np.uint8)
    rows = max(1, _BAND_TEXELS // (2 * width))
    for first in range(0, len(halved), rows):
        last = min(first + rows, len(halved))
        # Of an odd height every row has a share of three rows, the last of which is also the next one's first.
        band = curve.decode(pixels[2 * first : 2 * last + height % 2])
        narrow = _pairs(_pairs(band, first, height).swapaxes(0, 1), 0, width).swapaxes(0, 1)
        halved[first:last] = curve.encode(narrow)
    return halved


def _pairs(values: _Floats, first: int, size: int) -> _Floats:
    """Means of two rows each; where there are an odd number of rows, of three by how much of each lies under the
    result. ``values`` are those of the rows from ``first`` of the result on, of ``size`` rows in all."""
    if size == 1:
        return values
    if size % 2 == 0:
        pairs: _Floats = (values[0::2] + values[1::2]) * np.float32(0.5)
        return pairs
    half = size // 2
    place = np.arange(first, first + len(values) // 2, dtype=np.float32)[:, None, None]
    before, between, after = values[0:-1:2], values[1::2], values[2::2]
    means = (before * (half - place) + between * np.float32(half) + after * (place + 1.0)) / np.float32(size)
    return means.astype(np.float32, copy=False)


def bands(level: Pixels, part_bytes: int) -> Iterator[tuple[int, Pixels]]:
    """A level in parts of whole rows, at least one, of at most so many bytes, with the first row of each."""
    rows = max(1, part_bytes // level[0].nbytes)
    for first in range(0, len(level), rows):
        yield first, level[first : first + rows]
