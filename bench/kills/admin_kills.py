"""Kills an admin at random moments of uploads, and looks at what its database and its blob store hold afterwards.

One after the other serves at the same address, mends what the one before left, and is killed; a client (the command
line's own) uploads all the time, and knows of it only that connections break. Half of them end just before a random
touch of the database or the blob store, the others after a random time.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

from pydantic import SecretStr
from sqlalchemy import select

from bench.admin_process import AdminProcess
from bench.kills.promises import Broken
from control.admin.storage.objects import Objects
from control.admin.tables import Blob, BlobChange, Upload, UploadPart
from control.admin_client.connection import AdminConnection
from control.admin_client.uploads import missing_blobs, upload_blobs
from control.content.package_files import PackageFile
from control.content.release import FileEntry

TOUCHES_MAX: Final = 120
"""A package touches database and blob store more often."""
ALIVE_MAX_S: Final = 1.2
"""Of those that are killed after a time, from when they serve."""
STARTS_S: Final = 60.0
COMES_BACK_S: Final = 90.0
_BIG_BYTES: Final = 20 << 20  # three pieces of the client's
_SMALL_BYTES: Final = 300_000
_SMALL_FILES: Final = 12
_TINY_BYTES: Final = 2000
_TINY_FILES: Final = 100  # which go in batches, as most of the small ones do


class Hasty(Random):
    """For the client's waits: it may be in a hurry, as the admin is back after a second."""

    def uniform(self, a: float, b: float) -> float:
        return super().uniform(a, b) / 20


@dataclass
class Outcome:
    """Of a run of kills. ``where``: how often something was interrupted, by what it was."""

    kills: int = 0
    packages: int = 0
    where: Counter[str] = field(default_factory=Counter)
    package_bytes: int = 0
    """Of all packages that were uploaded whole."""


class AdminKills:
    """One database, one blob store, one client, and one process after the other."""

    def __init__(self, folder: Path, admin: AdminProcess, seed: int) -> None:
        """``folder`` is for what is uploaded; ``admin`` does not run now."""
        self._folder, self._admin, self._random = folder, admin, Random(seed)
        self._objects = Objects(admin.settings)
        self._errors = folder / "admin.log"
        self._acknowledged: dict[str, int] = {}
        """Size of each blob of which the client was told that it is stored."""
        self._read: set[str] = set()
        """Blobs whose bytes were looked at. Nothing writes them again, so that is done when they are new and at the
        end: all of them after each kill would take most of the time."""
        self._goes_on = True
        self.outcome = Outcome()

    async def run(self, kills: int) -> Outcome:
        """Raises Broken."""
        async with AdminConnection(self._admin.url, SecretStr(self._admin.token)) as connection:
            connection.jitter = Hasty()
            client = asyncio.create_task(self._upload_packages(connection), name="client")
            try:
                for number in range(kills):
                    await self._live_and_be_killed(by_touch=number % 2 == 0)
                    await asyncio.to_thread(self._check)
                self._goes_on = False
                await self._come_back(client)
            finally:
                client.cancel()
        self._read.clear()
        self._check()
        self._check_nothing_is_left()
        return self.outcome

    async def _upload_packages(self, connection: AdminConnection) -> None:
        """One after the other, each with new files and with one of the package before."""
        shared = self._random.randbytes(_SMALL_BYTES)
        while self._goes_on:
            self.outcome.packages += 1
            contents = [shared, self._random.randbytes(_BIG_BYTES)]
            contents += [self._random.randbytes(self._random.randrange(_SMALL_BYTES)) for _n in range(_SMALL_FILES)]
            contents += [self._random.randbytes(self._random.randrange(_TINY_BYTES)) for _n in range(_TINY_FILES)]
            shared = contents[-1]
            blobs = [self._blob(content) for content in contents]
            await upload_blobs(connection, blobs, lambda _moved_bytes: None)
            self._acknowledged |= {entry.digest: entry.size_bytes for entry, _file in blobs}
            if missing := await missing_blobs(connection, [entry.digest for entry, _file in blobs]):
                raise Broken(f"{len(missing)} blobs are missing that were said to be stored")
            self.outcome.package_bytes += sum(entry.size_bytes for entry, _file in blobs)

    def _blob(self, content: bytes) -> tuple[FileEntry, PackageFile]:
        digest = hashlib.sha256(content).hexdigest()
        source = self._folder / "package" / digest
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(content)
        return FileEntry(path=digest, digest=digest, size_bytes=len(content)), PackageFile(digest, source, len(content))

    async def _live_and_be_killed(self, *, by_touch: bool) -> None:
        kill_at = self._random.randint(1, TOUCHES_MAX) if by_touch else 0
        alive_s = None if by_touch else self._random.uniform(0.0, ALIVE_MAX_S)
        killed = "another moment"
        async with self._process(kill_at) as process:
            assert process.stdout is not None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(alive_s):
                    line = await process.stdout.readline()
                    killed = json.loads(line)["killed"] if line else killed
                    if await process.wait() != -signal.SIGKILL:
                        raise Broken(f"an admin ended by itself: {self._errors.read_text()[-4000:]}")
        self.outcome.kills += 1
        self.outcome.where[killed] += 1

    async def _come_back(self, client: asyncio.Task[None]) -> None:
        await asyncio.to_thread(self._admin.start)
        try:
            async with asyncio.timeout(COMES_BACK_S):
                await client
        except TimeoutError as error:
            raise Broken(f"what was uploaded was not there within {COMES_BACK_S:g} s") from error
        finally:
            await asyncio.to_thread(self._admin.stop)

    @contextlib.asynccontextmanager
    async def _process(self, kill_at: int) -> AsyncIterator[asyncio.subprocess.Process]:
        """One that serves; it is killed at the end."""
        with self._errors.open("wb") as errors:
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bench.kills.admin_program", str(kill_at)),
                stdout=asyncio.subprocess.PIPE,
                stderr=errors,
                env=self._admin.environment,
            )
        try:
            assert process.stdout is not None
            async with asyncio.timeout(STARTS_S):
                line = await process.stdout.readline()
            if not line:
                raise Broken(f"an admin did not start: {self._errors.read_text()[-4000:]}")
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def _check(self) -> None:
        """While no admin runs: what is recorded is there, with its digest; what is there is known; and uploads have all
        parts up to their offset. Raises Broken."""
        with self._admin.database.reading() as session:
            recorded = {blob.digest: blob.size_bytes for blob in session.scalars(select(Blob))}
            changing = set(session.scalars(select(BlobChange.digest)))
            uploads = session.scalars(select(Upload)).all()
            parts = session.scalars(select(UploadPart).order_by(UploadPart.offset_bytes)).all()
        there = {name.rpartition("/")[2] for name in self._objects.names("blobs")}
        if lost := {digest for digest in self._acknowledged if digest not in recorded}:
            raise Broken(f"blobs were lost that the client was told are stored: {lost}")
        if lost := recorded.keys() - there:
            raise Broken(f"blobs are recorded whose bytes are not there: {lost}")
        if unknown := there - recorded.keys() - changing:
            raise Broken(f"bytes are there that nobody knows of: {unknown}")
        for digest in there - self._read:
            content = b"".join(self._objects.read(f"blobs/{digest[:2]}/{digest}"))
            if hashlib.sha256(content).hexdigest() != digest or len(content) != recorded.get(digest, len(content)):
                raise Broken(f"a blob has other bytes than it should: {digest}")
            self._read.add(digest)
        for upload in uploads:
            at = 0
            for part in (part for part in parts if part.upload_id == upload.id):
                if part.offset_bytes != at:
                    raise Broken(f"an upload lacks what is at {at}")
                at += self._objects.size(f"uploads/{upload.id}/{part.name}")
            if at != upload.offset_bytes:
                raise Broken(f"an upload has {at} bytes, and says {upload.offset_bytes}")

    def _check_nothing_is_left(self) -> None:
        with self._admin.database.reading() as session:
            left = [upload.id for upload in session.scalars(select(Upload))]
        if left:
            raise Broken(f"uploads did not become blobs: {left}")
