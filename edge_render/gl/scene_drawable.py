"""A model's scene as GlRenderer draws it: one forward pass, in which each merged batch is one multi-draw call."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.geometry.batches import PreparedScene, prepare_scene
from edge_render.geometry.clip_range import clip_range
from edge_render.geometry.draw_list import Detail
from edge_render.gl.behind import BehindCopy
from edge_render.gl.calls import (
    BLEND,
    COLOR_BUFFER_BIT,
    CW,
    DEPTH_BUFFER_BIT,
    DEPTH_TEST,
    FRAMEBUFFER,
    LEQUAL,
    UNIFORM_BUFFER,
)
from edge_render.gl.drawable import UPSIDE_DOWN, GlParts, Sampling
from edge_render.gl.gpu_scene import GpuScene
from edge_render.gl.openness import Openness
from edge_render.gl.programs import FRAME_BINDING
from edge_render.gl.shadow_map import SunShadows
from edge_render.gl.surroundings import Surroundings
from edge_render.gl.targets import Target
from edge_render.pose import Matrix, Pose, perspective
from edge_render.renderer import View
from edge_render.scene import Scene
from edge_render.tone import srgb_from_linear, tone_map

POINT_PX = 3.0
"""Width and height of points, pixels: glTF says nothing of it, and of one pixel nobody sees the colour."""
_FRAME_FLOATS = 16 + 16 + 5 * 4


class SceneDrawable:
    """Keeps the contract of Drawable in edge_render/gl/drawable.py."""

    def __init__(self, parts: GlParts, content: Scene | PreparedScene) -> None:
        """What is not prepared yet is prepared by the first step of loading, however long that takes."""
        self._parts = parts
        self._content: Scene | PreparedScene | None = content
        scene = content.source if isinstance(content, PreparedScene) else content
        self._scene = replace(scene, meshes=(), textures=())
        self._gpu: GpuScene | None = None
        self._shadow: SunShadows | None = None
        self._around: Surroundings | None = None
        self._behind = BehindCopy(parts.context)
        self._openness: Openness | None = None
        self._background = _background(scene)
        self._frame_block: Any = None
        self._constants = np.zeros(_FRAME_FLOATS, np.float32)

    @property
    def gpu_bytes(self) -> int:
        """See Drawable.gpu_bytes."""
        return sum(0 if part is None else part.gpu_bytes for part in (self._gpu, self._around, self._shadow))

    def upload(self) -> Iterator[float]:
        """See Drawable.upload."""
        parts = self._parts
        self._frame_block = parts.context.moderngl.buffer(reserve=_FRAME_FLOATS * 4)
        content, self._content = self._content, None  # its pixels are let go once they are on the GPU
        assert content is not None, "it is uploaded once"
        prepared = content if isinstance(content, PreparedScene) else prepare_scene(content)
        self._around = Surroundings(parts.context, parts.programs, self._scene, trilinear=parts.quality.trilinear)
        self._around.upload()
        gpu = self._gpu = GpuScene(parts.context, parts.programs, prepared, parts.quality)
        for done in gpu.upload():
            yield 0.9 * done
        shadow = self._shadow = SunShadows(parts.context, gpu, parts.quality)
        for _ in shadow.draw_still():
            yield 0.95
        self._constants = _constants(self._scene, self._shadow)
        if self._scene.ambient_occlusion and parts.quality.ambient_occlusion:
            self._openness = Openness(parts.context, parts.programs)
        yield 1.0

    def changing(self, view: View) -> bool:
        """See Drawable.changing."""
        assert self._gpu is not None, "it is uploaded"
        gpu = self._gpu
        if gpu.lights_move:
            return True
        sun = self._scene.sun
        return gpu.chunks.moving > 0 and gpu.chunks.seen_moving(
            _clip_from_world(view, *gpu.bounds), view.variant, sun.direction if sun.intensity > 0.0 else None
        )

    def draw(self, view: View, target: Target, sampling: Sampling) -> None:
        """See Drawable.draw."""
        gpu, shadow, around = self._gpu, self._shadow, self._around
        assert gpu is not None, "it is uploaded"
        assert shadow is not None, "it is uploaded"
        assert around is not None, "it is uploaded"
        calls = self._parts.context.calls
        now_s = self._parts.now_s()
        gpu.move_to(now_s)
        clip_from_world = sampling.shift(target.width, target.height) @ _clip_from_world(view, *gpu.bounds)
        detail = Detail(0.5 * target.height / math.tan(0.5 * view.fov_y_rad))
        draws = gpu.draw_list(clip_from_world, view.pose.position, variant=view.variant, detail=detail)
        if sampling.little:
            draws = draws.little()
        frame = self._constants.copy()
        frame[:16] = clip_from_world.T.reshape(-1)
        frame[32:35] = view.pose.position
        frame[35] = -sampling.finer_levels
        self._frame_block.write(frame.tobytes())
        shadow_parts = shadow.prepare(view.pose.position, now_s)

        calls.bind_buffer_base(UNIFORM_BUFFER, FRAME_BINDING, self._frame_block.glo)
        if self._openness is not None:
            reach = 0.5 / math.tan(0.5 * view.fov_y_rad)
            self._openness.draw(gpu, draws, clip_from_world, reach, target.width, target.height)
        calls.bind_framebuffer(FRAMEBUFFER, target.drawn.glo)
        calls.viewport(0, 0, target.width, target.height)
        calls.depth_mask(1)
        calls.clear_color(*self._background, 1.0)
        calls.clear(COLOR_BUFFER_BIT | DEPTH_BUFFER_BIT)
        calls.enable(DEPTH_TEST)
        calls.depth_func(LEQUAL)
        calls.front_face(CW)  # the upside-down projection turns the winding
        calls.disable(BLEND)
        around.bind(view.pose.position, gpu.nodes, shadow_parts)
        # What is drawn smaller is enlarged, and points with it.
        calls.point_size(max(1.0, POINT_PX * target.height / view.height))
        gpu.draw_runs(draws.opaque, draws)
        around.draw_background(clip_from_world, view.pose.position, target.width, target.height)
        if draws.blended:
            if gpu.sees_behind(draws):
                self._behind.take(target)
            calls.enable(BLEND)
            calls.depth_mask(0)
            gpu.draw_runs(draws.blended, draws)
            calls.depth_mask(1)

    def overview(self) -> Pose:
        """See Drawable.overview."""
        assert self._gpu is not None, "it is uploaded"
        low, high = self._gpu.bounds
        center, radius_m = (low + high) / 2.0, float(np.linalg.norm(high - low)) / 2.0 + 1.0
        return Pose((float(center[0]), float(center[1]), float(center[2]) + 2.0 * radius_m), (0.0, 0.0, 0.0, 1.0))

    def release(self) -> None:
        """See Drawable.release."""
        for part in (self._shadow, self._around, self._gpu, self._frame_block, self._behind, self._openness):
            if part is not None:
                part.release()


def _clip_from_world(view: View, low: NDArray[np.float64], high: NDArray[np.float64]) -> Matrix:
    planes_m = clip_range(view.pose.position, low, high)
    projection = UPSIDE_DOWN @ perspective(view.fov_y_rad, view.aspect, *planes_m)
    result: Matrix = projection @ view.pose.view_matrix()
    return result


def _background(scene: Scene) -> tuple[float, float, float]:
    red, green, blue = srgb_from_linear(tone_map(np.multiply(scene.background, scene.exposure)))
    return float(red), float(green), float(blue)


def _constants(scene: Scene, shadow: SunShadows) -> NDArray[np.float32]:
    """The part of the Frame block that views don't change."""
    frame = np.zeros(_FRAME_FLOATS, np.float32)
    frame[16:32] = shadow.texture_from_world.T.reshape(-1)
    direction = np.asarray(scene.sun.direction)
    frame[36:39] = -direction / np.linalg.norm(direction)
    frame[39] = shadow.normal_offset_m
    frame[40:43] = np.multiply(scene.sun.color, scene.sun.intensity * scene.exposure)
    frame[44:47] = np.multiply(scene.ambient.sky, scene.ambient.intensity * scene.exposure)
    frame[48:51] = np.multiply(scene.ambient.ground, scene.ambient.intensity * scene.exposure)
    return frame
