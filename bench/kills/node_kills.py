"""Kills a node process at random moments of its way from an order to the picture, and looks at what it shows after.

A real ``edge-render node`` follows a real ``edge-render admin``: releases are uploaded, validated, published and rolled
out as pipelines do it. After each kill the node is started again and has to show something whole by itself, and soon
what was ordered, to a visitor over WebRTC.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

import httpx2
import numpy as np
from pydantic import SecretStr

from bench.admin_process import AdminProcess
from bench.kills.promises import Broken, check_blobs
from bench.node_process import NodeProcess
from bench.publishing.large_package import TEXTURE_PX, write_manifest, write_room, write_texture
from bench.quiet_progress import QuietProgress
from bench.visitors.short_visit import short_visit
from control.admin_client.connection import AdminConnection
from control.admin_client.package import read_package
from control.admin_client.publisher import DraftPlan, Publisher
from control.admin_client.releaser import Releaser, RolloutPlan
from control.admin_client.replies import VersionReply

SITE: Final = "lounge-1"
SHOWROOM: Final = "branch"
COMES_BACK_S: Final = 120.0
WATCH_S: Final = 0.02


@dataclass
class Outcome:
    """Of a run of kills. ``where``: how often the node was killed, by how far it was with what was ordered."""

    kills: int = 0
    where: Counter[str] = field(default_factory=Counter)
    switch_s: float = 0.0
    """From the request for a roll-out until new visits enter, where nobody kills; kills come within that time."""
    back_s: list[float] = field(default_factory=list)
    """From the start after a kill until new visits enter what was ordered, of each kill."""


class NodeKills:
    """One site with one node, which is killed and started again on the same folder."""

    def __init__(self, folder: Path, admin: AdminProcess, seed: int) -> None:
        """``admin`` runs, with ``healthy_s`` of 0."""
        self._folder, self._admin, self._random = folder, admin, Random(seed)
        self._rng = np.random.default_rng(seed)
        self._content = folder / "content"
        self._progress = QuietProgress()
        self.outcome = Outcome()

    async def run(self, kills: int) -> Outcome:
        """Raises Broken."""
        async with AdminConnection(self._admin.url, SecretStr(self._admin.token)) as connection:
            first, second, *others = await self._publish(connection, kills + 2)
            releaser = Releaser(connection, self._progress)
            async with self._node() as node:
                await self._rolled_out(node, releaser, first)
                began_at = time.monotonic()
                await self._rolled_out(node, releaser, second)
                self.outcome.switch_s = time.monotonic() - began_at
                before = second
                for version in others:
                    await self._kill_within_switch(node, releaser, before, version)
                    before = version
            check_blobs(self._content)
        return self.outcome

    async def _publish(self, connection: AdminConnection, versions: int) -> list[VersionReply]:
        """Each with another title and another texture than the one before."""
        publisher = Publisher(connection, self._progress, COMES_BACK_S)
        folder, published = self._folder / "package", []
        await asyncio.to_thread(write_room, folder / "room-0", self._rng, TEXTURE_PX)
        for number in range(1, versions + 1):
            await asyncio.to_thread(write_texture, folder / "room-0" / "wall-0.png", self._rng)
            write_manifest(folder, _title(number), rooms=1)
            package = await read_package(folder, self._progress)
            draft = await publisher.draft(package, DraftPlan(SHOWROOM, create=True))
            published.append(await publisher.publish(await publisher.validate(draft)))
        return published

    @asynccontextmanager
    async def _node(self) -> AsyncIterator[NodeProcess]:
        options = {
            "--admin-url": self._admin.url,
            "--site": SITE,
            "--site-token": await asyncio.to_thread(self._admin.make_site, SITE),
            "--trusted-key": await asyncio.to_thread(self._admin.trusted_keys),
            "--content-folder": str(self._content),
            "--cache-folder": str(self._folder / "cache"),
            "--pixel-format": "rgba",
            "--quality": "software",
            "--max-width": "640",
            "--max-height": "360",
        }
        node = NodeProcess(None, *(word for option in options.items() for word in option))
        await asyncio.to_thread(node.launch)
        try:
            yield node
        finally:
            await asyncio.to_thread(node.stop)

    async def _rolled_out(self, node: NodeProcess, releaser: Releaser, version: VersionReply) -> None:
        """Ordered, and shown without anything in between."""
        await releaser.roll_out(version, RolloutPlan(((SITE,),)))
        await self._shows(node, version)

    async def _kill_within_switch(
        self, node: NodeProcess, releaser: Releaser, before: VersionReply, version: VersionReply
    ) -> None:
        rollout = await releaser.roll_out(version, RolloutPlan(((SITE,),)))
        await asyncio.sleep(self._random.uniform(0.0, self.outcome.switch_s))  # the moment is what is tried
        killed_in = _how_far(await asyncio.to_thread(_readiness, node), version)
        node.kill()
        self.outcome.kills += 1
        self.outcome.where[killed_in] += 1
        check_blobs(self._content)
        began_at = time.monotonic()
        await asyncio.to_thread(node.start)
        shown = await self._seen(node)
        if shown not in (before.number, version.number):
            raise Broken(f"version {shown} was shown after a kill between {before.number} and {version.number}")
        await self._shows(node, version)
        self.outcome.back_s.append(time.monotonic() - began_at)
        if await self._seen(node) != version.number:
            raise Broken(f"a visitor did not enter version {version.number}, which the node says it shows")
        await releaser.wait(rollout, COMES_BACK_S)

    async def _shows(self, node: NodeProcess, version: VersionReply) -> None:
        try:
            async with asyncio.timeout(COMES_BACK_S):
                # Another process: there is no event to wait for.
                while _shown(await asyncio.to_thread(_readiness, node)) != version.number:  # noqa: ASYNC110
                    await asyncio.sleep(WATCH_S)
        except TimeoutError as error:
            raise Broken(f"version {version.number} was not shown within {COMES_BACK_S:g} s") from error

    async def _seen(self, node: NodeProcess) -> int:
        """The version that a visitor enters, by its title, with a picture."""
        async with (
            httpx2.AsyncClient(base_url=node.url, timeout=30.0, trust_env=False) as client,
            short_visit(client, SHOWROOM) as welcome,
        ):
            return int(str(welcome["title"]["en"]).rpartition(" ")[2])


def _title(number: int) -> str:
    return f"Branch {number}"


def _readiness(node: NodeProcess) -> dict[str, Any]:
    """What /readyz tells, whether or not it is ready."""
    told: dict[str, Any] = json.loads(httpx2.get(f"{node.url}/readyz", timeout=10.0, trust_env=False).content)
    return told


def _shown(told: dict[str, Any]) -> int | None:
    return next((int(item["version"]) for item in told.get("showrooms", ())), None)


def _how_far(told: dict[str, Any], version: VersionReply) -> str:
    """How far the node is with a version."""
    for release in told["ordered"]:
        if release["version"] == version.number:
            return str(release["state"])
    return "not ordered yet"
