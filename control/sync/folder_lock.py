"""One process per content folder."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from control.sync.errors import FolderInUse, FolderUnusable


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make the folder if there is none, and hold it; the system lets go of it when the process ends, however it ends.

    Raises FolderInUse where another process holds it, and FolderUnusable.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise FolderUnusable(f"the content folder {folder} can't be used: {error.strerror}") from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip() or "unknown"
            raise FolderInUse(
                f"the content folder {folder} is in use by another node (process {holder}): "
                "give each node a folder of its own"
            ) from error
        with contextlib.suppress(OSError):  # a full disk takes no name, and what is on it can be shown all the same
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)
