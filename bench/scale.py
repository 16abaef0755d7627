"""``make bench-scale-scene``: frame times of two million triangles: in one mesh, in a thousand nodes that stand still,
that all move, or that are placed copies of one.

Each is drawn from the same views, turn by turn in one run, so that ratios hold on any machine.
"""

from __future__ import annotations

import logging
import math
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from statistics import median
from typing import Any

import numpy as np
import structlog
from numpy.typing import NDArray

from edge_render.frame import PixelFormat
from edge_render.geometry.batches import prepare_scene
from edge_render.gl.calls import GlCalls
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.pose import Pose
from edge_render.render_quality import RenderQuality
from edge_render.renderer import SceneHandle, View
from edge_render.rig import Clip, Interpolation, Rig, Track, TrackPath
from edge_render.scene import Ambient, Material, Mesh, Node, Scene, Sun

NODES, SIDE = 1000, 10
RINGS, SEGMENTS = 32, 32
"""Of a node's sphere, which has about 2,000 triangles."""
MATERIALS = 20
ROUNDS = 6
SIZE = (1280, 720)
RATIO_MAX = 1.3


def bumpy_sphere(rng: np.random.Generator, material: int) -> Mesh:
    """About 0.8 m wide; no two are the same."""
    v, u = np.meshgrid(np.linspace(0.0, math.pi, RINGS + 1), np.linspace(0.0, 2 * math.pi, SEGMENTS + 1), indexing="ij")
    bumps = rng.integers(2, 6, 2)
    radius = 0.4 * (1.0 + 0.1 * np.sin(bumps[0] * u) * np.sin(bumps[1] * v))
    normals = np.stack([np.sin(v) * np.cos(u), np.cos(v), -np.sin(v) * np.sin(u)], axis=-1)
    index = np.arange((RINGS + 1) * (SEGMENTS + 1)).reshape(RINGS + 1, SEGMENTS + 1)
    a, b, c, d = index[:-1, :-1], index[1:, :-1], index[1:, 1:], index[:-1, 1:]
    triangles = np.concatenate([np.stack(corners, axis=-1).reshape(-1, 3) for corners in ((a, b, c), (a, c, d))])
    return Mesh(
        positions=(normals * radius[..., None]).reshape(-1, 3).astype(np.float32),
        normals=normals.reshape(-1, 3).astype(np.float32),
        triangles=triangles.astype(np.uint32),
        material=material,
    )


def places() -> NDArray[np.float64]:
    """(NODES, 4, 4): a block of SIDE x SIDE x SIDE, a metre apart."""
    matrices = np.tile(np.eye(4), (NODES, 1, 1))
    matrices[:, :3, 3] = np.stack(np.unravel_index(np.arange(NODES), (SIDE,) * 3), axis=1) - SIDE / 2
    return matrices


def scene_of(meshes: tuple[Mesh, ...], nodes: tuple[Node, ...]) -> Scene:
    rng = np.random.default_rng(1)
    materials = tuple(
        Material(f"paint {index}", (*rng.uniform(0.1, 0.9, 3).tolist(), 1.0), 0.0, 0.6) for index in range(MATERIALS)
    )
    return Scene("scale", meshes, nodes, materials, (), Sun((0.0, -0.8, -0.6)), Ambient())


def many_nodes() -> Scene:
    rng = np.random.default_rng(2)
    meshes = tuple(bumpy_sphere(rng, index % MATERIALS) for index in range(NODES))
    nodes = tuple(Node(f"node {index}", index, matrix) for index, matrix in enumerate(places()))
    return scene_of(meshes, nodes)


def one_mesh(scene: Scene) -> Scene:
    """The same triangles."""
    parts = [(scene.meshes[node.mesh], node.matrix) for node in scene.nodes]
    first = np.cumsum([0, *(len(mesh.positions) for mesh, _ in parts)])
    mesh = Mesh(
        positions=np.concatenate([mesh.positions + matrix[:3, 3].astype(np.float32) for mesh, matrix in parts]),
        normals=np.concatenate([mesh.normals for mesh, _ in parts]),
        triangles=np.concatenate(
            [mesh.triangles + np.uint32(begin) for (mesh, _), begin in zip(parts, first, strict=False)]
        ),
        material=0,
    )
    return scene_of((mesh,), (Node("all", 0, np.eye(4)),))


def all_moving(scene: Scene) -> Scene:
    """Each node turns about itself, in its own time."""
    count = len(scene.nodes)
    positions = np.array([node.matrix[:3, 3] for node in scene.nodes])
    angles = np.linspace(0.0, 2.0 * math.pi, 9)
    turned = np.stack([np.zeros(9), np.sin(angles / 2), np.zeros(9), np.cos(angles / 2)], axis=1).astype(np.float32)
    tracks = tuple(
        Track(
            index, TrackPath.ROTATION, Interpolation.LINEAR, np.linspace(0, 2 + index % 7, 9, dtype=np.float32), turned
        )
        for index in range(count)
    )
    rig = Rig(
        names=tuple(node.name for node in scene.nodes),
        parents=np.full(count, -1, np.int32),
        matrices=np.array([node.matrix for node in scene.nodes]),
        translations=positions,
        rotations=np.tile([0.0, 0.0, 0.0, 1.0], (count, 1)),
        scales=np.ones((count, 3)),
        clips=tuple(
            Clip(track_name, (track,)) for track_name, track in zip(map(str, range(count)), tracks, strict=True)
        ),
        playing=tuple(range(count)),
    )
    return replace(scene, nodes=tuple(replace(node, rig_node=index) for index, node in enumerate(scene.nodes)), rig=rig)


def instances(scene: Scene) -> Scene:
    """One mesh, placed a thousand times."""
    return replace(scene, meshes=scene.meshes[:1], nodes=(Node("all", 0, np.eye(4), instances=places()),))


class TimedCalls:
    """GlCalls that notes how long the driver has it; what is left of a frame's time is Python's."""

    def __init__(self, calls: GlCalls) -> None:
        self.driver_s = 0.0
        for name, call in vars(calls).items():
            setattr(calls, name, self._timed(call))

    def _timed(self, call: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return call(*arguments)
            finally:
                self.driver_s += time.perf_counter() - began

        return timed


@dataclass(slots=True)
class Drawn:
    """One scene, loaded, and what drawing it took so far."""

    name: str
    levels: bool
    handle: SceneHandle
    prepare_s: float
    frame_ms: list[float] = field(default_factory=list)
    python_ms: list[float] = field(default_factory=list)


def views() -> list[View]:
    """From afar, from close by, and from among them."""
    return [
        View(Pose.from_yaw_pitch(position, yaw, -0.2), math.radians(60.0), *SIZE)
        for position, yaw in (((0.0, 4.0, 16.0), 0.0), ((2.0, 2.0, 8.0), 0.2), ((0.5, 0.5, 2.5), 0.0))
    ]


def main() -> None:
    """Measure and print; a goal that is missed is said, and is no error."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    context = GlContext.open()
    quality = replace(RenderQuality.for_device(context.software), motion_scale=1.0)
    renderer = GlRenderer(context, PixelFormat.RGBA, quality)
    timed = TimedCalls(context.calls)
    nodes = many_nodes()
    drawn = []
    scenes = (
        ("one mesh", one_mesh(nodes)),
        (f"{NODES} nodes", nodes),
        (f"{NODES} instances of one mesh", instances(nodes)),
        ("one mesh that moves", all_moving(one_mesh(nodes))),
        (f"{NODES} nodes that all move", all_moving(nodes)),
    )
    for levels in (False, True):
        for name, scene in scenes:
            began = time.perf_counter()
            prepared = prepare_scene(scene, levels_from=0 if levels else 2**40)
            prepare_s = time.perf_counter() - began
            drawn.append(Drawn(name, levels, renderer.load(prepared), prepare_s))
    print(f"{platform.machine()}, {os.cpu_count()} cores; {context.description}")
    print(f"{nodes.triangle_count():,} triangles, {MATERIALS} materials, {SIZE[0]}x{SIZE[1]}, ", end="")
    print(f"medians of {ROUNDS} rounds from {len(views())} views")
    for round_number in range(ROUNDS + 1):
        for view in views():
            for entry in drawn:
                timed.driver_s = 0.0
                picture = renderer.draw(entry.handle, view)
                if round_number:
                    entry.frame_ms.append(picture.draw_ms)
                    entry.python_ms.append(picture.draw_ms + picture.capture_ms - timed.driver_s * 1e3)
    renderer.close()
    reached = True
    for levels in (False, True):
        print("with levels of detail" if levels else "\nat full detail")
        print(f"{'':<34}{'frame ms':>10}{'ratio':>8}{'Python ms':>11}{'prepare s':>11}")
        group = [entry for entry in drawn if entry.levels is levels]
        # What moves has its shadow drawn anew for each picture, whatever it is made of.
        bases = [group[0]] * 3 + [group[3]] * 2
        ratios = [
            median(mine / one for mine, one in zip(entry.frame_ms, base.frame_ms, strict=True))
            for entry, base in zip(group, bases, strict=True)
        ]
        for entry, ratio in zip(group, ratios, strict=True):
            print(
                f"{entry.name:<34}{median(entry.frame_ms):>10.1f}{ratio:>8.2f}{median(entry.python_ms):>11.2f}"
                f"{entry.prepare_s:>11.1f}"
            )
        reached &= ratios[1] <= RATIO_MAX
        print()
    print(f"{NODES} nodes / one mesh, at most {RATIO_MAX}: {'reached' if reached else 'missed'}")


if __name__ == "__main__":
    main()
