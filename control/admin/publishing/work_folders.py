"""Folders for work that is under way; what is left of a process that was killed is removed by the next."""

from __future__ import annotations

import asyncio
import fcntl
import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Final

_LOCK_SUFFIX: Final = ".lock"


@contextmanager
def work_folder(parent: Path, prefix: str) -> Iterator[Path]:
    """An empty folder below ``parent``, which is made where it is missing; removed with all in it when it is left. A
    lock beside it says that it is in use: the system frees that when a process ends, however it does."""
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=prefix, dir=parent))
    lock = folder.with_name(folder.name + _LOCK_SUFFIX)
    with lock.open("wb") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            _remove(folder, lock)


@asynccontextmanager
async def work_folder_beside(parent: Path, prefix: str) -> AsyncIterator[Path]:
    """The same for the event loop: files are made and removed on a thread."""
    made = work_folder(parent, prefix)
    folder = await asyncio.to_thread(made.__enter__)
    try:
        yield folder
    finally:
        await asyncio.to_thread(made.__exit__, None, None, None)


def clear_abandoned(parent: Path) -> None:
    """Remove the folders below ``parent`` that nobody works in any more."""
    for lock in parent.glob(f"*{_LOCK_SUFFIX}"):
        with lock.open("rb") as held:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            _remove(lock.with_suffix(""), lock)


def _remove(folder: Path, lock: Path) -> None:
    # Best effort: what can't be removed now is tried again at the next start.
    shutil.rmtree(folder, ignore_errors=True)
    if not folder.exists():
        lock.unlink(missing_ok=True)
