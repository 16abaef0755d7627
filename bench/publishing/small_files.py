"""``make bench-small-files``: publishing a package of 2,000 files of 2 kB, and fetching it as an edge does.

On each pair of stores that an admin has: SQLite with a folder, and PostgreSQL with an S3-compatible server. What goes
in batches stands beside a hundred blobs that go one after the other, each by itself.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bench.admin_process import AdminProcess
from bench.servers.postgresql import postgresql_server
from bench.servers.s3 import s3_server
from control.admin_client.blob_upload import BlobUpload
from control.admin_client.connection import AdminConnection
from control.admin_client.package import LocalPackage, read_package
from control.admin_client.publisher import DraftPlan, Publisher
from control.admin_client.releaser import Releaser, RolloutPlan
from control.admin_client.replies import SiteReply
from control.admin_client.uploads import upload_blobs
from control.commands.command_progress import command_progress
from control.sync.admin_api import AdminApi
from control.sync.blob_cache import BlobCache
from control.sync.blob_fetch import BlobFetcher
from control.sync.disk_thread import DiskThread
from control.sync.pace import Pace
from edge_render.demo import build_demo

FILES: Final = 2000
FILE_BYTES: Final = 2048
ALONE: Final = 100
"""Blobs that are uploaded each by itself: all would take minutes."""
SITE: Final = "lounge-1"
UPLOAD_MAX_S: Final = 20.0
TIMEOUT_S: Final = 600.0


@dataclass(frozen=True, slots=True)
class Row:
    """Of one pair of stores, in seconds."""

    stores: str
    alone_ms: float
    """Each of the blobs that go by themselves."""
    uploaded_s: float
    drafted_s: float
    validated_s: float
    fetched_alone_ms: float
    """Each of the blobs that an edge asks for by themselves."""
    fetched_s: float

    def __str__(self) -> str:
        faster = self.alone_ms / (1000 * self.uploaded_s / FILES)
        fetched_faster = self.fetched_alone_ms / (1000 * self.fetched_s / FILES)
        return (
            f"{self.stores:16} {self.alone_ms:11.1f} {self.uploaded_s:10.2f} {faster:7.1f} {self.drafted_s:9.2f} "
            f"{self.validated_s:11.2f} {self.fetched_alone_ms:11.1f} {self.fetched_s:9.2f} {fetched_faster:7.1f}"
        )


async def _measure(stores: str, admin: AdminProcess, folder: Path) -> Row:
    package = await _package(folder / "package", FILES)
    beside = await _package(folder / "beside", ALONE)
    async with AdminConnection(admin.url, SecretStr(admin.token)) as connection:
        begun = time.monotonic()
        for digest in beside.sources:
            await BlobUpload(connection, *beside.blob(digest), _unheard).run()
        alone_ms = 1000 * (time.monotonic() - begun) / len(beside.sources)
        begun = time.monotonic()
        await upload_blobs(connection, [package.blob(digest) for digest in package.sources], _unheard)
        uploaded_s = time.monotonic() - begun
        build_demo(folder / "package")
        whole = await read_package(folder / "package", command_progress())
        begun = time.monotonic()
        publisher = Publisher(connection, command_progress(), TIMEOUT_S)
        version = await publisher.draft(whole, DraftPlan("small", create=True))
        drafted_s = time.monotonic() - begun
        begun = time.monotonic()
        version = await publisher.publish(await publisher.validate(version))
        validated_s = time.monotonic() - begun
        token = await asyncio.to_thread(admin.make_site, SITE)
        await Releaser(connection, command_progress()).roll_out(version, RolloutPlan(((SITE,),)))
        # Another process orders it: there is no event to wait for.
        while not (await connection.ask("GET", f"sites/{SITE}", SiteReply)).showrooms:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        fetched_alone_ms, fetched_s = await _fetched(admin.url, token, package, folder)
    return Row(stores, alone_ms, uploaded_s, drafted_s, validated_s, fetched_alone_ms, fetched_s)


async def _package(folder: Path, files: int) -> LocalPackage:
    (folder / "notes").mkdir(parents=True)
    for number in range(files):
        (folder / "notes" / f"{number:04}.txt").write_bytes(os.urandom(FILE_BYTES // 2).hex().encode())
    (folder / "showroom.json").write_text("{}")
    return await read_package(folder, command_progress())


async def _fetched(url: str, token: str, package: LocalPackage, folder: Path) -> tuple[float, float]:
    blobs = {digest: FILE_BYTES for digest, file in package.sources.items() if file.size_bytes == FILE_BYTES}
    (folder / "edge").mkdir()
    with DiskThread() as disk:
        async with AdminApi(url, SecretStr(token)) as api:
            cache = BlobCache(folder / "edge")
            fetcher = BlobFetcher(api, disk, cache, Pace(None))
            begun = time.monotonic()
            for digest in list(blobs)[:ALONE]:
                await fetcher.fetch(digest, FILE_BYTES, _unheard)
                cache.drop(digest)
            alone_ms = 1000 * (time.monotonic() - begun) / ALONE
            begun = time.monotonic()
            await fetcher.fetch_all(blobs, _unheard)
            return alone_ms, time.monotonic() - begun


def _unheard(_size_bytes: int) -> None:
    """Only the whole counts here."""


@contextmanager
def _admins(folder: Path) -> Iterator[Mapping[str, AdminProcess]]:
    (folder / "s3").mkdir()
    with (
        postgresql_server() as postgresql,
        postgresql.database() as database_url,
        s3_server(folder / "s3") as s3,
        AdminProcess(folder / "sqlite", healthy_s="0") as plain,
        AdminProcess(folder / "postgresql", database_url=database_url, healthy_s="0", **s3.settings()) as far,
    ):
        yield {"SQLite, folder": plain, "PostgreSQL, S3": far}


def main() -> int:
    """Print the table; the exit status is 1 where uploading takes longer than it may."""
    rows = []
    with tempfile.TemporaryDirectory(prefix="edge-render-bench-") as made, _admins(Path(made)) as admins:
        for number, (stores, admin) in enumerate(admins.items()):
            rows.append(asyncio.run(_measure(stores, admin, Path(made) / f"run-{number}")))
    out = sys.stdout.write
    out(f"{FILES} files of {FILE_BYTES} bytes on {os.cpu_count()} cores\n\n")
    heads = [
        ("one by one,", "ms each"),
        ("uploaded,", "s"),
        ("times", "faster"),
        ("drafted,", "s"),
        ("validated,", "s"),
    ]
    heads += [("one by one,", "ms each"), ("fetched,", "s"), ("times", "faster")]
    widths = (11, 10, 7, 9, 11, 11, 9, 7)
    for line in range(2):
        out(f"{'':16} {' '.join(f'{head[line]:>{width}}' for head, width in zip(heads, widths, strict=True))}\n")
    out("".join(f"{row}\n" for row in rows))
    return 0 if all(row.uploaded_s < UPLOAD_MAX_S for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
