"""Fetches blobs, a few at a time: goes on where it was with large ones, and takes many small ones in one request."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from typing import Final, TypeAlias

import structlog

from control.content.blob_batch import in_batches
from control.sync.admin_api import AdminApi
from control.sync.blob_cache import BlobCache, PartialBlob
from control.sync.disk_thread import DiskThread
from control.sync.errors import ApiError, Refused, Unreachable, WrongBytes
from control.sync.pace import Pace

PARALLEL: Final = 4
GATHERED_BYTES: Final = 256 << 10
"""Written at a time; a process that is killed has lost less than this of each blob."""
REREAD_BYTES: Final = 16 << 20
"""Read at a time of what is there already."""
SMALL_BYTES: Final = 64 << 10
"""A blob of at most so many bytes comes with others in one body."""
BATCH_BYTES: Final = 1 << 20
BATCH_BLOBS: Final = 100
"""Of one body, so that it is written without keeping others from the disk for long, and little is lost with it."""
FEW_BLOBS: Final = 8
"""So many small ones come each by itself."""
SEALED: Final = 100
"""Blobs at a time, so that whoever waits for the disk does not wait long."""
OnMoved = Callable[[int], None]
Sized: TypeAlias = Sequence[tuple[str, int]]
"""Digests, with the sizes of their blobs in bytes."""
Failure: TypeAlias = ApiError | WrongBytes | OSError
log = structlog.get_logger(__name__)


class BlobFetcher:
    """Brings blobs from the admin to the cache."""

    def __init__(self, api: AdminApi, disk: DiskThread, blobs: BlobCache, pace: Pace) -> None:
        self._api, self._disk, self._blobs, self._pace = api, disk, blobs, pace

    async def fetch_all(self, missing: Mapping[str, int], on_moved: OnMoved) -> None:
        """All of them (sizes by digest), the small ones first. ``on_moved`` is told of bytes that came.

        A blob that is refused or wrong does not keep the others from being fetched. Raises the first of ApiError,
        WrongBytes and OSError, once nothing is on its way any more.
        """
        errors: list[Failure] = []
        kept: list[str] = []
        groups = _groups(sorted(missing.items(), key=lambda item: item[1]))
        queue = iter(groups)
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(min(PARALLEL, len(groups))):
                    group.create_task(self._fetch_each(queue, kept, errors, on_moved), name=f"fetch-blobs-{number}")
        finally:
            for start in range(0, len(kept), SEALED):
                await self._disk.do(self._blobs.seal, kept[start : start + SEALED])
        if errors:
            raise errors[0]

    async def _fetch_each(
        self, queue: Iterator[Sized], kept: list[str], errors: list[Failure], on_moved: OnMoved
    ) -> None:
        for group in queue:
            if len(group) > 1 and await self._fetch_batch(group, kept, errors, on_moved):
                continue
            for digest, size_bytes in group:
                if any(not _is_of_one_blob(error) for error in errors):
                    return
                try:
                    await self.fetch(digest, size_bytes, on_moved)
                    kept.append(digest)
                except (ApiError, WrongBytes, OSError) as error:
                    log.warning("blob_not_fetched", blob=digest, reason=str(error))
                    errors.append(error)
            if any(not _is_of_one_blob(error) for error in errors):
                return

    async def _fetch_batch(self, group: Sized, kept: list[str], errors: list[Failure], on_moved: OnMoved) -> bool:
        """Small ones in one body; False: they are to be fetched one by one, as something is wrong with one of them."""
        sizes_bytes = dict(group)
        try:
            body = await self._api.blobs(list(sizes_bytes), sum(sizes_bytes.values()))
            on_moved(sum(sizes_bytes.values()))
            await self._disk.do(self._blobs.take_batch, body, sizes_bytes)
            await self._keep_pace(len(body))
        except (ApiError, WrongBytes, OSError) as error:
            log.warning("blobs_not_fetched", blobs=len(group), reason=str(error))
            if not _is_of_one_blob(error):
                errors.append(error)
            return False
        kept += sizes_bytes
        return True

    async def fetch(self, digest: str, size_bytes: int, on_moved: OnMoved) -> None:
        """One blob. Raises ApiError, WrongBytes and OSError; what came stays, but for wrong bytes."""
        disk, partial = self._disk, self._blobs.partial(digest, size_bytes)
        try:
            await disk.do(partial.open)
            while not await disk.do(partial.read_kept, REREAD_BYTES):
                pass
            if partial.offset_bytes < size_bytes:
                async with self._api.blob(digest, partial.offset_bytes, size_bytes) as body:
                    if body.offset_bytes != partial.offset_bytes:
                        await disk.do(partial.restart)
                    await self._receive(body.chunks, partial, on_moved)
                if partial.offset_bytes < size_bytes:
                    raise Unreachable(f"blob {digest[:12]}… ended after {partial.offset_bytes} of {size_bytes} bytes")
            await disk.do(partial.keep)
        finally:
            await disk.do(partial.close)

    async def _receive(self, chunks: AsyncIterator[bytes], partial: PartialBlob, on_moved: OnMoved) -> None:
        gathered = bytearray()
        try:
            async for chunk in chunks:
                on_moved(len(chunk))
                gathered += chunk
                if len(gathered) >= GATHERED_BYTES:
                    data, gathered = bytes(gathered), bytearray()
                    await self._disk.do(partial.append, data)
                await self._keep_pace(len(chunk))
        finally:
            if gathered:
                await self._disk.do(partial.append, bytes(gathered))

    async def _keep_pace(self, came_bytes: int) -> None:
        wait_s = self._pace.wait_s(came_bytes, time.monotonic())
        if wait_s > 0.0:
            await asyncio.sleep(wait_s)


def _groups(blobs: Sized) -> list[Sized]:
    """Those that come in one request each: ``blobs`` in their order, the smallest first."""
    small = sum(size_bytes <= SMALL_BYTES for _, size_bytes in blobs)
    if small <= FEW_BLOBS:
        small = 0
    together = in_batches(blobs[:small], lambda blob: blob[1], BATCH_BYTES, BATCH_BLOBS)
    return [*together, *([blob] for blob in blobs[small:])]


def _is_of_one_blob(error: Failure) -> bool:
    return isinstance(error, WrongBytes) or (isinstance(error, Refused) and not error.passes)
