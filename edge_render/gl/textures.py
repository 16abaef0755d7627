"""Textures of a scene on the GPU: colour space, mipmaps, filtering and wrapping."""

from __future__ import annotations

import ctypes
from collections import deque
from collections.abc import Iterator, Mapping

import numpy as np

from edge_render.errors import RendererError
from edge_render.gl.calls import (
    CLAMP_TO_EDGE,
    LINEAR,
    LINEAR_MIPMAP_LINEAR,
    LINEAR_MIPMAP_NEAREST,
    NEAREST,
    REPEAT,
    RGBA,
    RGBA8,
    TEXTURE0,
    TEXTURE_2D,
    TEXTURE_MAG_FILTER,
    TEXTURE_MAX_LEVEL,
    TEXTURE_MIN_FILTER,
    TEXTURE_WRAP_S,
    TEXTURE_WRAP_T,
    UNSIGNED_BYTE,
)
from edge_render.gl.context import GlContext
from edge_render.gl.upload import PART_BYTES
from edge_render.mipmaps import Mipmaps, TextureForm, bands, mipmaps_of
from edge_render.render_quality import RenderQuality
from edge_render.scene import MinFilter, Scene, Texture, Wrap

_SRGB8_ALPHA8 = 0x8C43
_TEXTURE_MAX_ANISOTROPY = 0x84FE
_WRAP = {Wrap.REPEAT: REPEAT, Wrap.CLAMP: CLAMP_TO_EDGE, Wrap.MIRROR: 0x8370}
_NEAREST_MIPMAP_NEAREST = 0x2700
_MIN_FILTERS = {
    MinFilter.NEAREST: NEAREST,
    MinFilter.LINEAR: LINEAR,
    MinFilter.NEAREST_MIPMAP_NEAREST: _NEAREST_MIPMAP_NEAREST,
    MinFilter.LINEAR_MIPMAP_NEAREST: LINEAR_MIPMAP_NEAREST,
    MinFilter.NEAREST_MIPMAP_LINEAR: 0x2702,
}
_PIECE_BYTES = 32 * 1024
"""A call to the driver takes at least as long as so many bytes."""
_MIB = 1024**2


class GlTextures:
    """Each texture once per colour space in which materials use it. Made and used on the GL thread."""

    def __init__(
        self, context: GlContext, scene: Scene, quality: RenderQuality, mipmaps: Mapping[TextureForm, Mipmaps]
    ) -> None:
        """``mipmaps``: those made ahead; what is missing there is made when it is uploaded, however long it takes."""
        self._context, self._quality = context, quality
        self._scene: Scene | None = scene
        self._ready = mipmaps
        self._names: dict[TextureForm, int] = {}
        self._waiting: deque[TextureForm] = deque()
        self.gpu_bytes = 0
        """With their mipmaps: of those uploaded so far."""

    def get(self, index: int, *, srgb: bool) -> int:
        """OpenGL name of texture ``index``; ``srgb`` where it holds colour and not plain numbers. It may be drawn with
        after :meth:`upload`."""
        form = TextureForm(index, srgb)
        if form not in self._names:
            name = ctypes.c_uint()
            self._context.calls.gen_textures(1, ctypes.addressof(name))
            self._names[form] = name.value
            self._waiting.append(form)
        return self._names[form]

    def upload(self) -> Iterator[int]:
        """Put on the GPU what was asked for since, in steps of a few milliseconds; yields the bytes of each. Raises
        RendererError where a texture is too large for the device or for its memory."""
        written = spent = 0
        while self._waiting:
            for taken, size in self._pieces(self._waiting.popleft()):
                written += size
                spent += max(taken, _PIECE_BYTES)
                if spent >= PART_BYTES:
                    yield written
                    written = spent = 0
        if spent:
            yield written

    def forget_pixels(self) -> None:
        """All is uploaded, and nothing else will be asked for: the memory that it came from may be freed."""
        self._scene, self._ready = None, {}

    def _pieces(self, form: TextureForm) -> Iterator[tuple[int, int]]:
        """Put one texture on the GPU; yields after each piece the bytes that it took time for, and those written."""
        scene = self._scene
        assert scene is not None, "its pixels are still wanted"
        texture = scene.textures[form.texture]
        mipmaps = self._no_finer(self._ready.get(form) or mipmaps_of(scene, form))
        self._make_room(form, texture, mipmaps)
        yield mipmaps.size_bytes, 0
        calls = self._context.calls
        for level, pixels in enumerate(mipmaps.levels):
            for first, band in bands(np.ascontiguousarray(pixels), PART_BYTES):
                self._bind(form)  # between two steps others draw
                height, width = band.shape[:2]
                place = (0, first, width, height)
                calls.tex_sub_image_2d(TEXTURE_2D, level, *place, RGBA, UNSIGNED_BYTE, band.ctypes.data)
                yield band.nbytes, band.nbytes

    def _make_room(self, form: TextureForm, texture: Texture, mipmaps: Mipmaps) -> None:
        height, width = mipmaps.levels[0].shape[:2]
        limit = self._context.moderngl.info["GL_MAX_TEXTURE_SIZE"]
        if max(width, height) > limit:
            raise RendererError(f"texture '{texture.name}': {width}x{height}, this device takes at most {limit}")
        calls = self._context.calls
        calls.check("loading")
        self._bind(form)
        smallest = self._min_filter(texture)
        # The filter comes first: by it and by the last level drivers tell how much to make room for.
        calls.tex_parameter(TEXTURE_2D, TEXTURE_MIN_FILTER, smallest)
        calls.tex_parameter(TEXTURE_2D, TEXTURE_MAX_LEVEL, len(mipmaps.levels) - 1)
        calls.tex_parameter(TEXTURE_2D, TEXTURE_MAG_FILTER, NEAREST if texture.nearest else LINEAR)
        calls.tex_parameter(TEXTURE_2D, TEXTURE_WRAP_S, _WRAP[texture.wrap_s])
        calls.tex_parameter(TEXTURE_2D, TEXTURE_WRAP_T, _WRAP[texture.wrap_t])
        # llvmpipe's anisotropic filter draws mirrored repeats a texel off.
        right = not (self._context.software and Wrap.MIRROR in (texture.wrap_s, texture.wrap_t))
        if smallest == LINEAR_MIPMAP_LINEAR and not texture.nearest and self._quality.anisotropy > 1.0 and right:
            anisotropy = min(self._quality.anisotropy, self._context.moderngl.max_anisotropy)
            calls.tex_parameter(TEXTURE_2D, _TEXTURE_MAX_ANISOTROPY, int(anisotropy))
        internal = _SRGB8_ALPHA8 if form.srgb else RGBA8
        for level, pixels in enumerate(mipmaps.levels):
            rows, columns = pixels.shape[:2]
            calls.tex_image_2d(TEXTURE_2D, level, internal, columns, rows, 0, RGBA, UNSIGNED_BYTE, None)
        try:
            calls.check(f"making room for {mipmaps.size_bytes / _MIB:.0f} MiB")
        except RendererError as error:
            raise RendererError(f"texture '{texture.name}' ({width}x{height}) does not fit: {error}") from error
        self.gpu_bytes += mipmaps.size_bytes

    def _no_finer(self, mipmaps: Mipmaps) -> Mipmaps:
        """Without the levels that are finer than the device should have."""
        finest = self._quality.texture_px_max
        fitting = tuple(level for level in mipmaps.levels if max(level.shape[:2]) <= finest)
        return Mipmaps(fitting) if fitting else mipmaps

    def _min_filter(self, texture: Texture) -> int:
        smooth = LINEAR_MIPMAP_LINEAR if self._quality.trilinear else LINEAR_MIPMAP_NEAREST
        if texture.min_filter is None:
            return _NEAREST_MIPMAP_NEAREST if texture.nearest else smooth
        # The smoothest is what most tools write without being asked; a software device has a quicker one.
        return smooth if texture.min_filter is MinFilter.LINEAR_MIPMAP_LINEAR else _MIN_FILTERS[texture.min_filter]

    def _bind(self, form: TextureForm) -> None:
        self._context.calls.active_texture(TEXTURE0)
        self._context.calls.bind_texture(TEXTURE_2D, self._names[form])

    def release(self) -> None:
        """Free all, also where some are only half uploaded."""
        for name in self._names.values():
            freed = ctypes.c_uint(name)
            self._context.calls.delete_textures(1, ctypes.addressof(freed))
        self._names.clear()
        self._waiting.clear()
        self.gpu_bytes = 0
