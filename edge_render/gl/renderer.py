"""Draws with OpenGL: the renderer that visitors see. Keeps the contract of edge_render/renderer.py.

What is drawn is a Drawable's matter; here are loading, targets, fades and read-back. The picture is drawn upside down,
so that read-back has its first row on top.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import replace
from typing import Any

from edge_render.content_size import content_room
from edge_render.errors import RendererError
from edge_render.frame import PixelFormat
from edge_render.geometry.batches import PreparedScene
from edge_render.gl.calls import (
    BLEND,
    COLOR_BUFFER_BIT,
    CONSTANT_ALPHA,
    CULL_FACE,
    DEPTH_TEST,
    DRAW_FRAMEBUFFER,
    FRAMEBUFFER,
    LINEAR,
    NEAREST,
    ONE,
    ONE_MINUS_CONSTANT_ALPHA,
    READ_FRAMEBUFFER,
    TEXTURE0,
    TEXTURE_2D,
    TRIANGLES,
    ZERO,
)
from edge_render.gl.capture import Capture
from edge_render.gl.context import GlContext
from edge_render.gl.drawable import ONE_DRAWING, Drawable, GlParts, Sampling
from edge_render.gl.panorama_drawable import PanoramaDrawable
from edge_render.gl.programs import BASE_UNIT, GlPrograms
from edge_render.gl.refiner import GlRefiner
from edge_render.gl.scene_drawable import SceneDrawable
from edge_render.gl.targets import GlTargets, Target
from edge_render.gl.tile_pool import TilePool
from edge_render.gl.video_sphere import VideoSphereDrawable
from edge_render.loading import finish
from edge_render.panorama.content import Panorama
from edge_render.render_quality import RenderQuality
from edge_render.renderer import Content, Picture, SceneHandle, View
from edge_render.room import Room
from edge_render.scene import Scene
from edge_render.video.sphere import VideoSphere

_WARM_UP_SIZE = 64
_SCALED_FROM_PIXELS = 480 * 270
"""Smaller pictures are quick anyway, and would lose too much."""
_UPLOAD_SHARE = 0.9
"""Of the work of loading; the rest is the first drawing."""


class GlRenderer:
    """Renderer on OpenGL. Takes the context over: close() closes it too."""

    def __init__(
        self,
        context: GlContext,
        pixel_format: PixelFormat,
        quality: RenderQuality | None = None,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        """``quality`` defaults to what suits the device; ``now_s`` is the time of what moves. Raises RendererError
        where a shader does not compile."""
        context.make_current()
        self._context = context
        self.quality = quality or RenderQuality.for_device(context.software)
        self._programs = GlPrograms(context)
        self._targets = GlTargets(context)
        self._parts = GlParts(context, self._programs, self._targets, self.quality, now_s)
        self.tiles = TilePool(context, self.quality, now_s)
        """Of all panoramas."""
        self._capture = Capture(context, self._programs, pixel_format)
        self._refiner = GlRefiner(
            context, self._programs, self._targets, self._capture, self._draw_pass, self.quality.hand_outs
        )
        self._copy: Any = self._programs.get("fullscreen.vert", "weighted.frag")
        self._no_vertices: Any = context.moderngl.vertex_array(self._copy, [])
        self._drawables: dict[SceneHandle, Drawable] = {}
        self._handles = itertools.count(1)
        context.calls.check("setting up")

    @property
    def description(self) -> str:
        return self._context.description

    @property
    def pixel_format(self) -> PixelFormat:
        return self._capture.pixel_format

    @property
    def memory_bytes(self) -> int | None:
        return self._context.memory_bytes

    def room(self, content: Content) -> Room:
        """See Renderer.room."""
        return content_room(content, self.quality)

    @property
    def refiner(self) -> GlRefiner:
        return self._refiner

    # --- loading -----------------------------------------------------------------------------------

    def begin_load(self, content: Content, on_change: Callable[[], None]) -> GlLoading:
        """See Renderer.begin_load. Its last steps draw it once, so that no visitor waits for shader compilers."""
        drawable = self._drawable_of(content, on_change)
        handle = SceneHandle(next(self._handles))
        return GlLoading(handle, self._context, drawable, self._load(handle, drawable))

    def _drawable_of(self, content: Content, on_change: Callable[[], None]) -> Drawable:
        match content:
            case Scene() | PreparedScene():
                return SceneDrawable(self._parts, content)
            case VideoSphere():
                return VideoSphereDrawable(self._parts, content, on_change)
            case Panorama():
                return PanoramaDrawable(self._parts, self.tiles, content)

    def load(self, content: Content) -> SceneHandle:
        """Load at once, for those who have nothing else to draw meanwhile. Raises RendererError."""
        return finish(self.begin_load(content, lambda: None))

    def _load(self, handle: SceneHandle, drawable: Drawable) -> Generator[float, None, None]:
        for done in drawable.upload():
            yield _UPLOAD_SHARE * done
        self._drawables[handle] = drawable
        try:
            yield from self._warm_up(handle)
            self._context.calls.check("loading")
        except BaseException:
            del self._drawables[handle]
            raise

    def _warm_up(self, handle: SceneHandle) -> Iterator[float]:
        view = View(self._drawable(handle).overview(), 1.2, _WARM_UP_SIZE, _WARM_UP_SIZE)
        drawable, calls = self._drawable(handle), self._context.calls
        for samples in sorted({self.quality.samples, self.quality.still_samples}):
            target = self._targets.get(view.width, view.height, samples)
            drawable.draw(view, target, Sampling(little=True))
            self._resolve(target)
            self._capture.read(target)
            calls.finish()
            yield _UPLOAD_SHARE
        refinement = self._refiner.begin(handle, view, little=True)
        try:
            for _ in range(2):  # the first is stored, those after it are added
                refinement.add_pass()
                yield _UPLOAD_SHARE
            refinement.picture()
        finally:
            refinement.release()

    def unload(self, handle: SceneHandle) -> None:
        self._context.make_current()
        self._drawables.pop(handle).release()

    # --- drawing -----------------------------------------------------------------------------------

    def draw(self, handle: SceneHandle, view: View) -> Picture:
        """Draw and read back. Raises RendererError for an unknown handle or where the driver fails."""
        drawable = self._drawable(handle)
        if view.width < 2 or view.height < 2 or view.width % 2 or view.height % 2:
            raise RendererError(f"pictures have even width and height, not {view.width}x{view.height}")
        self._context.make_current()
        began = time.perf_counter()
        quality = self.quality
        target = self._targets.get(view.width, view.height, quality.still_samples if view.still else quality.samples)
        if view.still or quality.motion_scale == 1.0 or view.width * view.height < _SCALED_FROM_PIXELS:
            self._draw(drawable, view, target, ONE_DRAWING)
        else:
            width, height = (2 * round(side * quality.motion_scale / 2) for side in (view.width, view.height))
            smaller = self._targets.get(width, height, quality.samples)
            self._draw(drawable, view, smaller, ONE_DRAWING)
            self._enlarge(smaller, target)
        self._context.calls.finish()
        drawn = time.perf_counter()
        pixels = self._capture.read(target)
        self._context.calls.check("drawing a frame")
        captured = time.perf_counter()
        pixels.flags.writeable = False
        return Picture(pixels, self.pixel_format, (drawn - began) * 1e3, (captured - drawn) * 1e3)

    def changing(self, handle: SceneHandle, view: View) -> bool:
        """See Renderer.changing."""
        return self._drawable(handle).changing(view)

    def _drawable(self, handle: SceneHandle) -> Drawable:
        drawable = self._drawables.get(handle)
        if drawable is None:
            raise RendererError(f"scene {handle} is not loaded")
        return drawable

    def _draw_pass(self, handle: SceneHandle, view: View, sampling: Sampling, target: Target) -> None:
        self._draw(self._drawable(handle), view, target, sampling)

    def _draw(self, drawable: Drawable, view: View, target: Target, sampling: Sampling) -> None:
        drawable.draw(view, target, sampling)
        self._resolve(target)
        before = None if view.fade is None else self._drawables.get(view.fade.handle)
        if view.fade is not None and before is not None:  # it may have been unloaded meanwhile: then there is no fade
            old = replace(view, pose=view.fade.pose, fov_y_rad=view.fade.fov_y_rad, variant=None, fade=None)
            other = self._targets.get(target.width, target.height, target.samples, apart=True)
            before.draw(old, other, sampling)
            self._resolve(other)
            self._blend(other, target, 1.0 - view.fade.share)

    def _resolve(self, target: Target) -> None:
        if target.drawn is not target.resolved:
            calls = self._context.calls
            calls.bind_framebuffer(READ_FRAMEBUFFER, target.drawn.glo)
            calls.bind_framebuffer(DRAW_FRAMEBUFFER, target.resolved.glo)
            corners = (0, 0, target.width, target.height)
            calls.blit_framebuffer(*corners, *corners, COLOR_BUFFER_BIT, NEAREST)

    def _blend(self, source: Target, target: Target, share: float) -> None:
        """Lay a picture over another one of the same size, so strong."""
        calls = self._context.calls
        calls.bind_framebuffer(FRAMEBUFFER, target.resolved.glo)
        calls.viewport(0, 0, target.width, target.height)
        calls.disable(DEPTH_TEST)
        calls.disable(CULL_FACE)
        calls.enable(BLEND)
        calls.blend_color(0.0, 0.0, 0.0, share)
        calls.blend_func(CONSTANT_ALPHA, ONE_MINUS_CONSTANT_ALPHA)
        self._copy["weight"].value = 1.0
        calls.use_program(self._copy.glo)
        calls.active_texture(TEXTURE0 + BASE_UNIT)
        calls.bind_texture(TEXTURE_2D, source.color.glo)
        calls.bind_vertex_array(self._no_vertices.glo)
        calls.draw_arrays(TRIANGLES, 0, 3)
        calls.blend_func(ONE, ZERO)
        calls.disable(BLEND)

    def _enlarge(self, smaller: Target, target: Target) -> None:
        calls = self._context.calls
        calls.bind_framebuffer(READ_FRAMEBUFFER, smaller.resolved.glo)
        calls.bind_framebuffer(DRAW_FRAMEBUFFER, target.resolved.glo)
        source, destination = (0, 0, smaller.width, smaller.height), (0, 0, target.width, target.height)
        calls.blit_framebuffer(*source, *destination, COLOR_BUFFER_BIT, LINEAR)

    def close(self) -> None:
        self._context.make_current()
        for handle in list(self._drawables):
            self.unload(handle)
        self.tiles.release()
        self._no_vertices.release()
        self._capture.release()
        self._targets.release()
        self._programs.release()
        self._context.close()


class GlLoading:
    """Keeps the contract of Loading in edge_render/renderer.py."""

    def __init__(
        self, handle: SceneHandle, context: GlContext, drawable: Drawable, steps: Generator[float, None, None]
    ) -> None:
        self.handle = handle
        self._context, self._drawable, self._steps = context, drawable, steps

    def step(self) -> float:
        """See Loading.step. A step that fails frees what was taken."""
        self._context.make_current()
        try:
            return min(next(self._steps), _UPLOAD_SHARE)
        except StopIteration:
            return 1.0
        except BaseException:
            self._drawable.release()
            raise

    def cancel(self) -> None:
        """See Loading.cancel."""
        self._context.make_current()
        self._steps.close()
        self._drawable.release()
