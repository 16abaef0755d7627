"""Uploads the blobs that the admin lacks, several at a time: large ones in pieces, small ones in batches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

from control.admin_client.batch_upload import SMALL_BYTES, BatchUpload, batches
from control.admin_client.blob_upload import BlobUpload
from control.admin_client.connection import AdminConnection
from control.admin_client.errors import ClientError
from control.admin_client.replies import MissingBlobs
from control.content.package_files import PackageFile
from control.content.release import FileEntry

AT_A_TIME: Final = 4
_DIGESTS_AT_A_TIME: Final = 10_000


async def missing_blobs(connection: AdminConnection, digests: Sequence[str]) -> frozenset[str]:
    """Those of the blobs that the admin does not have. Raises ClientError."""
    missing: set[str] = set()
    for start in range(0, len(digests), _DIGESTS_AT_A_TIME):
        asked = {"digests": list(digests[start : start + _DIGESTS_AT_A_TIME])}
        reply = await connection.ask("POST", "blobs/missing", MissingBlobs, asked, repeatable=True)
        missing.update(reply.missing)
    return frozenset(missing)


async def upload_blobs(
    connection: AdminConnection,
    blobs: Sequence[tuple[FileEntry, PackageFile]],
    moved: Callable[[int], None],
) -> None:
    """Upload each of them; ``moved`` hears of bytes that the admin did not have before. Raises ClientError; what has
    arrived by then need not be sent again."""
    by_size = sorted(blobs, key=lambda blob: blob[0].size_bytes)
    small = [blob for blob in by_size if blob[0].size_bytes <= SMALL_BYTES]
    # The largest first, which are taken from the end: one that is begun last would be waited for alone.
    queue: list[BatchUpload | BlobUpload] = [BatchUpload(connection, batch, moved) for batch in batches(small)]
    queue += [BlobUpload(connection, entry, file, moved) for entry, file in by_size[len(small) :]]

    async def work() -> None:
        while queue:
            await queue.pop().run()

    first: Exception | None = None
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(min(AT_A_TIME, len(queue))):
                group.create_task(work(), name=f"upload-{number}")
    except* ClientError as failed:
        first = failed.exceptions[0]  # the others were cancelled by it
    if first is not None:
        raise first
