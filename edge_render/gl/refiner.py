"""Accumulated anti-aliasing: the mean of many drawings of one view, each moved by a part of a pixel.

(P. Haeberli and K. Akeley, "The accumulation buffer: hardware support for high-quality rendering", SIGGRAPH 1990.)

What is added up is what a screen is sent: tone mapped, sRGB. Light would be added up in linear light, but multisampling
and enlarging also mix what a screen is sent, and if refining did not, fine patterns and edges would change their
brightness while the visitor looks at them. The sum is of 32-bit floats: exact for any number of 8-bit pictures in
question, which 16-bit ones are not beyond the eighth.

Each pass shades one point of each pixel. Multisampled passes would not be better: their samples, moved over the whole
pixel, reach into its neighbours, and the picture is softer than it should be.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from edge_render.gl.calls import (
    BLEND,
    CULL_FACE,
    DEPTH_TEST,
    FRAMEBUFFER,
    ONE,
    TEXTURE0,
    TEXTURE_2D,
    TRIANGLES,
)
from edge_render.gl.capture import Capture
from edge_render.gl.context import GlContext
from edge_render.gl.drawable import Sampling
from edge_render.gl.programs import BASE_UNIT, GlPrograms
from edge_render.gl.targets import GlTargets, Target
from edge_render.jitter import pixel_offsets
from edge_render.renderer import Picture, SceneHandle, View

DrawPass = Callable[[SceneHandle, View, Sampling, Target], None]
"""Draws a view into a target."""


class GlRefiner:
    """Keeps the contract of Refiner in edge_render/renderer.py."""

    def __init__(
        self,
        context: GlContext,
        programs: GlPrograms,
        targets: GlTargets,
        capture: Capture,
        draw_pass: DrawPass,
        hand_outs: tuple[int, ...],
    ) -> None:
        self._context, self._programs, self._targets, self._capture = context, programs, targets, capture
        self._draw_pass = draw_pass
        self._hand_outs = hand_outs
        self._offsets_px = pixel_offsets(hand_outs[-1])
        # The passes divide a pixel into n parts, of an edge of 1 / sqrt(n): textures may be as fine as those.
        self._finer_levels = 0.5 * math.log2(hand_outs[-1])

    @property
    def hand_outs(self) -> tuple[int, ...]:
        """See Refiner.hand_outs."""
        return self._hand_outs

    def begin(self, handle: SceneHandle, view: View, *, little: bool = False) -> GlRefinement:
        """See Refiner.begin; ``little``: see Sampling."""
        draw = partial(self._draw, handle, view, little)
        return GlRefinement(self._context, self._programs, self._capture, view, draw)

    def _draw(self, handle: SceneHandle, view: View, little: bool, index: int) -> Target:
        target = self._targets.get(view.width, view.height, 1)
        x_px, y_px = self._offsets_px[index]
        self._draw_pass(handle, view, Sampling((float(x_px), float(y_px)), self._finer_levels, little), target)
        return target


class GlRefinement:
    """Keeps the contract of Refinement in edge_render/renderer.py. Owns the sum of the passes."""

    def __init__(
        self,
        context: GlContext,
        programs: GlPrograms,
        capture: Capture,
        view: View,
        draw: Callable[[int], Target],
    ) -> None:
        context.make_current()
        self._context, self._capture, self._draw = context, capture, draw
        self._size = (view.width, view.height)
        self._program: Any = programs.get("fullscreen.vert", "weighted.frag")
        self._no_vertices: Any = context.moderngl.vertex_array(self._program, [])
        self._texture: Any = context.moderngl.texture(self._size, 4, dtype="f4")
        self._sum: Any = context.moderngl.framebuffer([self._texture])
        self._passes = 0
        self._target: Target | None = None
        self._pass_ms = 0.0

    def add_pass(self) -> None:
        """See Refinement.add_pass."""
        self._context.make_current()
        began = time.perf_counter()
        self._target = self._draw(self._passes)
        self._weigh(self._target.color, 1.0, self._sum, add=self._passes > 0)
        # Waits for the device: a pass that is only queued would hold up the next picture unseen.
        self._context.calls.finish()
        self._context.calls.check("refining a picture")
        self._passes += 1
        self._pass_ms = (time.perf_counter() - began) * 1e3

    def picture(self) -> Picture:
        """See Refinement.picture."""
        assert self._target is not None, "there is a pass"
        self._context.make_current()
        began = time.perf_counter()
        # The pass has been added up, so that its target is free for the mean.
        self._weigh(self._texture, 1.0 / self._passes, self._target.resolved, add=False)
        pixels = self._capture.read(self._target)
        self._context.calls.check("reading a refined picture")
        pixels.flags.writeable = False
        return Picture(pixels, self._capture.pixel_format, self._pass_ms, (time.perf_counter() - began) * 1e3)

    def _weigh(self, source: Any, weight: float, framebuffer: Any, *, add: bool) -> None:
        calls = self._context.calls
        calls.bind_framebuffer(FRAMEBUFFER, framebuffer.glo)
        calls.viewport(0, 0, *self._size)
        calls.disable(DEPTH_TEST)
        calls.disable(CULL_FACE)
        (calls.enable if add else calls.disable)(BLEND)
        calls.blend_func(ONE, ONE)
        self._program["weight"].value = weight
        calls.use_program(self._program.glo)
        calls.active_texture(TEXTURE0 + BASE_UNIT)
        calls.bind_texture(TEXTURE_2D, source.glo)
        calls.bind_vertex_array(self._no_vertices.glo)
        calls.draw_arrays(TRIANGLES, 0, 3)

    def release(self) -> None:
        """See Refinement.release."""
        self._context.make_current()
        for item in (self._sum, self._texture, self._no_vertices):
            item.release()
