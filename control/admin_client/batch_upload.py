"""Uploads small blobs, many in one request: each in its own would wait for the admin's disk and database by itself."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from control.admin_client.connection import AdminConnection
from control.admin_client.errors import ClientError, Rejected, Unreachable
from control.admin_client.patience import Patience
from control.content.blob_batch import BATCH_MAX_BLOBS, BATCH_TYPE, HEAD_BYTES, in_batches, pack_batch
from control.content.package_files import PackageFile
from control.content.release import FileEntry

SMALL_BYTES: Final = 256 * 1024
"""A blob of at most so many bytes goes in a batch."""
BATCH_BYTES: Final = 4 * 1024 * 1024
"""Of one request, of which all arrives or nothing. At most half of what the admin takes."""
BATCH_MIN_BYTES: Final = 64 * 1024
"""Where connections break; a larger blob goes alone then."""
Blob = tuple[FileEntry, PackageFile]


def batches(blobs: Sequence[Blob], most_bytes: int = BATCH_BYTES) -> Iterator[Sequence[Blob]]:
    """They, in their order, as many together as one request takes."""
    return in_batches(blobs, lambda blob: HEAD_BYTES + blob[0].size_bytes, most_bytes, BATCH_MAX_BLOBS)


class BatchUpload:
    """Of one of the ``batches``."""

    def __init__(self, connection: AdminConnection, blobs: Sequence[Blob], moved: Callable[[int], None]) -> None:
        self._connection, self._blobs, self._moved = connection, blobs, moved

    async def run(self) -> None:
        """Raises ClientError. Where connections break, it goes on in smaller pieces."""
        patience = Patience(self._connection.patience_s, self._connection.jitter)
        left, most_bytes = self._blobs, BATCH_BYTES
        while left:
            some = next(batches(left, most_bytes))
            try:
                await self._send(some)
            except ClientError as error:
                if isinstance(error, Unreachable):
                    most_bytes = max(BATCH_MIN_BYTES, most_bytes // 2)
                wait_s = patience.wait_s(error, asyncio.get_running_loop().time(), repeatable=True)
                if wait_s is None:
                    raise
                await asyncio.sleep(wait_s)
            else:
                patience.worked()
                left = left[len(some) :]
                self._moved(sum(entry.size_bytes for entry, _ in some))

    async def _send(self, blobs: Sequence[Blob]) -> None:
        content = await asyncio.to_thread(_packed, blobs)
        await self._connection.send("POST", "blobs", content=content, headers={"Content-Type": BATCH_TYPE})


def _packed(blobs: Sequence[Blob]) -> bytes:
    return pack_batch((entry.digest, _read(entry, file)) for entry, file in blobs)


def _read(entry: FileEntry, file: PackageFile) -> bytes:
    """Raises Rejected, which names the file, where it is not what it was."""
    try:
        with file.source.open("rb") as opened:
            data = opened.read(entry.size_bytes)
    except OSError as error:
        raise Rejected(f"{entry.path}: can't be read: {error.strerror}") from error
    if len(data) < entry.size_bytes:
        raise Rejected(f"{entry.path}: became shorter while it was uploaded")
    found = hashlib.sha256(data).hexdigest()
    if found != entry.digest:
        raise Rejected(f"{entry.path}: has the SHA-256 {found}, not {entry.digest}: it was changed meanwhile")
    return data
