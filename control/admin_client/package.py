"""Reads a package's folder for publishing: its files' digests, several at a time, and its title."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from control.admin_client.progress import Progress
from control.content.errors import PackageRefused
from control.content.names import Title
from control.content.package_files import PackageFile, digested, find_package_files
from control.content.release import MANIFEST_PATH, FileEntry, FileList

_READERS: Final = 2
"""Digesting is bound by the disk, or by one core each."""


@dataclass(frozen=True, slots=True)
class LocalPackage:
    """A folder as it was read. ``sources``: by digest, a file on this machine for each blob."""

    files: FileList
    sources: dict[str, PackageFile]

    def blob(self, digest: str) -> tuple[FileEntry, PackageFile]:
        """One of its blobs."""
        source = self.sources[digest]
        return FileEntry(path=source.path, digest=digest, size_bytes=source.size_bytes), source

    def title(self) -> Title:
        """As its manifest says. Raises PackageRefused."""
        (entry,) = (entry for entry in self.files.files if entry.path == MANIFEST_PATH)
        try:
            told = json.loads(self.sources[entry.digest].source.read_bytes())["title"]
            return Title.model_validate(told)
        except (OSError, ValueError, LookupError, TypeError, RecursionError) as error:
            raise PackageRefused(f"{MANIFEST_PATH}: title: must have a text in en and one in zh") from error


async def read_package(folder: Path, progress: Progress) -> LocalPackage:
    """Read all of a package's folder. Raises PackageRefused."""
    found = await asyncio.to_thread(find_package_files, folder)
    with progress.moving("reading", sum(file.size_bytes for file in found)) as moved:
        entries = await _digested(found, moved)
    sources = {entry.digest: file for entry, file in zip(entries, found, strict=True)}
    return LocalPackage(FileList(files=tuple(entries)), sources)


async def _digested(files: tuple[PackageFile, ...], moved: Callable[[int], None]) -> list[FileEntry]:
    loop = asyncio.get_running_loop()
    entries: dict[str, FileEntry] = {}
    queue = iter(files)

    def told(size_bytes: int) -> None:
        loop.call_soon_threadsafe(moved, size_bytes)

    async def work() -> None:
        for file in queue:
            entries[file.path] = await asyncio.to_thread(digested, file, told)

    first: Exception | None = None
    try:
        async with asyncio.TaskGroup() as group:
            for number in range(_READERS):
                group.create_task(work(), name=f"digest-{number}")
    except* PackageRefused as refused:
        first = refused.exceptions[0]
    if first is not None:
        raise first
    return [entries[file.path] for file in files]
