"""Read-back of the drawn picture, as RGBA or as I420 planes that a shader makes.

The scene is drawn upside down (see renderer), so OpenGL's first row is the top one and nothing needs
to be flipped. Pixels are read straight into the array that the caller gets.
"""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.frame import PixelFormat
from edge_render.gl.calls import (
    BLEND,
    CULL_FACE,
    DEPTH_TEST,
    FRAMEBUFFER,
    PACK_ALIGNMENT,
    RGBA,
    TEXTURE0,
    TEXTURE_2D,
    TRIANGLES,
    UNSIGNED_BYTE,
)
from edge_render.gl.context import GlContext
from edge_render.gl.programs import BASE_UNIT, GlPrograms
from edge_render.gl.targets import TARGETS_MAX, Target

# ITU-R BT.709, limited range: 224 steps of chroma, from the sum of four RGB samples in 0..1.
_U_WEIGHTS = tuple(224.0 / 4.0 / 1.8556 * weight for weight in (-0.2126, -0.7152, 1.0 - 0.0722))
_V_WEIGHTS = tuple(224.0 / 4.0 / 1.5748 * weight for weight in (1.0 - 0.2126, -0.7152, -0.0722))

PLANES_MAX = 2 * TARGETS_MAX
"""Of luma and of chroma, for each size that is drawn in of late. Visitors choose their sizes, any number of them."""

Pixels = NDArray[np.uint8]


class Capture:
    """Takes pictures off the GPU in one layout."""

    def __init__(self, context: GlContext, programs: GlPrograms, pixel_format: PixelFormat) -> None:
        self._context, self._programs, self.pixel_format = context, programs, pixel_format
        self._planes: OrderedDict[tuple[int, int], tuple[Any, Any]] = OrderedDict()
        self._no_vertices: Any = context.moderngl.vertex_array(programs.get("fullscreen.vert", "i420.frag"), [])

    def read(self, target: Target) -> Pixels:
        """The resolved picture of a target, in a new array laid out as PixelFormat says. Waits for the GPU."""
        if self.pixel_format is PixelFormat.RGBA:
            pixels = np.empty((target.height, target.width, 4), np.uint8)
            self._read(target.resolved, target.width, target.height, pixels)
            return pixels
        pixels = np.empty((target.height * 3 // 2, target.width), np.uint8)
        flat = pixels.reshape(-1)
        luma, chroma = target.width * target.height, target.width * target.height // 4
        half = (target.width // 2, target.height // 2)
        self._plane(target, (target.width, target.height), flat[:luma], None)
        self._plane(target, half, flat[luma : luma + chroma], _U_WEIGHTS)
        self._plane(target, half, flat[luma + chroma :], _V_WEIGHTS)
        return pixels

    def _plane(self, target: Target, size: tuple[int, int], out: Pixels, weights: tuple[float, ...] | None) -> None:
        """Draw one plane, four samples a pixel, and read it; rows are padded where 4 does not divide the width."""
        width, height = size
        packed = -(-width // 4)
        _, framebuffer = self._plane_target(packed, height)
        program = self._programs.get("fullscreen.vert", "i420.frag", frozenset({"LUMA"} if weights is None else ()))
        if weights is not None:
            program["weights"].value = weights
        calls = self._context.calls
        calls.bind_framebuffer(FRAMEBUFFER, framebuffer.glo)
        calls.viewport(0, 0, packed, height)
        for state in (DEPTH_TEST, CULL_FACE, BLEND):
            calls.disable(state)
        calls.use_program(program.glo)
        calls.active_texture(TEXTURE0 + BASE_UNIT)
        calls.bind_texture(TEXTURE_2D, target.color.glo)
        calls.bind_vertex_array(self._no_vertices.glo)
        calls.draw_arrays(TRIANGLES, 0, 3)
        if packed * 4 == width:
            self._read(framebuffer, packed, height, out)
            return
        padded = np.empty((height, packed * 4), np.uint8)
        self._read(framebuffer, packed, height, padded)
        out.reshape(height, width)[:] = padded[:, :width]

    def _plane_target(self, width: int, height: int) -> tuple[Any, Any]:
        key = (width, height)
        if key in self._planes:
            self._planes.move_to_end(key)
            return self._planes[key]
        if len(self._planes) >= PLANES_MAX:
            _release(*self._planes.popitem(last=False)[1])
        texture = self._context.moderngl.texture(key, 4)
        self._planes[key] = (texture, self._context.moderngl.framebuffer([texture]))
        return self._planes[key]

    def _read(self, framebuffer: Any, width: int, height: int, out: Pixels) -> None:
        calls = self._context.calls
        calls.bind_framebuffer(FRAMEBUFFER, framebuffer.glo)
        calls.pixel_store(PACK_ALIGNMENT, 1)
        calls.read_pixels(0, 0, width, height, RGBA, UNSIGNED_BYTE, out.ctypes.data)

    def release(self) -> None:
        self._no_vertices.release()
        for plane in self._planes.values():
            _release(*plane)
        self._planes.clear()


def _release(texture: Any, framebuffer: Any) -> None:
    framebuffer.release()
    texture.release()
