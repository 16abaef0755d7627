"""The task that tidies blobs and uploads while the admin runs."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Final

import structlog

from control.admin.database import Database
from control.admin.errors import Unavailable
from control.admin.storage.blob_store import BlobStore
from control.admin.storage.garbage import remove_unused
from control.admin.storage.uploads import Uploads

log = structlog.get_logger(__name__)

TIDY_EVERY_S: Final = 600.0
UNFINISHED_S: Final = 3600.0
"""Nobody goes on writing a file after so long."""


@asynccontextmanager
async def tidied(
    database: Database, blobs: BlobStore, uploads: Uploads, now: Callable[[], float]
) -> AsyncIterator[None]:
    """Meanwhile: at once and every ``TIDY_EVERY_S``, uploads that a killed process left whole become blobs, those that
    were abandoned go, and so do blobs that nothing needs."""
    stop = threading.Event()

    def tidy() -> None:
        steps: tuple[Callable[[float], object], ...] = (
            uploads.complete_all,
            uploads.expire,
            lambda at: remove_unused(database, blobs, at),
            lambda at: blobs.sweep(at - UNFINISHED_S),
        )
        for step in steps:
            if stop.is_set():
                return
            try:
                step(now())
            except Unavailable as error:
                log.warning("storage is not tidied", reason=str(error))

    async def run() -> None:
        while True:
            thread = asyncio.create_task(asyncio.to_thread(tidy))
            try:
                await asyncio.shield(thread)
            except asyncio.CancelledError:
                await thread  # what it works with is closed after this
                raise
            await asyncio.sleep(TIDY_EVERY_S)

    async with asyncio.TaskGroup() as group:
        task = group.create_task(run(), name="storage-tidying")
        try:
            yield
        finally:
            stop.set()
            task.cancel()
