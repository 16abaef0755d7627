"""Finds the files of a package's folder, and names the blob of each by its digest."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import TypeAdapter, ValidationError

from control.content.errors import PackageRefused
from control.content.names import ReleasePath, check_paths_differ
from control.content.release import FILES_MAX, MANIFEST_PATH, FileEntry, FileList

_CHUNK_BYTES: Final = 1024 * 1024
_PATH: TypeAdapter[str] = TypeAdapter(ReleasePath)


@dataclass(frozen=True, slots=True)
class PackageFile:
    """A file as it was found: ``path`` in the package, ``source`` on this machine."""

    path: str
    source: Path
    size_bytes: int


def scan_package(root: Path, told: Callable[[int], None] = lambda _bytes: None) -> FileList:
    """The files of a package's folder with their digests; ``told`` hears how many bytes were read, as they are read.

    Raises PackageRefused.
    """
    return FileList(files=tuple(digested(file, told) for file in find_package_files(root)))


def find_package_files(root: Path) -> tuple[PackageFile, ...]:
    """All files of a package's folder that belong to it, by path: those whose names don't begin with a dot.

    Raises PackageRefused where the folder has no manifest, or something that a release can't hold.
    """
    top = root.resolve()
    if not top.is_dir():
        raise PackageRefused(f"{root}: is no folder")
    found: list[PackageFile] = []
    for path, source in _walk(top):
        if len(found) == FILES_MAX:
            raise PackageRefused(f"{root}: has more than the {FILES_MAX} files that a release may have")
        found.append(PackageFile(checked_path(path), source, source.stat().st_size))
    found.sort(key=lambda file: file.path)
    try:
        check_paths_differ(file.path for file in found)
    except ValueError as error:
        raise PackageRefused(f"{root}: {error}") from error
    if all(file.path != MANIFEST_PATH for file in found):
        raise PackageRefused(f"{root}: has no {MANIFEST_PATH}: it must be the folder of a package")
    return tuple(found)


def checked_path(path: str) -> str:
    """The path, where a release can hold it. Raises PackageRefused."""
    try:
        return _PATH.validate_python(path)
    except ValidationError as error:
        told = error.errors(include_url=False, include_input=False)[0]["msg"].removeprefix("Value error, ")
        raise PackageRefused(f"{printable(path)}: {told}: rename it") from error


def printable(path: str) -> str:
    """A name from elsewhere, for a message: without control characters, and not endless."""
    told = path.encode("utf-8", "backslashreplace").decode()
    return "".join(char if char.isprintable() else "?" for char in told)[:200]


def digested(file: PackageFile, told: Callable[[int], None] = lambda _bytes: None) -> FileEntry:
    """The file's entry, by reading all of it. Raises PackageRefused where it can't be read, or changes meanwhile."""
    digest = hashlib.sha256()
    size_bytes = 0
    try:
        with open(file.source, "rb") as opened:
            while chunk := opened.read(_CHUNK_BYTES):
                digest.update(chunk)
                size_bytes += len(chunk)
                told(len(chunk))
    except OSError as error:
        raise PackageRefused(f"{file.path}: can't be read: {error.strerror}") from error
    if size_bytes != file.size_bytes:
        raise PackageRefused(f"{file.path}: was changed while it was read; try again when it is finished")
    return FileEntry(path=file.path, digest=digest.hexdigest(), size_bytes=size_bytes)


def _walk(top: Path) -> Iterator[tuple[str, Path]]:
    folders = [("", top)]
    while folders:
        above, folder = folders.pop()
        try:
            entries = list(os.scandir(folder))
        except OSError as error:
            raise PackageRefused(f"{printable(above)}: can't be read: {error.strerror}") from error
        for entry in entries:
            if entry.name.startswith("."):
                continue
            path = f"{above}{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                checked_path(path)
                folders.append((f"{path}/", Path(entry.path)))
            else:
                yield path, _file(path, Path(entry.path), top)


def _file(path: str, source: Path, top: Path) -> Path:
    """The plain file that is meant. A pipe is never opened: that may not end."""
    try:
        target = source.resolve(strict=True)
        mode = target.stat().st_mode
    except (OSError, RuntimeError) as error:
        # RuntimeError: links in a circle.
        raise PackageRefused(
            f"{printable(path)}: can't be read: {getattr(error, 'strerror', None) or error}"
        ) from error
    if not target.is_relative_to(top):
        raise PackageRefused(f"{printable(path)}: is a link that leads out of the package: put the file itself there")
    if stat.S_ISDIR(mode):
        raise PackageRefused(f"{printable(path)}: is a link to a folder: put the folder itself there")
    if not stat.S_ISREG(mode):
        raise PackageRefused(f"{printable(path)}: is no plain file")
    return target
