"""Fetches blobs: goes on where it was, a few at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from typing import Final

import structlog

from control.sync.admin_api import AdminApi
from control.sync.blob_cache import BlobCache, PartialBlob
from control.sync.disk_thread import DiskThread
from control.sync.errors import ApiError, Refused, Unreachable, WrongBytes

PARALLEL: Final = 4
GATHERED_BYTES: Final = 256 << 10
"""Written at a time; a process that is killed has lost less than this of each blob."""
REREAD_BYTES: Final = 16 << 20
"""Read at a time of what is there already."""
SEALED: Final = 100
"""Blobs at a time, so that whoever waits for the disk does not wait long."""
OnMoved = Callable[[int], None]
log = structlog.get_logger(__name__)


class BlobFetcher:
    """Brings blobs from the admin to the cache."""

    def __init__(self, api: AdminApi, disk: DiskThread, blobs: BlobCache) -> None:
        self._api, self._disk, self._blobs = api, disk, blobs

    async def fetch_all(self, missing: Mapping[str, int], on_moved: OnMoved) -> None:
        """All of them (sizes by digest), the small ones first. ``on_moved`` is told of bytes that came.

        A blob that is refused or wrong does not keep the others from being fetched. Raises the first of ApiError,
        WrongBytes and OSError, once nothing is on its way any more.
        """
        errors: list[ApiError | WrongBytes | OSError] = []
        kept: list[str] = []
        queue = iter(sorted(missing.items(), key=lambda item: item[1]))
        try:
            async with asyncio.TaskGroup() as group:
                for number in range(min(PARALLEL, len(missing))):
                    group.create_task(self._fetch_each(queue, kept, errors, on_moved), name=f"fetch-blobs-{number}")
        finally:
            for start in range(0, len(kept), SEALED):
                await self._disk.do(self._blobs.seal, kept[start : start + SEALED])
        if errors:
            raise errors[0]

    async def _fetch_each(
        self,
        queue: Iterator[tuple[str, int]],
        kept: list[str],
        errors: list[ApiError | WrongBytes | OSError],
        on_moved: OnMoved,
    ) -> None:
        for digest, size_bytes in queue:
            try:
                await self.fetch(digest, size_bytes, on_moved)
                kept.append(digest)
            except (ApiError, WrongBytes, OSError) as error:
                log.warning("blob_not_fetched", blob=digest, reason=str(error))
                errors.append(error)
            if any(not _is_of_one_blob(error) for error in errors):
                return

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
        finally:
            if gathered:
                await self._disk.do(partial.append, bytes(gathered))


def _is_of_one_blob(error: ApiError | WrongBytes | OSError) -> bool:
    return isinstance(error, WrongBytes) or (isinstance(error, Refused) and not error.passes)
