"""Draws scenes with OpenGL: the renderer that visitors see. Keeps the contract of edge_render/renderer.py.

A frame is one forward pass: each material's merged batch is one multi-draw call, shaded, tone mapped and
written as sRGB at once. The picture is drawn upside down, so that read-back has its first row on top.
"""

from __future__ import annotations

import itertools
import time
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.errors import RendererError
from edge_render.frame import PixelFormat
from edge_render.gl.calls import (
    BLEND,
    COLOR_BUFFER_BIT,
    CW,
    DEPTH_BUFFER_BIT,
    DEPTH_TEST,
    DRAW_FRAMEBUFFER,
    FRAMEBUFFER,
    LEQUAL,
    LINEAR,
    NEAREST,
    ONE,
    ONE_MINUS_SRC_ALPHA,
    READ_FRAMEBUFFER,
    TEXTURE0,
    TEXTURE_2D,
    UNIFORM_BUFFER,
)
from edge_render.gl.capture import Capture
from edge_render.gl.context import GlContext
from edge_render.gl.gpu_scene import GpuScene
from edge_render.gl.programs import FRAME_BINDING, SHADOW_UNIT, GlPrograms
from edge_render.gl.refiner import GlRefiner
from edge_render.gl.shadow_map import ShadowMap
from edge_render.gl.targets import GlTargets, Target
from edge_render.pose import Matrix, Pose, perspective
from edge_render.render_quality import RenderQuality
from edge_render.renderer import FAR_M, NEAR_M, Picture, SceneHandle, View
from edge_render.scene import Scene
from edge_render.tone import srgb_from_linear, tone_map

_FRAME_FLOATS = 16 + 16 + 5 * 4
_UPSIDE_DOWN = np.diag([1.0, -1.0, 1.0, 1.0])
_WARM_UP_SIZE = 64
_SCALED_FROM_PIXELS = 480 * 270
"""Smaller pictures are quick anyway, and would lose too much."""


@dataclass(frozen=True, slots=True, eq=False)
class _Loaded:
    gpu: GpuScene
    shadow: ShadowMap
    background: tuple[float, float, float]
    """sRGB, 0..1."""
    constants: NDArray[np.float32]
    """The part of the Frame block that views don't change."""


class GlRenderer:
    """Renderer on OpenGL. Takes the context over: close() closes it too."""

    def __init__(self, context: GlContext, pixel_format: PixelFormat, quality: RenderQuality | None = None) -> None:
        """``quality`` defaults to what suits the device. Raises RendererError where a shader does not compile."""
        context.make_current()
        self._context = context
        self.quality = quality or RenderQuality.for_device(context.software)
        self._programs = GlPrograms(context)
        self._targets = GlTargets(context)
        self._capture = Capture(context, self._programs, pixel_format)
        self._refiner = GlRefiner(
            context, self._programs, self._targets, self._capture, self._draw_pass, self.quality.hand_outs
        )
        self._frame_block: Any = context.moderngl.buffer(reserve=_FRAME_FLOATS * 4)
        self._scenes: dict[SceneHandle, _Loaded] = {}
        self._handles = itertools.count(1)
        context.calls.check("setting up")

    @property
    def description(self) -> str:
        return self._context.description

    @property
    def pixel_format(self) -> PixelFormat:
        return self._capture.pixel_format

    @property
    def refiner(self) -> GlRefiner:
        return self._refiner

    def load(self, scene: Scene) -> SceneHandle:
        """Upload a scene, draw its shadow map and draw it once, so that no visitor waits for shader compilers."""
        self._context.make_current()
        gpu = GpuScene(self._context, self._programs, scene, self.quality)
        shadow = ShadowMap(self._context, self._programs, gpu, self.quality.shadow_size)
        handle = SceneHandle(next(self._handles))
        self._scenes[handle] = _Loaded(gpu, shadow, _background(scene), _constants(scene, shadow))
        self._warm_up(handle)
        return handle

    def _warm_up(self, handle: SceneHandle) -> None:
        low, high = self._scenes[handle].gpu.bounds
        center, radius = (low + high) / 2.0, float(np.linalg.norm(high - low)) / 2.0 + 1.0
        pose = Pose((float(center[0]), float(center[1]), float(center[2]) + 2.0 * radius), (0.0, 0.0, 0.0, 1.0))
        view = View(pose, 1.2, _WARM_UP_SIZE, _WARM_UP_SIZE)
        for still in (False, True):
            self.draw(handle, replace(view, still=still))
        refinement = self._refiner.begin(handle, view)
        try:
            for _ in range(2):  # the first is stored, those after it are added
                refinement.add_pass()
            refinement.picture()
        finally:
            refinement.release()

    def unload(self, handle: SceneHandle) -> None:
        self._context.make_current()
        loaded = self._scenes.pop(handle)
        loaded.shadow.release()
        loaded.gpu.release()

    def draw(self, handle: SceneHandle, view: View) -> Picture:
        """Draw and read back. Raises RendererError for an unknown handle or where the driver fails."""
        loaded = self._loaded(handle)
        if view.width < 2 or view.height < 2 or view.width % 2 or view.height % 2:
            raise RendererError(f"pictures have even width and height, not {view.width}x{view.height}")
        self._context.make_current()
        began = time.perf_counter()
        quality = self.quality
        target = self._targets.get(view.width, view.height, quality.still_samples if view.still else quality.samples)
        if view.still or quality.motion_scale == 1.0 or view.width * view.height < _SCALED_FROM_PIXELS:
            self._draw_scene(loaded, view, target)
        else:
            width, height = (2 * round(side * quality.motion_scale / 2) for side in (view.width, view.height))
            smaller = self._targets.get(width, height, quality.samples)
            self._draw_scene(loaded, view, smaller)
            self._enlarge(smaller, target)
        self._context.calls.finish()
        drawn = time.perf_counter()
        pixels = self._capture.read(target)
        self._context.calls.check("drawing a frame")
        captured = time.perf_counter()
        pixels.flags.writeable = False
        return Picture(pixels, self.pixel_format, (drawn - began) * 1e3, (captured - drawn) * 1e3)

    def _loaded(self, handle: SceneHandle) -> _Loaded:
        loaded = self._scenes.get(handle)
        if loaded is None:
            raise RendererError(f"scene {handle} is not loaded")
        return loaded

    def _draw_pass(
        self, handle: SceneHandle, view: View, offset_px: tuple[float, float], finer_levels: float, target: Target
    ) -> None:
        self._draw_scene(self._loaded(handle), view, target, offset_px, finer_levels)

    def _draw_scene(
        self,
        loaded: _Loaded,
        view: View,
        target: Target,
        offset_px: tuple[float, float] = (0.0, 0.0),
        finer_levels: float = 0.0,
    ) -> None:
        """``offset_px``: to the right and down. ``finer_levels``: by how many mipmap levels textures are finer."""
        calls = self._context.calls
        projection = _UPSIDE_DOWN @ perspective(view.fov_y_rad, view.aspect, NEAR_M, FAR_M)
        projection = _moved(2.0 * offset_px[0] / target.width, 2.0 * offset_px[1] / target.height) @ projection
        clip_from_world = projection @ view.pose.view_matrix()
        draws = loaded.gpu.draw_list(clip_from_world, view.pose.position)
        frame = loaded.constants.copy()
        frame[:16] = clip_from_world.T.reshape(-1)
        frame[32:35] = view.pose.position
        frame[35] = -finer_levels
        self._frame_block.write(frame.tobytes())

        calls.bind_framebuffer(FRAMEBUFFER, target.drawn.glo)
        calls.viewport(0, 0, target.width, target.height)
        calls.depth_mask(1)
        calls.clear_color(*loaded.background, 1.0)
        calls.clear(COLOR_BUFFER_BIT | DEPTH_BUFFER_BIT)
        calls.enable(DEPTH_TEST)
        calls.depth_func(LEQUAL)
        calls.front_face(CW)  # the upside-down projection turns the winding
        calls.disable(BLEND)
        calls.bind_buffer_base(UNIFORM_BUFFER, FRAME_BINDING, self._frame_block.glo)
        calls.active_texture(TEXTURE0 + SHADOW_UNIT)
        calls.bind_texture(TEXTURE_2D, loaded.shadow.texture)
        loaded.gpu.draw_runs(draws.opaque, draws)
        if draws.blended:
            calls.enable(BLEND)
            calls.blend_func(ONE, ONE_MINUS_SRC_ALPHA)
            calls.depth_mask(0)
            loaded.gpu.draw_runs(draws.blended, draws)
            calls.depth_mask(1)
        if target.drawn is not target.resolved:
            calls.bind_framebuffer(READ_FRAMEBUFFER, target.drawn.glo)
            calls.bind_framebuffer(DRAW_FRAMEBUFFER, target.resolved.glo)
            corners = (0, 0, target.width, target.height)
            calls.blit_framebuffer(*corners, *corners, COLOR_BUFFER_BIT, NEAREST)

    def _enlarge(self, smaller: Target, target: Target) -> None:
        calls = self._context.calls
        calls.bind_framebuffer(READ_FRAMEBUFFER, smaller.resolved.glo)
        calls.bind_framebuffer(DRAW_FRAMEBUFFER, target.resolved.glo)
        source, destination = (0, 0, smaller.width, smaller.height), (0, 0, target.width, target.height)
        calls.blit_framebuffer(*source, *destination, COLOR_BUFFER_BIT, LINEAR)

    def close(self) -> None:
        self._context.make_current()
        for handle in list(self._scenes):
            self.unload(handle)
        self._capture.release()
        self._targets.release()
        self._frame_block.release()
        self._programs.release()
        self._context.close()


def _moved(x: float, y: float) -> Matrix:
    """Moves what is drawn by parts of half the picture: clip space to clip space, shape (4, 4)."""
    matrix = np.eye(4)
    matrix[:2, 3] = x, y
    return matrix


def _background(scene: Scene) -> tuple[float, float, float]:
    red, green, blue = srgb_from_linear(tone_map(np.multiply(scene.background, scene.exposure)))
    return float(red), float(green), float(blue)


def _constants(scene: Scene, shadow: ShadowMap) -> NDArray[np.float32]:
    frame = np.zeros(_FRAME_FLOATS, np.float32)
    frame[16:32] = shadow.texture_from_world.T.reshape(-1)
    direction = np.asarray(scene.sun.direction)
    frame[36:39] = -direction / np.linalg.norm(direction)
    frame[39] = shadow.normal_offset_m
    frame[40:43] = np.multiply(scene.sun.color, scene.sun.intensity * scene.exposure)
    frame[44:47] = np.multiply(scene.ambient.sky, scene.ambient.intensity * scene.exposure)
    frame[48:51] = np.multiply(scene.ambient.ground, scene.ambient.intensity * scene.exposure)
    return frame
