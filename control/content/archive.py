"""Unpacks an uploaded zip into a folder, and believes nothing that it says of itself.

``archive_plan`` decides what may be written where, before anything is; here it is written, and counted.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from control.content.archive_plan import ArchiveLimits, PlannedEntry, plan
from control.content.errors import ArchiveRefused, NoRoom
from control.content.package_files import printable
from control.content.release import FileEntry, FileList

_CHUNK_BYTES: Final = 1024 * 1024
_DIRECTORY_MAX_BYTES: Final = 12 * 1024 * 1024
"""Of the list of entries at an archive's end, which is read as a whole: FILES_MAX entries with the longest names."""
_DISK_RESERVE_BYTES: Final = 64 * 1024 * 1024

_DAMAGED: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    struct.error,
    # Of zipfile: a version or method that it does not know, a text that is none, a position before the file's begin.
    NotImplementedError,
    UnicodeError,
    ValueError,
    OverflowError,
)


def unpack(
    archive: Path, folder: Path, limits: ArchiveLimits, told: Callable[[int], None] = lambda _bytes: None
) -> FileList:
    """Unpack the package in an archive into a folder, which is made; returns its files, which were read on the way.

    The package is at the archive's top, or in the one folder there. ``told`` hears of bytes as they are written. Raises
    ArchiveRefused, naming the entry, and NoRoom where the disk has too little; then the folder is not there.
    """
    with _opened(archive) as opened:
        entries = plan(opened.infolist(), opened.start_dir, limits)
        _check_room(folder.parent, sum(entry.size_bytes for entry in entries))
        folder.mkdir()
        try:
            return FileList(files=tuple(_extract(opened, entry, folder, told) for entry in entries))
        except BaseException:
            shutil.rmtree(folder)
            raise


@contextmanager
def _opened(archive: Path) -> Iterator[zipfile.ZipFile]:
    try:
        file = archive.open("rb")
    except OSError as error:
        raise ArchiveRefused(f"the archive can't be read: {error.strerror}") from error
    with file:
        try:
            opened = zipfile.ZipFile(_BoundedReads(file))
        except (*_DAMAGED, OSError) as error:
            raise ArchiveRefused(f"the archive is no zip, or is damaged: {printable(str(error))}") from error
        with opened:
            yield opened


class _BoundedReads:
    """A file that zipfile can't read into memory as a whole: it reads as much as the archive says at once."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.seek = file.seek
        self.tell = file.tell
        self.seekable = file.seekable
        self.close = file.close

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size if 0 <= size <= _DIRECTORY_MAX_BYTES else _DIRECTORY_MAX_BYTES + 1)
        if len(data) > _DIRECTORY_MAX_BYTES:
            raise ArchiveRefused("the archive's list of entries is larger than that of any package")
        return data


def _extract(opened: zipfile.ZipFile, entry: PlannedEntry, folder: Path, told: Callable[[int], None]) -> FileEntry:
    target = folder / entry.path
    digest = hashlib.sha256()
    size_bytes = 0
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with opened.open(entry.info) as source, _created(target) as file:
            # What is really inflated counts, and never more than was said when all of it was planned.
            while size_bytes <= entry.size_bytes and (chunk := source.read(_CHUNK_BYTES)):
                size_bytes += len(chunk)
                digest.update(chunk)
                file.write(chunk)
                told(len(chunk))
    except _DAMAGED as error:
        raise ArchiveRefused(f"{printable(entry.path)}: is damaged: {printable(str(error))}") from error
    except OSError as error:
        raise NoRoom(f"{printable(entry.path)}: can't be written: {error.strerror}") from error
    if size_bytes != entry.size_bytes:
        raise ArchiveRefused(f"{printable(entry.path)}: is said to have {entry.size_bytes} bytes, but has {size_bytes}")
    return FileEntry(path=entry.path, digest=digest.hexdigest(), size_bytes=size_bytes)


def _created(path: Path) -> IO[bytes]:
    # A file that nobody else has made, and no link.
    return open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644), "wb")


def _check_room(folder: Path, size_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if size_bytes + _DISK_RESERVE_BYTES > free_bytes:
        raise NoRoom(f"unpacking takes {size_bytes} bytes, and the disk has {free_bytes} left")
