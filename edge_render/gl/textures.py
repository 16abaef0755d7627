"""Textures of a scene on the GPU: colour space, mipmaps, filtering and wrapping."""

from __future__ import annotations

from typing import Any

from edge_render.errors import RendererError
from edge_render.gl.calls import TEXTURE0, TEXTURE_2D
from edge_render.gl.context import GlContext
from edge_render.render_quality import RenderQuality
from edge_render.scene import MinFilter, Scene, Texture, Wrap

_SRGB8_ALPHA8 = 0x8C43
_NEAREST = 0x2600
_LINEAR = 0x2601
_NEAREST_MIPMAP_NEAREST = 0x2700
_LINEAR_MIPMAP_NEAREST = 0x2701
_LINEAR_MIPMAP_LINEAR = 0x2703
_MIN_FILTERS = {
    MinFilter.NEAREST: _NEAREST,
    MinFilter.LINEAR: _LINEAR,
    MinFilter.NEAREST_MIPMAP_NEAREST: _NEAREST_MIPMAP_NEAREST,
    MinFilter.LINEAR_MIPMAP_NEAREST: _LINEAR_MIPMAP_NEAREST,
    MinFilter.NEAREST_MIPMAP_LINEAR: 0x2702,
}
_TEXTURE_WRAP_S = 0x2802
_TEXTURE_WRAP_T = 0x2803
_WRAP = {Wrap.REPEAT: 0x2901, Wrap.CLAMP: 0x812F, Wrap.MIRROR: 0x8370}


class GlTextures:
    """Uploads each texture once per colour space in which materials use it."""

    def __init__(self, context: GlContext, scene: Scene, quality: RenderQuality) -> None:
        self._context, self._scene, self._quality = context, scene, quality
        self._made: dict[tuple[int, bool], Any] = {}

    def get(self, index: int, *, srgb: bool) -> int:
        """OpenGL name of texture ``index``; ``srgb`` where it holds colour and not plain numbers."""
        key = (index, srgb)
        if key not in self._made:
            self._made[key] = self._upload(self._scene.textures[index], srgb)
        return int(self._made[key].glo)

    @property
    def gpu_bytes(self) -> int:
        """With their mipmaps, which take a third more."""
        return sum(4 * made.width * made.height * 4 // 3 for made in self._made.values())

    def _upload(self, texture: Texture, srgb: bool) -> Any:
        height, width = texture.pixels.shape[:2]
        limit = self._context.moderngl.info["GL_MAX_TEXTURE_SIZE"]
        if max(width, height) > limit:
            raise RendererError(f"texture '{texture.name}': {width}x{height}, this device takes at most {limit}")
        made = self._context.moderngl.texture(
            (width, height),
            4,
            texture.pixels.tobytes(),
            alignment=1,
            internal_format=_SRGB8_ALPHA8 if srgb else None,
        )
        calls = self._context.calls
        calls.active_texture(TEXTURE0)
        calls.bind_texture(TEXTURE_2D, made.glo)
        calls.tex_parameter(TEXTURE_2D, _TEXTURE_WRAP_S, _WRAP[texture.wrap_s])
        calls.tex_parameter(TEXTURE_2D, _TEXTURE_WRAP_T, _WRAP[texture.wrap_t])
        calls.generate_mipmap(TEXTURE_2D)
        smallest = self._min_filter(texture)
        made.filter = (smallest, _NEAREST if texture.nearest else _LINEAR)
        if smallest == _LINEAR_MIPMAP_LINEAR and not texture.nearest and self._quality.anisotropy > 1.0:
            made.anisotropy = min(self._quality.anisotropy, self._context.moderngl.max_anisotropy)
        return made

    def _min_filter(self, texture: Texture) -> int:
        smooth = _LINEAR_MIPMAP_LINEAR if self._quality.trilinear else _LINEAR_MIPMAP_NEAREST
        if texture.min_filter is None:
            return _NEAREST_MIPMAP_NEAREST if texture.nearest else smooth
        # The smoothest is what most tools write without being asked; a software device has a quicker one.
        return smooth if texture.min_filter is MinFilter.LINEAR_MIPMAP_LINEAR else _MIN_FILTERS[texture.min_filter]

    def release(self) -> None:
        for made in self._made.values():
            made.release()
        self._made.clear()
