"""Files that are made from content once and kept: tiles, prefiltered light, simplified meshes.

They are named by the digest of what they are made from and by the version of how, so that nothing in here is ever out
of date. Whatever is lost is made again.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_READ_BYTES = 1 << 20
_ENTRY = re.compile(r"[a-z-]+-\d+-[0-9a-z]+")
_UNFINISHED, _DROPPED = _OWN = (".unfinished-", ".dropped-")
"""Whatever else is in the folder is not ours, and stays."""
_ABANDONED_S = 24 * 3600.0
"""What has been unfinished for so long is of a process that was killed."""


def file_digest(path: Path) -> str:
    """SHA-256 of a file, as hexadecimal. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(_READ_BYTES):
            digest.update(block)
    return digest.hexdigest()


def default_cache_folder() -> Path:
    """Where the user's caches are by the XDG Base Directory Specification."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "edge-render"


class DerivedCache:
    """A folder of entries, each a folder of files. Several processes may share it."""

    def __init__(self, folder: Path, max_bytes: int = 20 * 1024**3) -> None:
        """Entries beyond ``max_bytes`` in all go, those longest unused first; never the one just asked for."""
        self._folder = folder
        self._max_bytes = max_bytes

    def entry(self, kind: str, version: int, digest: str, make: Callable[[Path], None]) -> Path:
        """The folder of what ``make`` writes into the empty folder that it is given, for content of that digest.

        It appears at once or not at all: who comes while it is being made makes it too, and the first one stays.
        Raises what ``make`` raises, and OSError where the disk can't take it.
        """
        entry = self._folder / f"{kind}-{version}-{digest}"
        if _used(entry):
            return entry
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=self._folder))
        try:
            make(unfinished)
            try:
                unfinished.rename(entry)
            except OSError:
                if not _used(entry):  # else another process was first
                    raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        self._trim(entry)
        return entry

    def _trim(self, keep: Path) -> None:
        entries = []
        for entry in self._folder.iterdir():
            used_ns = _used_ns(entry)
            if used_ns is None:
                continue
            if _ENTRY.fullmatch(entry.name):
                entries.append((used_ns, entry, _size_bytes(entry)))
            elif entry.name.startswith(_OWN) and time.time() - used_ns / 1e9 > _ABANDONED_S:
                shutil.rmtree(entry, ignore_errors=True)
        total = sum(size for _, _, size in entries)
        for _, entry, size in sorted(entries, key=lambda item: item[0]):
            if total <= self._max_bytes:
                return
            if entry != keep:
                self._drop(entry)
                total -= size
                log.info("derived_dropped", entry=entry.name, size_bytes=size)

    def _drop(self, entry: Path) -> None:
        """At once, as it appeared: nobody finds half of it. Who has its files open or mapped keeps them."""
        grave = Path(tempfile.mkdtemp(prefix=_DROPPED, dir=self._folder))
        with contextlib.suppress(FileNotFoundError):  # another process was first
            entry.rename(grave / entry.name)
        shutil.rmtree(grave, ignore_errors=True)


def _used(entry: Path) -> bool:
    """Note that an entry is used now; False where there is none."""
    try:
        os.utime(entry)
    except FileNotFoundError:
        return False
    return True


def _used_ns(entry: Path) -> int | None:
    """When an entry was used last; None where another process has dropped it meanwhile."""
    try:
        return entry.stat().st_mtime_ns
    except FileNotFoundError:
        return None


def _size_bytes(entry: Path) -> int:
    """Of all its files; what another process drops meanwhile counts as nothing."""
    size_bytes = 0
    for folder, _, names in os.walk(entry):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                size_bytes += os.stat(os.path.join(folder, name)).st_size
    return size_bytes
