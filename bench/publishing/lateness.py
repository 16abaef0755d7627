"""``make bench-fetch-lateness``: what a visitor notices while their node fetches a package of 300 MB.

The visitor turns all the time; the gaps between their pictures, and how late the event loop is, are compared alone,
while blobs are fetched as fast as they come, and while they are fetched at a pace, in turns within one run.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import numpy as np
from pydantic import SecretStr

from bench.kills.site_stand_in import TOKEN
from bench.loading import FPS, Noticed, Visitor, fail, prepare
from bench.nobody import Nobody
from control.showroom.gpu_scenes import GpuScenes
from control.showroom.scene_residency import SceneResidency
from control.showroom.showroom_host import ShowroomHost
from control.sync.admin_api import AdminApi
from control.sync.blob_cache import BlobCache
from control.sync.blob_fetch import BlobFetcher
from control.sync.disk_thread import DiskThread
from control.sync.pace import Pace
from edge_render.demo import build_demo
from edge_render.derived_cache import DerivedCache
from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.package import open_package
from edge_render.render_loop import RenderLoop

BLOBS: Final = 24
BLOB_BYTES: Final = 12_600_000
PACED_BLOBS: Final = 8
PACED_BYTES_PER_S: Final = 25e6  # 200 Mbit/s
ROUNDS: Final = 3
QUIET_S: Final = 4.0


@contextmanager
def blob_source() -> Iterator[tuple[str, list[str]]]:
    """An address, and the digests of what is there."""
    command = [sys.executable, "-m", "bench.publishing.blob_source", str(BLOBS), str(BLOB_BYTES)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            url, *digests = process.stdout.readline().split()
            yield url, digests
        finally:
            process.kill()


async def measure(folder: Path, url: str, digests: list[str]) -> dict[str, list[Noticed]]:
    """What was noticed in each round, by what was going on."""
    build_demo(folder / "demo")
    visitor = Visitor()
    found: dict[str, list[Noticed]] = {"alone": [], "full speed": [], "paced": []}
    with (
        RenderLoop(lambda: GlRenderer(GlContext.open(), PixelFormat.I420), Nobody()) as render_loop,
        DiskThread() as disk,
    ):
        gpu = GpuScenes(render_loop, SceneResidency(2**34))
        host = ShowroomHost(open_package(folder / "demo"), gpu, DerivedCache(folder / "cache"))
        await host.open(lambda _done: None)
        ticket = render_loop.attach(host.enter_first().scene.handle, visitor.take, FPS, fail)
        async with AdminApi(url, SecretStr(TOKEN)) as api, asyncio.TaskGroup() as group:
            tasks = [group.create_task(visitor.turn(ticket)), group.create_task(visitor.watch_loop())]
            await asyncio.sleep(1.0)
            for _ in range(ROUNDS):
                for name, noticed in found.items():
                    noticed.append(await visitor.during(name, _going_on(name, api, disk, digests)))
            for task in tasks:
                task.cancel()
        await host.close()
    return found


async def _going_on(name: str, api: AdminApi, disk: DiskThread, digests: list[str]) -> None:
    match name:
        case "alone":
            await asyncio.sleep(QUIET_S)
        case "full speed":
            await _fetch(api, disk, digests, None)
        case _:
            await _fetch(api, disk, digests[:PACED_BLOBS], PACED_BYTES_PER_S)


async def _fetch(api: AdminApi, disk: DiskThread, digests: list[str], bytes_per_s: float | None) -> None:
    with tempfile.TemporaryDirectory(prefix="edge-render-bench-") as folder:
        fetcher = BlobFetcher(api, disk, BlobCache(Path(folder)), Pace(bytes_per_s))
        await fetcher.fetch_all(dict.fromkeys(digests, BLOB_BYTES), lambda _bytes: None)


def _late_ms(noticed: list[Noticed]) -> float:
    return float(np.percentile(np.concatenate([one.late_s for one in noticed]), 99) * 1e3)


def main() -> int:
    prepare()
    with tempfile.TemporaryDirectory(prefix="edge-render-bench-") as folder, blob_source() as (url, digests):
        found = asyncio.run(measure(Path(folder), url, digests))
    late_ms = {name: _late_ms(noticed) for name, noticed in found.items()}
    print("\nLateness of the event loop, ms (p99), and how many times that of a node that fetches nothing:")
    print(", ".join(f"{name} {ms:.1f} ({ms / late_ms['alone']:.1f})" for name, ms in late_ms.items()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
