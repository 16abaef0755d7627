"""Screen-space ambient occlusion: depth is drawn first, and from it how open each point of the picture is."""

from __future__ import annotations

from typing import Any

import numpy as np

from edge_render.geometry.draw_list import DrawList
from edge_render.gl.by_size import BySize
from edge_render.gl.calls import (
    BLEND,
    CULL_FACE,
    CW,
    DEPTH_BUFFER_BIT,
    DEPTH_TEST,
    FRAMEBUFFER,
    LEQUAL,
    LINEAR,
    NEAREST,
    TEXTURE0,
    TEXTURE_2D,
    TRIANGLES,
)
from edge_render.gl.context import GlContext
from edge_render.gl.gpu_scene import GpuScene
from edge_render.gl.programs import BASE_UNIT, OPENNESS_UNIT, GlPrograms
from edge_render.pose import Matrix

RADIUS_M = 0.5
"""What is further away hides nothing."""


class Openness:
    """Made and used on the GL thread."""

    def __init__(self, context: GlContext, programs: GlPrograms) -> None:
        self._context = context
        self._estimate: Any = programs.get("fullscreen.vert", "openness.frag")
        self._smooth: Any = programs.get("fullscreen.vert", "openness.frag", frozenset({"SMOOTHED"}))
        self._no_vertices: Any = context.moderngl.vertex_array(self._estimate, [])
        self._buffers = BySize(self._make)

    def draw(
        self, scene: GpuScene, draws: DrawList, clip_from_world: Matrix, reach: float, width: int, height: int
    ) -> None:
        """Find it for a picture, whose Frame block is bound, and bind it. ``reach``: how high a metre is, one metre
        away, as a share of the picture. Leaves the framebuffer and the viewport changed."""
        depth, rough, smooth, to_depth, to_rough, to_smooth = self._buffers.get(width, height)
        calls = self._context.calls
        calls.bind_framebuffer(FRAMEBUFFER, to_depth.glo)
        calls.viewport(0, 0, width, height)
        calls.depth_mask(1)
        calls.clear(DEPTH_BUFFER_BIT)
        calls.enable(DEPTH_TEST)
        calls.depth_func(LEQUAL)
        calls.front_face(CW)
        calls.disable(BLEND)
        scene.draw_depth(draws.opaque, draws, clip_from_world)
        calls.disable(DEPTH_TEST)
        calls.disable(CULL_FACE)
        calls.viewport(0, 0, width // 2, height // 2)
        calls.bind_vertex_array(self._no_vertices.glo)
        inverse = np.linalg.inv(clip_from_world)
        self._estimate["world_from_clip"].write(np.ascontiguousarray(inverse.T, dtype=np.float32).tobytes())
        self._estimate["radius_m"].value = RADIUS_M
        self._estimate["reach"].value = reach
        for program, source, framebuffer in ((self._estimate, depth, to_rough), (self._smooth, rough, to_smooth)):
            calls.bind_framebuffer(FRAMEBUFFER, framebuffer.glo)
            calls.use_program(program.glo)
            calls.active_texture(TEXTURE0 + BASE_UNIT)
            calls.bind_texture(TEXTURE_2D, source.glo)
            calls.draw_arrays(TRIANGLES, 0, 3)
        calls.active_texture(TEXTURE0 + OPENNESS_UNIT)
        calls.bind_texture(TEXTURE_2D, smooth.glo)

    def _make(self, width: int, height: int) -> list[Any]:
        context = self._context.moderngl
        depth = context.depth_texture((width, height))
        depth.compare_func = ""
        depth.filter = (NEAREST, NEAREST)
        halves = [context.texture((width // 2, height // 2), 2, dtype="f2") for _ in range(2)]
        for texture in (depth, *halves):
            texture.repeat_x = texture.repeat_y = False
        halves[1].filter = (LINEAR, LINEAR)
        framebuffers = [context.framebuffer(depth_attachment=depth), *(context.framebuffer([half]) for half in halves)]
        return [depth, *halves, *framebuffers]

    def release(self) -> None:
        self._buffers.release()
        self._no_vertices.release()
