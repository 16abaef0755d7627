"""The blobs on an edge's disk: whole and verified ones, and those that are on their way.

``blobs/ab/DIGEST`` is read-only, and its time of change tells its digest, once its bytes are safe on the disk: a file
that somebody wrote to since, or that a crash came upon before, shows without being read. ``partial/DIGEST`` has the
first bytes of a blob.

Blocking; one thread at a time.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Final

from control.content.blob_batch import read_batch
from control.content.errors import BatchRefused
from control.sync.errors import WrongBytes

READ_BYTES: Final = 1 << 20
SYNCS: Final = 16
"""At a time."""


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A blob on disk. ``since``: Unix seconds at which it came there."""

    size_bytes: int
    since: float


class BlobCache:
    """The two folders of blobs within a content folder."""

    def __init__(self, folder: Path) -> None:
        """Make the folders where there are none. Raises OSError."""
        self._blobs = folder / "blobs"
        self._partial = folder / "partial"
        for made in (self._blobs, self._partial):
            made.mkdir(exist_ok=True)

    def path(self, digest: str) -> Path:
        """Where a verified blob is, or would be."""
        return self._blobs / digest[:2] / digest

    def has(self, digest: str, size_bytes: int) -> bool:
        """Whether it is there, by its size and time alone."""
        try:
            found = self.path(digest).stat()
        except FileNotFoundError:
            return False
        return found.st_size == size_bytes and int(found.st_mtime) == verified_mtime_s(digest)

    def check(self, digest: str, size_bytes: int, *, read: bool = False) -> bool:
        """Whether it is there and right. It is read where its time does not tell so, or where ``read`` asks for it; one
        that is wrong is dropped."""
        if not read and self.has(digest, size_bytes):
            return True
        path = self.path(digest)
        try:
            right = path.stat().st_size == size_bytes and _sha256(path) == digest
        except FileNotFoundError:
            return False
        if right:
            _mark_verified(path, digest)
        else:
            self.drop(digest)
        return right

    def seal(self, digests: Iterable[str]) -> None:
        """Have blobs that were kept reach the disk: from now on they need not be read to be believed. Many at once cost
        little more than one: a disk syncs together what is asked of it meanwhile. Raises OSError."""
        with ThreadPoolExecutor(SYNCS) as workers:  # of this thread's priority, as threads inherit it
            for _done in workers.map(lambda digest: _mark_verified(self.path(digest), digest), digests):
                pass

    def drop(self, digest: str) -> None:
        """Delete a blob and what has come of it, if anything."""
        for path in (self.path(digest), self._partial / digest):
            with contextlib.suppress(FileNotFoundError):
                path.unlink()

    def partial_bytes(self, digest: str) -> int:
        """How many of its bytes have come so far."""
        try:
            return (self._partial / digest).stat().st_size
        except FileNotFoundError:
            return 0

    def partial(self, digest: str, size_bytes: int) -> PartialBlob:
        """Go on with a blob that is on its way, or begin with it."""
        return PartialBlob(self._partial / digest, self.path(digest), digest, size_bytes)

    def take_batch(self, body: bytes, sizes_bytes: Mapping[str, int]) -> None:
        """Keep blobs that came in one body (``control.content.blob_batch``), to be sealed. Raises WrongBytes where they
        are not these, and OSError; some may be there then."""
        try:
            blobs = read_batch(body)
        except BatchRefused as error:
            raise WrongBytes(str(error)) from error
        if {digest: len(data) for digest, data in blobs.items()} != sizes_bytes:
            raise WrongBytes("other blobs came than those that were asked for")
        for digest, data in blobs.items():
            partial = self.partial(digest, len(data))
            try:
                partial.open()
                partial.restart()
                partial.append(data)
                partial.keep()
            finally:
                partial.close()

    def stored(self) -> dict[str, StoredFile]:
        """All that takes room, by digest: whole blobs and partial ones. Of a blob that is both, the sum."""
        found: dict[str, StoredFile] = {}
        folders = [self._partial, *(path for path in self._blobs.iterdir() if path.is_dir())]
        for folder in folders:
            with os.scandir(folder) as entries:
                for entry in entries:
                    status = entry.stat(follow_symlinks=False)
                    before = found.get(entry.name, StoredFile(0, 0.0))
                    found[entry.name] = StoredFile(before.size_bytes + status.st_size, status.st_ctime)
        return found


class PartialBlob:
    """A blob that is being fetched; what came stays on disk when it is closed early.

    ``open``; ``read_kept`` until it returns True, as the digest is computed anew over what is there; ``append`` in
    order; ``keep``; ``close`` in any case.
    """

    def __init__(self, partial: Path, whole: Path, digest: str, size_bytes: int) -> None:
        self._partial, self._whole = partial, whole
        self._digest, self._size_bytes = digest, size_bytes
        self._sha256 = hashlib.sha256()
        self._opened: FileIO | None = None
        self.offset_bytes = 0
        """How many bytes there are, as far as they were read."""

    def open(self) -> None:
        """Raises OSError."""
        handle = os.open(self._partial, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        self._opened = os.fdopen(handle, "r+b", buffering=0)

    def close(self) -> None:
        """Also where it was not opened."""
        if self._opened is not None:
            self._opened.close()

    @property
    def _file(self) -> FileIO:
        assert self._opened is not None, "it was opened"
        return self._opened

    def read_kept(self, most_bytes: int) -> bool:
        """Read on in what is there, at most so much; True where that was all of it."""
        end = self.offset_bytes + most_bytes
        while self.offset_bytes < end:
            data = self._file.read(min(READ_BYTES, end - self.offset_bytes))
            if not data:
                return True
            self._take(data)
            if self.offset_bytes > self._size_bytes:
                self.restart()
                return True
        return False

    def append(self, data: bytes) -> None:
        """Raises WrongBytes where they are more than the blob has, and OSError, as on a full disk."""
        if self.offset_bytes + len(data) > self._size_bytes:
            self.restart()
            raise WrongBytes(f"blob {self._digest[:12]}… has {self._size_bytes} bytes, but more came")
        view = memoryview(data)
        while view:
            view = view[self._file.write(view) :]
        self._take(data)

    def restart(self) -> None:
        """Throw away what came."""
        self._file.seek(0)
        self._file.truncate()
        self._sha256 = hashlib.sha256()
        self.offset_bytes = 0

    def keep(self) -> None:
        """All bytes came: check them, and make them a blob, to be sealed. Raises WrongBytes, and then throws them
        away."""
        came = self._sha256.hexdigest()
        if self.offset_bytes != self._size_bytes or came != self._digest:
            what = f"{self.offset_bytes} bytes with the digest {came[:12]}…"
            self.restart()
            raise WrongBytes(
                f"blob {self._digest[:12]}… should have {self._size_bytes} bytes; {what} came, and were thrown away"
            )
        self._whole.parent.mkdir(exist_ok=True)
        self._partial.replace(self._whole)

    def _take(self, data: bytes) -> None:
        self._sha256.update(data)
        self.offset_bytes += len(data)


def verified_mtime_s(digest: str) -> int:
    """The time of change that a verified blob is given: between 1987 and 1995, in whole seconds, which every file
    system keeps."""
    return (1 << 29) + int(digest[:7], 16)


def _mark_verified(path: Path, digest: str) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)  # a mark that outlives the bytes would be a lie
        os.fchmod(handle, 0o444)
        time_s = verified_mtime_s(digest)
        os.utime(handle, (time_s, time_s))
    finally:
        os.close(handle)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
