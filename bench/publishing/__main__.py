"""``make bench-publish``: what publishing moves and how long it takes, from a pipeline to the picture on an edge.

A real admin, a real node that follows it, and a visitor over WebRTC, all on this machine; between them relays that
count bytes. A package of 300 MB is published, then with one other texture, then with another title alone, which moves
no blob but the manifest; at last it is rolled back. The same is done with the demo, whose scene is that of a branch,
and once more with other light, for which its scene is loaded anew.
"""

from __future__ import annotations

import asyncio
import json
import os
import platform
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx2
import numpy as np
from pydantic import SecretStr

from bench.admin_process import AdminProcess
from bench.node_process import NodeProcess
from bench.publishing.counting_relay import CountingRelay
from bench.publishing.large_package import CHANGED, write_large_package, write_manifest, write_texture
from bench.visitors.short_visit import short_visit
from control.admin_client.connection import AdminConnection
from control.admin_client.package import read_package
from control.admin_client.publisher import DraftPlan, Publisher
from control.admin_client.releaser import Releaser, RolloutPlan
from control.admin_client.replies import VersionReply
from control.commands.command_progress import command_progress
from edge_render.demo import build_demo

SITE: Final = "lounge-1"
PICTURE_MAX_S: Final = 5.0
WATCH_S: Final = 0.02
TIMEOUT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Row:
    """One publication. Bytes are those on the wire, headers and all."""

    what: str
    package_bytes: int
    uploaded_bytes: int
    edge_bytes: int
    shown_s: float
    """From the request that rolls it out until new visits enter it."""
    picture_s: float
    """Until a visitor who came then saw it."""

    def __str__(self) -> str:
        return (
            f"{self.what:48} {self.package_bytes / 1e6:9.1f} {self.uploaded_bytes / 1e6:12.3f} "
            f"{self.edge_bytes / 1e6:10.3f} {self.shown_s:9.2f} {self.picture_s:11.2f}"
        )


class Chain:
    """A pipeline, an admin and an edge that follows it, with a relay before each side of the admin."""

    def __init__(
        self, connection: AdminConnection, pipeline: CountingRelay, edge: CountingRelay, node: NodeProcess
    ) -> None:
        self._connection, self._pipeline, self._edge, self._node = connection, pipeline, edge, node
        self._progress = command_progress()

    async def publish(self, what: str, showroom: str, folder: Path) -> tuple[VersionReply, Row]:
        """From the folder to a visitor's picture."""
        package = await read_package(folder, self._progress)
        before = self._pipeline.moved_bytes
        publisher = Publisher(self._connection, self._progress, TIMEOUT_S)
        version = await publisher.draft(package, DraftPlan(showroom, create=True))
        uploaded = self._pipeline.moved_bytes - before
        version = await publisher.publish(await publisher.validate(version))
        edge_before, asked_at = self._edge.moved_bytes, time.monotonic()
        await Releaser(self._connection, self._progress).roll_out(version, RolloutPlan(((SITE,),)))
        shown_s, picture_s = await self._seen(version.showroom, version.number, asked_at)
        row = Row(what, package.files.size_bytes, uploaded, self._edge.moved_bytes - edge_before, shown_s, picture_s)
        return version, row

    async def roll_back(self, what: str, showroom: str, to: int, package_bytes: int) -> Row:
        """As an operator does it."""
        edge_before, asked_at = self._edge.moved_bytes, time.monotonic()
        await Releaser(self._connection, self._progress).roll_back(SITE, showroom)
        shown_s, picture_s = await self._seen(showroom, to, asked_at)
        return Row(what, package_bytes, 0, self._edge.moved_bytes - edge_before, shown_s, picture_s)

    async def _seen(self, showroom: str, version: int, asked_at: float) -> tuple[float, float]:
        async with httpx2.AsyncClient(base_url=self._node.url, timeout=10.0) as client, asyncio.timeout(TIMEOUT_S):
            # Another process: there is no event to wait for.
            while not await self._shows(client, showroom, version):  # noqa: ASYNC110
                await asyncio.sleep(WATCH_S)
            shown_s = time.monotonic() - asked_at
            async with short_visit(client, showroom):
                return shown_s, time.monotonic() - asked_at

    async def _shows(self, client: httpx2.AsyncClient, showroom: str, version: int) -> bool:
        try:
            told = (await client.get("/readyz")).json()
        except httpx2.TransportError:
            return False  # it is starting
        return any((item["showroom"], item["version"]) == (showroom, version) for item in told["showrooms"])


@asynccontextmanager
async def _chain(folder: Path) -> AsyncIterator[Chain]:
    with AdminProcess(folder / "admin", healthy_s="1") as admin:
        async with CountingRelay(admin.port) as pipeline, CountingRelay(admin.port) as edge:
            options = {
                "--admin-url": edge.url,
                "--site": SITE,
                "--site-token": await asyncio.to_thread(admin.make_site, SITE),
                "--trusted-key": await asyncio.to_thread(admin.trusted_keys),
                "--content-folder": str(folder / "content"),
                "--cache-folder": str(folder / "cache"),
                "--pixel-format": "rgba",
            }
            node = NodeProcess(None, *(word for option in options.items() for word in option))
            await asyncio.to_thread(node.launch)
            try:
                async with AdminConnection(pipeline.url, SecretStr(admin.token)) as connection:
                    yield Chain(connection, pipeline, edge, node)
            finally:
                await asyncio.to_thread(node.stop)


async def _measure(folder: Path) -> list[Row]:
    large, demo = folder / "large", folder / "demo"
    await asyncio.to_thread(write_large_package, large)
    await asyncio.to_thread(build_demo, demo)
    rows = []
    async with _chain(folder) as chain:
        _, row = await chain.publish("300 MB, everything new", "large", large)
        rows.append(row)
        await asyncio.to_thread(write_texture, large / CHANGED, np.random.default_rng(6))
        second, row = await chain.publish("300 MB, one texture changed", "large", large)
        rows.append(row)
        write_manifest(large, "Branch of noise, renamed")
        _, row = await chain.publish("300 MB, title changed: blobs are warm", "large", large)
        rows.append(row)
        rows.append(await chain.roll_back("300 MB, rolled back", "large", second.number, row.package_bytes))
        _, row = await chain.publish("demo, everything new", "demo", demo)
        rows.append(row)
        manifest = demo / "showroom.json"
        manifest.write_text(manifest.read_text() + "\n")
        _, row = await chain.publish("demo, manifest changed: blobs are warm", "demo", demo)
        rows.append(row)
        rows.append(await chain.roll_back("demo, rolled back", "demo", 1, row.package_bytes))
        tree = json.loads(manifest.read_text())
        for scene in tree["scenes"].values():
            scene["sun"] = {**scene.get("sun", {}), "color": [1.0, 0.9, 0.8]}
        manifest.write_text(json.dumps(tree))
        _, row = await chain.publish("demo, light changed: blobs are warm, scenes not", "demo", demo)
        rows.append(row)
    return rows


def main() -> int:
    """Print the table; the exit status is 1 where a figure that must be reached is not."""
    with tempfile.TemporaryDirectory(prefix="edge-render-bench-") as folder:
        rows = asyncio.run(_measure(Path(folder)))
        changed_bytes = (Path(folder) / "large" / CHANGED).stat().st_size
    out = sys.stdout.write
    out(f"{os.cpu_count()} cores, {platform.machine()}; bytes in MB as they were on the wire\n\n")
    out(f"{'':48} {'package':>9} {'uploaded':>12} {'to edge':>10} {'shown, s':>9} {'picture, s':>11}\n")
    out("".join(f"{row}\n" for row in rows))
    one = rows[1]
    beside = one.edge_bytes - changed_bytes
    warm = [row for row in rows if "warm" in row.what]
    slowest = max(warm, key=lambda row: row.picture_s)
    out(f"\none texture of {changed_bytes / 1e6:.3f} MB changed: the edge moved {beside / 1e3:.1f} kB besides it\n")
    out(f"warm blobs: publish to picture {slowest.picture_s:.2f} s at most (goal {PICTURE_MAX_S:g} s)\n")
    return 0 if beside < 0.01 * changed_bytes and slowest.picture_s <= PICTURE_MAX_S else 1


if __name__ == "__main__":
    raise SystemExit(main())
