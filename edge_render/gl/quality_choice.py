"""Which rung of the quality ladder a device can hold, found by drawing a scene of spheres on each."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from statistics import median

import numpy as np
import structlog

from edge_render.errors import RendererError
from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.pose import Pose
from edge_render.render_quality import RenderQuality, Rung
from edge_render.renderer import View
from edge_render.scene import Clearcoat, Material, Mesh, Node, Scene

log = structlog.get_logger(__name__)

_DRAWINGS = 5
_ABANDONED_AT = 4.0
"""A first drawing that took so many times the budget is not drawn again."""


def choose_rung(open_context: Callable[[], GlContext], budget_ms: float, width: int, height: int) -> Rung:
    """The highest rung whose picture of a fixed scene, ``width`` by ``height`` pixels, is drawn within ``budget_ms``.

    Rungs are tried from below, and none above the first that does not hold it; the lowest is not tried, as there is
    none below. Raises RendererError where there is no device.
    """
    best, took_ms = Rung.SOFTWARE, {}
    for rung in list(Rung)[1:]:
        context = open_context()
        try:
            renderer = GlRenderer(context, PixelFormat.RGBA, RenderQuality.of(rung))
        except RendererError:
            context.close()
            raise
        try:
            took_ms[rung] = _draw_ms(renderer, budget_ms, width, height)
        except RendererError as error:  # too little memory, or a shader that its driver does not take
            log.warning("quality_rung_failed", rung=rung, error=str(error))
            break
        finally:
            renderer.close()
        if took_ms[rung] > budget_ms:
            break
        best = rung
    log.info(
        "quality_chosen",
        chosen=best,
        budget_ms=round(budget_ms, 2),
        **{f"{name}_ms".replace("-", "_"): round(ms, 2) for name, ms in took_ms.items()},
    )
    return best


def _draw_ms(renderer: GlRenderer, budget_ms: float, width: int, height: int) -> float:
    handle = renderer.load(trial_scene())
    view = View(Pose((0.0, 1.6, 4.0), (0.0, 0.0, 0.0, 1.0)), math.radians(60.0), width, height)
    renderer.draw(handle, view)  # what is made lazily
    times: list[float] = []
    for _ in range(_DRAWINGS):
        began = time.perf_counter()
        renderer.draw(handle, view)
        times.append((time.perf_counter() - began) * 1e3)
        if times[0] > _ABANDONED_AT * budget_ms:
            break
    return median(times)


def trial_scene() -> Scene:
    """Rows of spheres of several materials on a floor: 70,000 triangles, about what a showroom shows at a time."""
    materials = (
        Material("floor", (0.5, 0.5, 0.5, 1.0), 0.0, 0.8),
        Material("matte", (0.8, 0.3, 0.2, 1.0), 0.0, 0.9),
        Material("metal", (0.9, 0.8, 0.6, 1.0), 1.0, 0.3),
        Material("coated", (0.1, 0.2, 0.6, 1.0), 0.0, 0.6, clearcoat=Clearcoat(1.0)),
    )
    floor = Mesh(
        positions=np.array([[-20, 0, -20], [20, 0, -20], [20, 0, 20], [-20, 0, 20]], np.float32),
        normals=np.tile(np.array([0, 1, 0], np.float32), (4, 1)),
        triangles=np.array([[0, 2, 1], [0, 3, 2]], np.uint32),
        material=0,
    )
    meshes = (floor, *(_sphere(material) for material in range(1, len(materials))))
    nodes = [Node("floor", 0, np.eye(4))]
    for index in range(36):
        matrix = np.diag([0.5, 0.5, 0.5, 1.0])
        matrix[:3, 3] = (index % 6 - 2.5) * 1.4, 0.6 + 0.3 * (index // 6), -1.4 * (index // 6)
        nodes.append(Node(f"sphere {index}", 1 + index % 3, matrix))
    return Scene("quality test", meshes, tuple(nodes), materials, ())


def _sphere(material: int, rings: int = 32, segments: int = 32) -> Mesh:
    polar = np.linspace(0.0, np.pi, rings + 1)[:, None]
    turn = np.linspace(0.0, 2.0 * np.pi, segments + 1)[None]
    points = np.stack(
        np.broadcast_arrays(np.sin(polar) * np.sin(turn), np.cos(polar), np.sin(polar) * np.cos(turn)), axis=-1
    )
    positions = points.reshape(-1, 3).astype(np.float32)
    first = (np.arange(rings)[:, None] * (segments + 1) + np.arange(segments)[None]).reshape(-1)
    below = first + segments + 1
    triangles = np.concatenate(
        [np.stack([first, below, below + 1], axis=1), np.stack([first, below + 1, first + 1], axis=1)]
    )
    return Mesh(positions, positions, triangles.astype(np.uint32), material)
