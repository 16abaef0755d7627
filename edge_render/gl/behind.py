"""What lies behind glass: a copy of the picture so far, with mipmaps, so that rough glass can show it blurred."""

from __future__ import annotations

from typing import Any

from edge_render.gl.by_size import BySize
from edge_render.gl.calls import (
    COLOR_BUFFER_BIT,
    DRAW_FRAMEBUFFER,
    FRAMEBUFFER,
    LINEAR,
    LINEAR_MIPMAP_LINEAR,
    NEAREST,
    READ_FRAMEBUFFER,
    TEXTURE0,
    TEXTURE_2D,
)
from edge_render.gl.context import GlContext
from edge_render.gl.programs import BEHIND_UNIT
from edge_render.gl.targets import Target


class BehindCopy:
    """Made and used on the GL thread."""

    def __init__(self, context: GlContext) -> None:
        self._context = context
        self._copies = BySize(self._make)

    def take(self, target: Target) -> None:
        """Copy what is drawn into a target, and bind it; the target's framebuffer is bound again after."""
        calls = self._context.calls
        texture, framebuffer = self._copies.get(target.width, target.height)
        calls.bind_framebuffer(READ_FRAMEBUFFER, target.drawn.glo)
        calls.bind_framebuffer(DRAW_FRAMEBUFFER, framebuffer.glo)
        corners = (0, 0, target.width, target.height)
        calls.blit_framebuffer(*corners, *corners, COLOR_BUFFER_BIT, NEAREST)
        calls.active_texture(TEXTURE0 + BEHIND_UNIT)
        calls.bind_texture(TEXTURE_2D, texture.glo)
        calls.generate_mipmap(TEXTURE_2D)
        calls.bind_framebuffer(FRAMEBUFFER, target.drawn.glo)

    def _make(self, width: int, height: int) -> tuple[Any, ...]:
        texture = self._context.moderngl.texture((width, height), 4)
        texture.build_mipmaps()
        texture.filter = (LINEAR_MIPMAP_LINEAR, LINEAR)
        texture.repeat_x = texture.repeat_y = False
        return texture, self._context.moderngl.framebuffer([texture])

    def release(self) -> None:
        self._copies.release()
