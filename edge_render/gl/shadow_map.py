"""The sun's shadow maps: what stands still is drawn once, what moves once for each time at which it is seen.

Glass casts no shadow, MASK casts that of its alpha.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.geometry.draw_list import Detail, DrawList
from edge_render.gl.calls import (
    BLEND,
    CCW,
    DEPTH_BUFFER_BIT,
    DEPTH_TEST,
    FRAMEBUFFER,
    LEQUAL,
    LINEAR,
    POLYGON_OFFSET_FILL,
    TEXTURE0,
    TEXTURE_2D,
)
from edge_render.gl.context import GlContext
from edge_render.gl.gpu_scene import GpuScene
from edge_render.gl.programs import CASCADE_UNITS, MOVING_SHADOW_UNIT, SHADOW_UNIT
from edge_render.pose import Matrix, Vec3
from edge_render.render_quality import RenderQuality
from edge_render.shadow_plan import Cell, MapPart

STEP_INDICES = 60_000
"""Drawn at once while a scene is loaded: a few milliseconds on the CPU."""
PARTS_MAX = 4
"""Three cascades, and what moves."""
_OFFSET_TEXELS = 1.5
"""Surfaces look up their shadow this far off along their normal, so that they don't shadow themselves."""
_NOWHERE = -1.0
"""Offset of a cascade that is not there: with a scale of 0, no point lies in it."""
_KEPT_S = 0.25
"""So long after a picture its cascades are not given to others: who moves has another picture by then."""
_TO_TEXTURE = np.array([[0.5, 0, 0, 0.5], [0, 0.5, 0, 0.5], [0, 0, 0.5, 0.5], [0, 0, 0, 1.0]])


class _DepthMap:
    """One square depth texture that is compared with."""

    def __init__(self, context: GlContext, size: int) -> None:
        self.size = min(size, int(context.moderngl.info["GL_MAX_TEXTURE_SIZE"]))
        self._texture: Any = context.moderngl.depth_texture((self.size, self.size))
        self._texture.compare_func = "<="
        self._texture.filter = (LINEAR, LINEAR)
        self._texture.repeat_x = self._texture.repeat_y = False
        self._framebuffer: Any = context.moderngl.framebuffer(depth_attachment=self._texture)
        self._calls = context.calls

    def draw(self, scene: GpuScene, clip_from_world: Matrix, *, moving: bool) -> None:
        """Draw what moves, or what does not. Leaves the framebuffer and the viewport changed."""
        draws = self._draw_list(scene, clip_from_world, moving=moving)
        self._begin(clear=True)
        scene.draw_depth(draws.opaque, draws, clip_from_world)
        self._calls.disable(POLYGON_OFFSET_FILL)

    def draw_in_steps(self, scene: GpuScene, clip_from_world: Matrix) -> Iterator[None]:
        """Draw what does not move, in steps of a few milliseconds: between two of them others may draw."""
        draws = self._draw_list(scene, clip_from_world, moving=False)
        self._begin(clear=True)
        self._calls.disable(POLYGON_OFFSET_FILL)
        for runs in draws.parted(draws.opaque, STEP_INDICES):
            self._begin(clear=False)
            scene.draw_depth(runs, draws, clip_from_world)
            self._calls.disable(POLYGON_OFFSET_FILL)
            self._calls.finish()
            yield

    def _draw_list(self, scene: GpuScene, clip_from_world: Matrix, *, moving: bool) -> DrawList:
        pixels_a_metre = 0.5 * self.size * float(np.linalg.norm(clip_from_world[:2, :3], axis=1).max())
        detail = Detail(pixels_a_metre, parallel=True)
        return scene.draw_list(clip_from_world, (0.0, 0.0, 0.0), detail=detail, moving=moving)

    def _begin(self, *, clear: bool) -> None:
        calls = self._calls
        calls.bind_framebuffer(FRAMEBUFFER, self._framebuffer.glo)
        calls.viewport(0, 0, self.size, self.size)
        calls.depth_mask(1)
        if clear:
            calls.clear(DEPTH_BUFFER_BIT)
        calls.enable(DEPTH_TEST)
        calls.depth_func(LEQUAL)
        calls.front_face(CCW)
        calls.disable(BLEND)
        calls.enable(POLYGON_OFFSET_FILL)
        calls.polygon_offset(1.5, 2.0)

    def bind(self, unit: int) -> None:
        self._calls.active_texture(TEXTURE0 + unit)
        self._calls.bind_texture(TEXTURE_2D, self._texture.glo)

    def release(self) -> None:
        self._framebuffer.release()
        self._texture.release()


@dataclass(slots=True, eq=False)
class _Kept:
    """The map of a cell, and when it was last looked up."""

    depth: _DepthMap
    used_s: float


class SunShadows:
    """All maps of one scene. Made and used on the GL thread."""

    def __init__(self, context: GlContext, scene: GpuScene, quality: RenderQuality) -> None:
        self._context, self._scene, self._quality = context, scene, quality
        self._plan = plan = scene.shadows
        self.texture_from_world = _TO_TEXTURE @ plan.clip_from_world
        self._shines = scene.source.sun.intensity > 0.0
        self._whole = _DepthMap(context, quality.shadow_size if self._shines else 1)
        self.normal_offset_m = _OFFSET_TEXELS * float(plan.edges_m.max()) / self._whole.size
        self._cells: OrderedDict[Cell, _Kept] = OrderedDict()
        self._moving: _DepthMap | None = None
        self._drawn_at: int | None = None
        if not self._shines:
            return
        if scene.chunks.moving:
            self._moving = _DepthMap(context, quality.shadow_size // 2)
            self._moving_part = plan.part_around(*scene.chunks.moving_bounds)

    def draw_still(self) -> Iterator[None]:
        """Draw the map of the whole scene, in steps; before anything else."""
        if self._shines:
            yield from self._whole.draw_in_steps(self._scene, self._plan.clip_from_world)
        self._context.calls.check("drawing the shadow map")

    @property
    def gpu_bytes(self) -> int:
        maps = [
            self._whole,
            *(kept.depth for kept in self._cells.values()),
            *([] if self._moving is None else [self._moving]),
        ]
        return sum(4 * one.size * one.size for one in maps)

    @property
    def _maps(self) -> list[_DepthMap]:
        moving = [] if self._moving is None else [self._moving]
        return [self._whole, *moving, *(kept.depth for kept in self._cells.values())]

    def prepare(self, eye: Vec3, now_s: float) -> NDArray[np.float32]:
        """Draw what is missing for a visitor, before the picture is begun, and bind all maps: nothing without a sun.

        One cascade is drawn for a picture at most, the finest first: a coarser map serves meanwhile, and nobody waits
        for three drawings of a large scene.
        Returns (PARTS_MAX, 8): of each cascade, and last of what moves, scale and offset, and the normal offset as a
        share of that of the whole map.
        """
        parts = np.zeros((PARTS_MAX, 8), np.float32)
        if not self._shines:
            return parts
        drawn = False
        for index, cell in enumerate(self._plan.cells(eye)):
            part = self._plan.part(cell)
            if cell not in self._cells and not drawn:
                drawn = self._draw_cell(cell, part, now_s)
            kept = self._cells.get(cell)
            if kept is None:
                self._whole.bind(CASCADE_UNITS[index])
                parts[index, 2:4] = _NOWHERE
                continue
            kept.used_s = now_s
            self._cells.move_to_end(cell)
            kept.depth.bind(CASCADE_UNITS[index])
            parts[index] = self._told(part, kept.depth.size)
        if self._moving is not None:
            late = self._drawn_at is None or abs(self._scene.tick - self._drawn_at) >= self._quality.moving_shadow_ticks
            if late:
                self._drawn_at = self._scene.tick
                self._moving.draw(
                    self._scene, self._moving_part.clip_from_whole() @ self._plan.clip_from_world, moving=True
                )
            self._moving.bind(MOVING_SHADOW_UNIT)
            parts[-1] = self._told(self._moving_part, self._moving.size)
        self._whole.bind(SHADOW_UNIT)
        return parts

    def _told(self, part: MapPart, size: int) -> NDArray[np.float32]:
        finer = self._whole.size / (size * float(part.scale.min()))
        return np.array([*part.scale, *part.offset, finer, 0.0, 0.0, 0.0], np.float32)

    def _draw_cell(self, cell: Cell, part: MapPart, now_s: float) -> bool:
        """Draw the map of a cell; the one longest unused makes room, and lends its texture. Returns whether there was
        room: visitors whose cells don't fit together see coarser shadows, and do not take them from each other."""
        if len(self._cells) < self._quality.shadow_cells:
            depth = _DepthMap(self._context, self._quality.cascade_size)
        elif now_s - next(iter(self._cells.values())).used_s < _KEPT_S:
            return False
        else:
            depth = self._cells.popitem(last=False)[1].depth
        self._cells[cell] = _Kept(depth, now_s)
        depth.draw(self._scene, part.clip_from_whole() @ self._plan.clip_from_world, moving=False)
        return True

    def release(self) -> None:
        for one in self._maps:
            one.release()
