"""Milliseconds a frame: pyrender, ours by stage, and the floor below which nothing on this machine can go."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from statistics import median
from typing import Any

import numpy as np

from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.geometry.batches import prepare_scene
from edge_render.gl.calls import COLOR_BUFFER_BIT, DEPTH_BUFFER_BIT, DEPTH_TEST, FRAMEBUFFER, LEQUAL
from edge_render.gl.context import GlContext
from edge_render.gl.gpu_scene import GpuScene
from edge_render.gl.programs import GlPrograms
from edge_render.gl.renderer import GlRenderer
from edge_render.gl.targets import GlTargets
from edge_render.loading import finish
from edge_render.package import ModelScene
from edge_render.pose import perspective
from edge_render.pyrender_renderer import PyrenderRenderer
from edge_render.render_quality import RenderQuality
from edge_render.renderer import FAR_M, NEAR_M, Renderer, View
from edge_render.scene import Scene
from stream.codec.libav_encoder import LibavEncoder

ROUNDS = 6
SIZE = (1280, 720)
MAX_BPS, FPS = 12_000_000, 30.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one frame, milliseconds: medians over all rounds and entry poses."""

    wall_ms: float
    cpu_ms: float


class Costs:
    """Collects samples by name."""

    def __init__(self) -> None:
        self._wall: dict[str, list[float]] = {}
        self._cpu: dict[str, list[float]] = {}

    def time(self, name: str, work: Callable[[], Any]) -> Any:
        """Do the work and note what it took; CPU counts all threads of the process."""
        cpu, wall = time.process_time(), time.perf_counter()
        result = work()
        self.note(name, (time.perf_counter() - wall) * 1e3, (time.process_time() - cpu) * 1e3)
        return result

    def note(self, name: str, wall_ms: float, cpu_ms: float) -> None:
        self._wall.setdefault(name, []).append(wall_ms)
        self._cpu.setdefault(name, []).append(cpu_ms)

    def of(self, name: str) -> Cost:
        return Cost(median(self._wall[name]), median(self._cpu[name]))


class FloorRenderer:
    """The same geometry, culling, order and size as ours, with a shader that only writes a colour."""

    def __init__(self, scene: Scene) -> None:
        self._context = GlContext.open()
        programs = GlPrograms(self._context)
        self._gpu = GpuScene(self._context, programs, prepare_scene(scene), RenderQuality.for_software())
        deque(self._gpu.upload(), maxlen=0)
        self._target = GlTargets(self._context).get(*SIZE, 1)
        self._program: Any = self._context.moderngl.program(
            vertex_shader="#version 330 core\nuniform mat4 clip_from_world; layout(location = 0) in vec3 in_position;"
            "void main() { gl_Position = clip_from_world * vec4(in_position, 1.0); }",
            fragment_shader="#version 330 core\nout vec4 color; void main() { color = vec4(0.5); }",
        )

    def draw(self, view: View) -> None:
        """Draw and wait; nothing is read back."""
        calls = self._context.calls
        self._context.make_current()
        projection = perspective(view.fov_y_rad, view.aspect, NEAR_M, FAR_M)
        matrix = projection @ view.pose.view_matrix()
        draws = self._gpu.draw_list(matrix, view.pose.position)
        self._program["clip_from_world"].write(np.ascontiguousarray(matrix.T, dtype=np.float32).tobytes())
        calls.bind_framebuffer(FRAMEBUFFER, self._target.drawn.glo)
        calls.viewport(0, 0, *SIZE)
        calls.clear(COLOR_BUFFER_BIT | DEPTH_BUFFER_BIT)
        calls.enable(DEPTH_TEST)
        calls.depth_func(LEQUAL)
        self._gpu.draw_runs(draws.opaque + draws.blended, draws, program=int(self._program.glo))
        calls.finish()


def measure_drawing(scene: Scene, spec: ModelScene) -> Costs:
    """All renderers in turn, round by round, so that a slow moment of the machine hits all of them."""
    costs = Costs()
    # Every pixel drawn, as pyrender does; what visitors see while they move may be drawn smaller (RenderQuality).
    full = replace(RenderQuality.for_software(), motion_scale=1.0)
    ours: Renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA, full)
    moving: Renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA)
    planar: Renderer = GlRenderer(GlContext.open(), PixelFormat.I420, full)
    reference: Renderer = PyrenderRenderer()
    floor = FloorRenderer(scene)
    renderers: tuple[Renderer, ...] = (ours, moving, planar, reference)
    handles = {renderer: finish(renderer.begin_load(scene, lambda: None)) for renderer in renderers}
    encoder = LibavEncoder("libx264", MAX_BPS, FPS)
    views = [View(entry.pose(), spec.fov_y_rad, *SIZE) for entry in spec.entry_poses]
    for round_number in range(ROUNDS + 1):
        for view in views:
            if round_number == 0:  # warm up: shaders, caches, lazily made buffers
                for renderer, handle in handles.items():
                    renderer.draw(handle, view)
                floor.draw(view)
                continue
            costs.time("pyrender", partial(reference.draw, handles[reference], view))
            picture = costs.time("ours", partial(ours.draw, handles[ours], view))
            costs.note("ours: draw", picture.draw_ms, 0.0)
            costs.note("ours: capture", picture.capture_ms, 0.0)
            costs.time("moving", partial(moving.draw, handles[moving], view))
            costs.time("ours, I420 in a shader", partial(planar.draw, handles[planar], view))
            costs.time("floor", partial(floor.draw, view))
            frame = Frame(
                picture.pixels, picture.format, *SIZE, view.pose, 0, False, FrameTimes(0, 0, picture.draw_ms, 0.0)
            )
            costs.time("x264", partial(encoder.encode, frame, 4_000_000, False))
    for renderer in handles:
        renderer.close()
    return costs
