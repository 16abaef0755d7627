"""Files that are made from content once and kept: tiles, prefiltered light, simplified meshes.

They are named by the digest of what they are made from and by the version of how, so that nothing in here is ever out
of date. Whatever is lost is made again.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

import structlog

log = structlog.get_logger(__name__)

_READ_BYTES = 1 << 20


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
        if entry.is_dir():
            os.utime(entry)
            return entry
        self._folder.mkdir(parents=True, exist_ok=True)
        unfinished = Path(tempfile.mkdtemp(prefix=".unfinished-", dir=self._folder))
        try:
            make(unfinished)
            try:
                unfinished.rename(entry)
            except OSError:
                if not entry.is_dir():  # else another process was first
                    raise
        finally:
            shutil.rmtree(unfinished, ignore_errors=True)
        self._trim(entry)
        return entry

    def _trim(self, keep: Path) -> None:
        entries = []
        for entry in self._folder.iterdir():
            if entry.is_dir() and not entry.name.startswith("."):
                size = sum(file.stat().st_size for file in entry.rglob("*") if file.is_file())
                entries.append((entry.stat().st_mtime_ns, entry, size))
        total = sum(size for _, _, size in entries)
        for _, entry, size in sorted(entries, key=lambda item: item[0]):
            if total <= self._max_bytes:
                return
            if entry != keep:
                shutil.rmtree(entry, ignore_errors=True)
                total -= size
                log.info("derived_dropped", entry=entry.name, size_bytes=size)
