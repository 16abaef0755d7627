"""``make bench-loading``: what a visitor in one scene notices while another, heavy one is loaded.

The visitor turns all the time; the gaps between their pictures, and how late the event loop is, are compared before and
during the loading of 1,000 nodes with two million triangles and four textures of 4096x4096, within one run.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import platform
import sys
import tempfile
import time
from collections.abc import Awaitable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import structlog

from bench.fidelity.model_file import ModelFile
from bench.nobody import Nobody
from control.node.server import SWITCH_INTERVAL_S
from control.showroom.gpu_scenes import GpuScenes
from control.showroom.scene_residency import SceneResidency
from control.showroom.showroom_host import ShowroomHost
from edge_render.derived_cache import DerivedCache
from edge_render.frame import Frame, PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.package import MANIFEST_NAME, open_package
from edge_render.pose import Pose
from edge_render.render_loop import RenderLoop, Ticket
from edge_render.renderer import View

SIZE = (640, 360)
FPS = 30.0
INPUTS_PER_S = 60.0
QUIET_S = 8.0
MISSED = 1.5
"""A gap of more than so many intervals has lost a picture."""
NODES, TEXTURES, TEXTURE_PX = 1000, 4, 4096
RINGS = 32
LOOP_STEP_S = 0.002


def heavy_model(file: Path) -> None:
    """Bumpy spheres, no two the same, in a block of ten by ten by ten."""
    model = ModelFile()
    rng = np.random.default_rng(3)
    v, u = np.meshgrid(np.linspace(0.0, np.pi, RINGS + 1), np.linspace(0.0, 2 * np.pi, RINGS + 1), indexing="ij")
    normals = np.stack([np.sin(v) * np.cos(u), np.cos(v), -np.sin(v) * np.sin(u)], axis=-1).reshape(-1, 3)
    at = np.arange((RINGS + 1) ** 2).reshape(RINGS + 1, -1)
    corners = np.stack([at[:-1, :-1], at[1:, :-1], at[:-1, 1:], at[:-1, 1:], at[1:, :-1], at[1:, 1:]], axis=-1)
    shared = {
        "NORMAL": model.accessor(normals),
        "TEXCOORD_0": model.accessor(np.stack([u, v], axis=-1).reshape(-1, 2) / np.pi),
    }
    indices = model.accessor(corners.reshape(-1), "uint32")
    materials = []
    for _ in range(TEXTURES):
        coarse = rng.integers(0, 255, (TEXTURE_PX // 16, TEXTURE_PX // 16, 3)).astype(np.uint8)
        texture = model.texture(np.kron(coarse, np.ones((16, 16, 1), np.uint8)))
        materials.append(model.add("materials", {"pbrMetallicRoughness": {"baseColorTexture": {"index": texture}}}))
    for number in range(NODES):
        bumps = 0.4 + 0.04 * np.sin(rng.integers(2, 6) * u) * np.sin(rng.integers(2, 6) * v)
        positions = model.accessor(normals * bumps.reshape(-1, 1))
        mesh = model.mesh({"POSITION": positions, **shared}, materials[number % TEXTURES], indices=indices)
        x, y, z = np.unravel_index(number, (10, 10, 10))
        model.node(mesh=mesh, translation=[float(x) - 5.0, float(y), float(z) - 5.0])
    model.write(file)


def write_package(folder: Path) -> None:
    """A small hall, where the visitor is, and the heavy scene."""
    hall = ModelFile()
    plate = [[-1, -1, 0], [1, -1, 0], [-1, 1, 0], [1, 1, 0]]
    mesh = hall.mesh({"POSITION": hall.accessor(plate)}, indices=hall.accessor([0, 1, 2, 2, 1, 3], "uint32"))
    hall.node(mesh=mesh, translation=[0.0, 1.0, -3.0])
    hall.write(folder / "hall.glb")
    heavy_model(folder / "heavy.glb")
    common = {
        "type": "model",
        "entryPoses": [{"name": "start", "position": [0, 1.6, 0]}],
        "walkable": {"min": [-8, -8], "max": [8, 8]},
    }
    scenes = {name: {**common, "model": f"{name}.glb"} for name in ("hall", "heavy")}
    text = {"en": "Loading", "zh": "加载"}
    manifest = {"format": 1, "title": text, "entryScene": "hall", "scenes": scenes}
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest), "utf-8")


@dataclass(slots=True)
class Noticed:
    """What came when, seconds of time.monotonic: pictures; and by how much the event loop was late."""

    pictures_s: list[float] = field(default_factory=list)
    late_s: list[float] = field(default_factory=list)

    def line(self, name: str, took_s: float) -> str:
        gaps_ms = np.diff(self.pictures_s) * 1e3
        missed = int((gaps_ms > MISSED * 1e3 / FPS).sum())
        gaps = f"{np.median(gaps_ms):6.1f} {np.percentile(gaps_ms, 99):6.1f} {gaps_ms.max():6.1f}"
        late_ms = np.array(self.late_s) * 1e3
        late = f"{np.percentile(late_ms, 99):6.1f} {late_ms.max():6.1f}"
        return f"{name:10} {took_s:6.1f} {len(gaps_ms):9} {gaps} {missed:7} {late}"


class Visitor:
    """Turns without pause, and notes what they get."""

    def __init__(self) -> None:
        self.noticed = Noticed()
        self._seq = 0

    def take(self, _frame: Frame) -> None:
        """Called on the GL thread."""
        self.noticed.pictures_s.append(time.monotonic())

    async def turn(self, ticket: Ticket) -> None:
        while True:
            self._seq += 1
            pose = Pose.from_yaw_pitch((0.0, 1.6, 0.0), 0.02 * self._seq, 0.0)
            ticket.want(View(pose, 1.0, *SIZE), self._seq, time.monotonic_ns())
            await asyncio.sleep(1.0 / INPUTS_PER_S)

    async def watch_loop(self) -> None:
        while True:
            due_s = time.monotonic() + LOOP_STEP_S
            await asyncio.sleep(LOOP_STEP_S)
            self.noticed.late_s.append(time.monotonic() - due_s)

    async def during(self, name: str, what: Awaitable[object]) -> Noticed:
        """Print what was noticed until ``what`` was done."""
        self.noticed = noticed = Noticed()
        began_s = time.monotonic()
        await what
        print(noticed.line(name, time.monotonic() - began_s))
        return noticed


async def measure(folder: Path) -> tuple[Noticed, Noticed]:
    """Before and during the loading."""
    package = open_package(folder)
    visitor = Visitor()
    with RenderLoop(lambda: GlRenderer(GlContext.open(), PixelFormat.I420), Nobody()) as render_loop:
        gpu = GpuScenes(render_loop, SceneResidency(2**34))
        host = ShowroomHost(package, gpu, DerivedCache(folder / "cache"))
        await host.open(lambda _done: None)
        ticket = render_loop.attach(host.enter_first().scene.handle, visitor.take, FPS, fail)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(visitor.turn(ticket)), group.create_task(visitor.watch_loop())]
            await asyncio.sleep(1.0)
            before = await visitor.during("alone", asyncio.sleep(QUIET_S))
            # Until it runs, the host loads nothing ahead.
            tasks.append(group.create_task(host.run()))
            during = await visitor.during("loading", host.reach("heavy", lambda _done: None))
            await visitor.during("after", asyncio.sleep(QUIET_S))
            for task in tasks:
                task.cancel()
        await host.close()
    return before, during


def fail(error: Exception) -> None:
    """What a visitor's ticket is told."""
    raise AssertionError("no drawing fails in this bench") from error


def prepare() -> None:
    """Make this process as a node's, and print what stands above the visitor's lines."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    print(f"{platform.machine()}, {os.cpu_count()} cores; {SIZE[0]}x{SIZE[1]} at {FPS:.0f} pictures/s.")
    print("Gaps between the visitor's pictures, and lateness of the event loop, in ms:\n")
    columns = f"{'s':>6} {'pictures':>9} {'median':>6} {'p99':>6} {'worst':>6} {'missed':>7} {'p99':>6} {'worst':>6}"
    print(f"{'':10} {columns}")


def main() -> int:
    prepare()
    with tempfile.TemporaryDirectory(prefix="edge-render-loading-") as folder:
        write_package(Path(folder))
        before, during = asyncio.run(measure(Path(folder)))
    worst = [np.diff(one.pictures_s).max() * FPS for one in (before, during)]
    print(f"\nWorst gap, intervals: {worst[0]:.2f} alone, {worst[1]:.2f} while loading (none is lost below {MISSED}).")
    return int(worst[1] >= max(MISSED, worst[0]))


if __name__ == "__main__":
    sys.exit(main())
