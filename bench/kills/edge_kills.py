"""Kills a follower at random moments of downloads, lay-outs and switches, and looks at what it shows afterwards.

Each process mends what the one before left, and is killed itself; the last may live. Half of them end just before a
random touch of their folder, the others after a random time, as bytes come.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Final

from bench.kills.follower_program import follow_config
from bench.kills.promises import Broken, check_blobs
from bench.kills.site_stand_in import TOKEN, SiteStandIn
from control.content.keys import key_text
from control.content.release import OrderedRelease, ReleaseManifest
from control.sync.durable import TEMPORARY
from control.sync.site_content import open_site_content

TOUCHES_MAX: Final = 90
"""A start that fetches, lays out and switches touches its folder about so often."""
ALIVE_MAX_S: Final = 0.35
PIECE_S: Final = 0.004
BIG_BYTES: Final = 1 << 20
COMES_BACK_S: Final = 60.0


@dataclass
class Outcome:
    """Of a run of kills. ``where``: how often something was interrupted, by what it was."""

    kills: int = 0
    versions: int = 0
    where: Counter[str] = field(default_factory=Counter)
    needed_bytes: int = 0
    """Of all blobs that were ordered, each once."""
    moved_bytes: int = 0
    """Of blobs that the follower was sent."""


class EdgeKills:
    """One content folder, one site, and one process after the other."""

    def __init__(self, folder: Path, site: SiteStandIn, seed: int) -> None:
        self._folder, self._site, self._random = folder, site, Random(seed)
        self._errors = folder.with_name(folder.name + ".log")
        self._files: dict[str, dict[str, str]] = {}
        self._versions: dict[str, int] = {}
        self._common = self._random.randbytes(BIG_BYTES)
        self._seen = 0
        """The newest version that was shown."""
        self._ordered: OrderedRelease | None = None
        self.outcome = Outcome()

    async def run(self, kills: int) -> Outcome:
        """Raises Broken."""
        for number in range(kills):
            if self._ordered is None or self._random.random() < 0.6:
                self._order_next()
            await self._live_and_be_killed(by_touch=number % 2 == 0)
        await self._come_back()
        return self.outcome

    def _order_next(self) -> None:
        version = self.outcome.versions = self.outcome.versions + 1
        files = {"showroom.json": b"%d" % version, "models/hall.glb": self._common}
        files |= {f"textures/{n}.png": self._random.randbytes(self._random.randrange(BIG_BYTES // 2)) for n in range(4)}
        release = self._site.publish("branch", version, files)
        self._files[release.release] = {path: hashlib.sha256(data).hexdigest() for path, data in files.items()}
        self._versions[release.release] = version
        self._ordered = release
        self._site.order(release)

    async def _live_and_be_killed(self, *, by_touch: bool) -> None:
        kill_at = self._random.randint(1, TOUCHES_MAX) if by_touch else 0
        alive_s = None if by_touch else self._random.uniform(0.0, ALIVE_MAX_S)
        killed = None
        async with self._process(kill_at) as process:
            assert process.stdout is not None
            deadline = None
            try:
                while True:
                    async with asyncio.timeout_at(deadline):
                        line = await process.stdout.readline()
                    if not line:
                        self._check_end(await process.wait())
                        break
                    told = json.loads(line)
                    killed = told.get("killed", killed)
                    self._check(told)
                    if "started" in told and alive_s is not None:
                        deadline = asyncio.get_running_loop().time() + alive_s
                    if killed is None and kill_at and self._is_done(told):
                        killed = "nothing, as all was shown"
                        break
            except TimeoutError:
                pass
        self.outcome.kills += 1
        self.outcome.where[killed or self._what_is_there()] += 1

    async def _come_back(self) -> None:
        async with self._process(0) as process:
            assert process.stdout is not None
            try:
                async with asyncio.timeout(COMES_BACK_S):
                    while line := await process.stdout.readline():
                        told = json.loads(line)
                        self._check(told)
                        if self._is_done(told):
                            await self._site.reported("showing", version=self.outcome.versions)
                            break
                    else:
                        self._check_end(await process.wait())
            except TimeoutError as error:
                raise Broken(f"what was ordered was not shown within {COMES_BACK_S:g} s") from error
        self._check_folder()
        self._count_bytes()

    @contextlib.asynccontextmanager
    async def _process(self, kill_at: int) -> AsyncIterator[asyncio.subprocess.Process]:
        arguments = [self._site.url, str(self._folder), key_text(self._site.key.public), str(kill_at)]
        with self._errors.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.kills.follower_program", *arguments),
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env={**os.environ, "SITE_TOKEN": TOKEN},
                limit=1 << 20,
            )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _check_end(self, status: int) -> None:
        if status != -signal.SIGKILL:
            raise Broken(f"a process ended by itself, with status {status}: {self._errors.read_text()[-4000:]}")

    def _is_done(self, told: dict[str, Any]) -> bool:
        return self._ordered is not None and told.get("shown") == [self._ordered.release]

    def _check(self, told: dict[str, Any]) -> None:
        if "warmed" in told and told["files"] != self._files[told["warmed"]]:
            raise Broken(f"version {self._versions[told['warmed']]} was to be shown with other files than it has")
        if "shown" in told:
            versions = [self._versions[release] for release in told["shown"]]
            if len(versions) != 1 or versions[0] < self._seen:
                raise Broken(f"versions {versions} were shown after version {self._seen}")
            self._seen = versions[0]

    def _what_is_there(self) -> str:
        wanted = {} if self._ordered is None else self._files[self._ordered.release]
        if any((self._folder / "partial" / digest).exists() for digest in wanted.values()):
            return "a download"
        if any((self._folder / "editions").glob(TEMPORARY + "*")):
            return "a lay-out"
        return "another moment"

    def _check_folder(self) -> None:
        config = follow_config(self._site.url, self._folder, key_text(self._site.key.public))
        with open_site_content(config) as content:
            found = [edition.version for edition in content.first_editions()]
        if found != [self.outcome.versions]:
            raise Broken(f"versions {found} were kept, and {self.outcome.versions} was shown last")
        left = [str(path) for path in self._folder.rglob(TEMPORARY + "*")]
        if left:
            raise Broken(f"left behind: {left}")
        check_blobs(self._folder)

    def _count_bytes(self) -> None:
        manifests = [
            ReleaseManifest.model_validate_json(self._site.releases[release].payload_bytes()) for release in self._files
        ]
        blobs = {digest: size for manifest in manifests for digest, size in manifest.blobs().items()}
        self.outcome.needed_bytes = sum(blobs.values())
        self.outcome.moved_bytes = self._site.blob_bytes()
