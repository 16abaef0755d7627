"""Changes to files that are there as a whole, or not at all, after a crash of the process or of the machine."""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path
from typing import Final

TEMPORARY: Final = ".tmp-"
"""What the names begin with of whatever may be deleted when nobody works on it."""


def sync_folder(folder: Path) -> None:
    """Have what was made, renamed or deleted in it reach the disk."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_whole(path: Path, data: bytes) -> None:
    """Replace a file by one with these bytes. Raises OSError; then the file is as it was."""
    temporary = path.with_name(TEMPORARY + path.name)
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
    sync_folder(path.parent)


def remove_folder(folder: Path) -> None:
    """Remove a folder with all that is in it: it is gone at once, and never there by half."""
    grave = folder.with_name(f"{TEMPORARY}gone-{folder.name}")
    remove_tree(grave)
    with contextlib.suppress(FileNotFoundError):
        folder.rename(grave)
    sync_folder(folder.parent)
    remove_tree(grave)


def remove_tree(folder: Path) -> None:
    """Remove what is left of a folder, if anything. Raises OSError."""
    if folder.exists():
        shutil.rmtree(folder)


def remove_temporary(folder: Path) -> None:
    """Remove what a process that was killed had not finished in this folder."""
    for entry in folder.glob(TEMPORARY + "*"):
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
