"""Uploads to a real admin, over connections and through crashes that a day may bring."""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from pydantic import SecretStr

from bench.admin_process import AdminProcess
from control.admin_client.batch_upload import BATCH_BYTES, SMALL_BYTES, batches
from control.admin_client.blob_upload import PIECE_BYTES
from control.admin_client.connection import AdminConnection
from control.admin_client.errors import Refused, Rejected
from control.admin_client.uploads import missing_blobs, upload_blobs
from control.content.package_files import PackageFile, digested
from control.content.release import FileEntry
from tests.control.admin_client.cutting_proxy import CuttingProxy

Blob = tuple[FileEntry, PackageFile]


def blob(folder: Path, size_bytes: int, name: str = "large") -> Blob:
    """A file of random bytes, which no other test has."""
    path = folder / f"{name}.bin"
    path.write_bytes(random.randbytes(size_bytes))
    file = PackageFile(path.name, path, size_bytes)
    return digested(file), file


def connection(admin: AdminProcess, url: str | None = None) -> AdminConnection:
    return AdminConnection(url or admin.url, SecretStr(admin.token))


async def stored(admin: AdminProcess, blobs: Sequence[Blob]) -> bool:
    async with connection(admin) as connected:
        return not await missing_blobs(connected, [entry.digest for entry, _ in blobs])


async def test_only_what_is_missing_is_uploaded(admin: AdminProcess, tmp_path: Path) -> None:
    blobs = [blob(tmp_path, 1000 * number, f"{number}") for number in range(1, 20)]
    digests = [entry.digest for entry, _ in blobs]
    moved: list[int] = []
    async with connection(admin) as connected:
        assert await missing_blobs(connected, digests) == set(digests)
        await upload_blobs(connected, blobs[:10], moved.append)
        assert await missing_blobs(connected, digests) == set(digests[10:])
    assert sum(moved) == sum(entry.size_bytes for entry, _ in blobs[:10])


async def test_an_empty_file_is_a_blob_too(admin: AdminProcess, tmp_path: Path) -> None:
    empty = blob(tmp_path, 0)
    async with connection(admin) as connected:
        await upload_blobs(connected, [empty], lambda _bytes: None)
    assert await stored(admin, [empty])


async def test_a_large_blob_arrives_in_pieces(admin: AdminProcess, tmp_path: Path) -> None:
    large = blob(tmp_path, 2 * PIECE_BYTES + 12_345)
    moved: list[int] = []
    async with connection(admin) as connected:
        await upload_blobs(connected, [large], moved.append)
    assert await stored(admin, [large])
    assert sum(moved) == large[0].size_bytes


async def test_broken_connections_are_gone_over(admin: AdminProcess, tmp_path: Path) -> None:
    blobs = [blob(tmp_path, 3_000_000, f"{number}") for number in range(4)]
    moved: list[int] = []
    cuts = [10, 400, 100_000, 700_000, 1_500_000, 2_999_000, 2_000_000]
    async with CuttingProxy(admin.port, cuts) as proxy, connection(admin, proxy.url) as connected:
        await upload_blobs(connected, blobs, moved.append)
        assert proxy.cuts_left == 0
    assert await stored(admin, blobs)
    assert sum(moved) == 12_000_000


@pytest.fixture
def mortal_admin(tmp_path: Path) -> Iterator[AdminProcess]:
    """One that a test may kill."""
    with AdminProcess(tmp_path / "admin") as running:
        yield running


async def test_a_killed_admin_goes_on_where_it_was(mortal_admin: AdminProcess, tmp_path: Path) -> None:
    large = blob(tmp_path, 5 * PIECE_BYTES)
    half_way = asyncio.Event()
    moved = 0

    def tell(size_bytes: int) -> None:
        nonlocal moved
        moved += size_bytes
        if moved > 2.5 * PIECE_BYTES:
            half_way.set()

    async with connection(mortal_admin) as connected, asyncio.TaskGroup() as group:
        group.create_task(upload_blobs(connected, [large], tell))
        await half_way.wait()
        mortal_admin.kill()
        await asyncio.to_thread(mortal_admin.start)
    assert await stored(mortal_admin, [large])
    assert moved == large[0].size_bytes


async def test_an_upload_that_was_given_up_is_gone_on_with(admin: AdminProcess, tmp_path: Path) -> None:
    large = blob(tmp_path, 3 * PIECE_BYTES)
    begun = asyncio.Event()
    async with connection(admin) as connected:
        task = asyncio.create_task(upload_blobs(connected, [large], lambda _bytes: begun.set()))
        await begun.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await upload_blobs(connected, [large], lambda _bytes: None)
    assert await stored(admin, [large])


async def test_two_pipelines_may_upload_the_same(admin: AdminProcess, tmp_path: Path) -> None:
    large = blob(tmp_path, 2 * PIECE_BYTES)
    async with connection(admin) as one, connection(admin) as other, asyncio.TaskGroup() as group:
        for connected in (one, other):
            group.create_task(upload_blobs(connected, [large], lambda _bytes: None))
    assert await stored(admin, [large])


@pytest.mark.parametrize("size_bytes", [1000, SMALL_BYTES + 1])
async def test_a_file_that_was_changed_meanwhile_is_refused_by_name(
    admin: AdminProcess, tmp_path: Path, size_bytes: int
) -> None:
    entry, file = blob(tmp_path, size_bytes)
    changed = bytes(size_bytes)
    file.source.write_bytes(changed)
    async with connection(admin) as connected:
        told = rf"large\.bin: has the SHA-256 {hashlib.sha256(changed).hexdigest()}"
        with pytest.raises((Refused, Rejected), match=told):
            await upload_blobs(connected, [(entry, file)], lambda _bytes: None)
        file.source.write_bytes(b"short")
        with pytest.raises(Rejected, match=r"large\.bin: became shorter"):
            await upload_blobs(connected, [(entry, file)], lambda _bytes: None)
        file.source.unlink()
        with pytest.raises(Rejected, match=r"large\.bin: can't be read: No such file"):
            await upload_blobs(connected, [(entry, file)], lambda _bytes: None)


def test_batches_are_bounded_in_bytes_and_number(tmp_path: Path) -> None:
    def sized(size_bytes: int) -> Blob:
        entry = FileEntry(path="x", digest="0" * 64, size_bytes=size_bytes)
        return entry, PackageFile("x", tmp_path / "x", size_bytes)

    assert [len(batch) for batch in batches([sized(0)] * 1001)] == [500, 500, 1]
    assert [len(batch) for batch in batches([sized(BATCH_BYTES // 2)] * 3)] == [1, 1, 1]
    assert [len(batch) for batch in batches([sized(BATCH_BYTES // 4)] * 7)] == [3, 3, 1]
    assert [len(batch) for batch in batches([sized(10 * BATCH_BYTES), sized(1)])] == [1, 1]
    assert list(batches([])) == []


async def test_many_small_blobs_over_connections_that_break(admin: AdminProcess, tmp_path: Path) -> None:
    blobs = [blob(tmp_path, 20_000 + number, f"{number}") for number in range(600)]
    moved: list[int] = []
    async with CuttingProxy(admin.port, [10, 3_000_000, 500_000, 100_000]) as proxy:
        async with connection(admin, proxy.url) as connected:
            await upload_blobs(connected, blobs, moved.append)
        assert proxy.cuts_left == 0
    assert await stored(admin, blobs)
    assert sum(moved) == sum(entry.size_bytes for entry, _ in blobs)
