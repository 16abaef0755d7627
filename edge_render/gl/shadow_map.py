"""The sun's shadow map. The scene is static, so it is drawn once, when a scene is loaded."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.gl.calls import (
    BLEND,
    CCW,
    DEPTH_BUFFER_BIT,
    DEPTH_TEST,
    FRAMEBUFFER,
    LEQUAL,
    POLYGON_OFFSET_FILL,
)
from edge_render.gl.context import GlContext
from edge_render.gl.gpu_scene import GpuScene
from edge_render.pose import Vec3

_LINEAR = 0x2601


def sun_projection(
    direction: Vec3, low: NDArray[np.float64], high: NDArray[np.float64]
) -> tuple[NDArray[np.float64], float]:
    """The parallel projection along the sun that just holds a box: clip from world (4, 4), and the larger
    edge of the picture in metres."""
    along = np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction)
    helper = np.array([0.0, 1.0, 0.0]) if abs(along[1]) < 0.9 else np.array([0.0, 0.0, 1.0])
    right = np.cross(along, helper)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(right, along), along])
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    turned = corners @ rotation.T
    near, far = turned.min(axis=0), turned.max(axis=0)
    # A margin keeps what lies in the outermost faces off the edge of the map.
    margin = 0.01 * (far - near).max() + 1e-3
    near, far = near - margin, far + margin
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * (2.0 / (far - near))[:, None]
    matrix[:3, 3] = -(far + near) / (far - near)
    return matrix, float((far - near)[:2].max())


class ShadowMap:
    """Depth as the sun sees a whole scene; glass (BLEND) casts no shadow, MASK casts that of its alpha."""

    def __init__(self, context: GlContext, scene: GpuScene, size: int) -> None:
        limit = context.moderngl.info["GL_MAX_TEXTURE_SIZE"]
        self._size = min(size, limit)
        clip_from_world, edge_m = sun_projection(scene.source.sun.direction, *scene.bounds)
        to_texture = np.array([[0.5, 0, 0, 0.5], [0, 0.5, 0, 0.5], [0, 0, 0.5, 0.5], [0, 0, 0, 1.0]])
        self.texture_from_world = to_texture @ clip_from_world
        self.normal_offset_m = 1.5 * edge_m / self._size
        """Surfaces look up their shadow this far off along their normal, so that they don't shadow themselves."""
        self._texture: Any = context.moderngl.depth_texture((self._size, self._size))
        self._texture.compare_func = "<="
        self._texture.filter = (_LINEAR, _LINEAR)
        self._texture.repeat_x = self._texture.repeat_y = False
        self._framebuffer: Any = context.moderngl.framebuffer(depth_attachment=self._texture)
        self._draw(context, scene, clip_from_world)

    @property
    def texture(self) -> int:
        return int(self._texture.glo)

    def _draw(self, context: GlContext, scene: GpuScene, clip_from_world: NDArray[np.float64]) -> None:
        calls = context.calls
        calls.bind_framebuffer(FRAMEBUFFER, self._framebuffer.glo)
        calls.viewport(0, 0, self._size, self._size)
        calls.depth_mask(1)
        calls.clear(DEPTH_BUFFER_BIT)
        calls.enable(DEPTH_TEST)
        calls.depth_func(LEQUAL)
        calls.front_face(CCW)
        calls.disable(BLEND)
        calls.enable(POLYGON_OFFSET_FILL)
        calls.polygon_offset(1.5, 2.0)
        draws = scene.draw_list(clip_from_world, (0.0, 0.0, 0.0))
        scene.draw_depth(draws.opaque, draws, clip_from_world)
        calls.disable(POLYGON_OFFSET_FILL)
        calls.check("drawing the shadow map")

    def release(self) -> None:
        self._framebuffer.release()
        self._texture.release()
