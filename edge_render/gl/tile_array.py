"""Tiles of panoramas as the layers of one array texture, with their halves as its mipmap levels."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

import numpy as np

from edge_render.errors import RendererError
from edge_render.gl.calls import (
    CLAMP_TO_EDGE,
    LINEAR,
    LINEAR_MIPMAP_LINEAR,
    LINEAR_MIPMAP_NEAREST,
    RGB,
    RGBA,
    RGBA8,
    TEXTURE0,
    TEXTURE_2D_ARRAY,
    TEXTURE_MAG_FILTER,
    TEXTURE_MAX_LEVEL,
    TEXTURE_MIN_FILTER,
    TEXTURE_WRAP_S,
    TEXTURE_WRAP_T,
    UNSIGNED_BYTE,
)
from edge_render.gl.context import GlContext
from edge_render.gl.programs import BASE_UNIT
from edge_render.panorama.pyramid import HALVINGS, Coding
from edge_render.panorama.tile_coding import Texels
from edge_render.render_quality import RenderQuality

_RGB9_E5, _UNSIGNED_INT_5_9_9_9_REV = 0x8C3D, 0x8C3E
_FORMATS = {
    Coding.SRGB: (RGBA8, RGBA, UNSIGNED_BYTE),
    Coding.LIGHT: (_RGB9_E5, RGB, _UNSIGNED_INT_5_9_9_9_REV),
}


class TileArray:
    """Made and used on the GL thread."""

    def __init__(self, context: GlContext, quality: RenderQuality, coding: Coding, edge_px: int, layers: int) -> None:
        """``edge_px``: of a layer; a multiple of 2 ** HALVINGS. Raises RendererError where it does not fit."""
        self.edge_px, self.layers = edge_px, layers
        self._calls = calls = context.calls
        self._format = _FORMATS[coding]
        made = ctypes.c_uint()
        calls.gen_textures(1, ctypes.addressof(made))
        self.name = made.value
        self._bind()
        internal, form, kind = self._format
        for level in range(HALVINGS + 1):
            edge = edge_px >> level
            calls.tex_image_3d(TEXTURE_2D_ARRAY, level, internal, edge, edge, layers, 0, form, kind, None)
        smooth = LINEAR_MIPMAP_LINEAR if quality.trilinear else LINEAR_MIPMAP_NEAREST
        for parameter, value in (
            (TEXTURE_MAX_LEVEL, HALVINGS),
            (TEXTURE_MIN_FILTER, smooth),
            (TEXTURE_MAG_FILTER, LINEAR),
            (TEXTURE_WRAP_S, CLAMP_TO_EDGE),
            (TEXTURE_WRAP_T, CLAMP_TO_EDGE),
        ):
            calls.tex_parameter(TEXTURE_2D_ARRAY, parameter, value)
        # Not anisotropic: a tile is chosen for how it is seen, and is never seen at a slant.
        try:
            mb = round(self.size_bytes(edge_px, layers) / 1e6)
            calls.check(f"making room for {layers} tiles of panoramas, {mb} MB")
        except RendererError:
            self.release()
            raise

    @staticmethod
    def size_bytes(edge_px: int, layers: int) -> int:
        """What an array takes of the GPU's memory."""
        return 4 * layers * sum((edge_px >> level) ** 2 for level in range(HALVINGS + 1))

    def upload(self, layer: int, texels: Sequence[Texels]) -> None:
        """Put a tile and its halves into the top left of a layer."""
        self._bind()
        _, form, kind = self._format
        for level, source in enumerate(texels):
            pixels = np.ascontiguousarray(source)
            height, width = pixels.shape[:2]
            place = (0, 0, layer, width, height, 1)
            self._calls.tex_sub_image_3d(TEXTURE_2D_ARRAY, level, *place, form, kind, pixels.ctypes.data)

    def _bind(self) -> None:
        self._calls.active_texture(TEXTURE0 + BASE_UNIT)
        self._calls.bind_texture(TEXTURE_2D_ARRAY, self.name)

    def release(self) -> None:
        """Free it; may be called again."""
        if self.name:
            name = ctypes.c_uint(self.name)
            self._calls.delete_textures(1, ctypes.addressof(name))
            self.name = 0
