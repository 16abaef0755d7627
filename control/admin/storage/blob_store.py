"""The blobs of all versions, each named by the SHA-256 of its bytes, and the parts of uploads.

A blob is at ``blobs/ab/abcd…``, a part of an upload at ``uploads/UPLOAD/PART``. Which of them count is said by the
database (``blob_records``, ``uploads``); this is where the bytes are. All methods block, and raise Unavailable where
the store does not answer.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

from control.admin.errors import NotFound, Refused, TooLarge, Unavailable
from control.admin.settings import AdminSettings
from control.admin.storage.objects import CHUNK_BYTES, Objects
from control.content.release import FileEntry

_DOWNLOADS: Final = 8
_FILES: Final = 4  # of each some 16 MB are in memory


class BlobStore:
    """Reads and writes blobs. What it is given is checked against its digest before anybody sees it."""

    def __init__(self, objects: Objects) -> None:
        self._objects = objects

    @classmethod
    def open(cls, settings: AdminSettings) -> BlobStore:
        """As the settings say. Raises Unavailable where nothing can be written there."""
        return cls(Objects(settings))

    def exists(self, digest: str) -> bool:
        """Whether its bytes are there."""
        try:
            self.size(digest)
        except NotFound:
            return False
        return True

    def size(self, digest: str) -> int:
        """Its bytes. Raises NotFound."""
        return self._objects.size(_blob(digest))

    def read(self, digest: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """Its bytes from ``start`` until before ``end``, in chunks. Raises NotFound before the first."""
        return self._objects.read(_blob(digest), start, end)

    def read_bytes(self, digest: str, max_bytes: int) -> bytes:
        """All of it. Raises NotFound, and TooLarge where it has more than ``max_bytes``."""
        size = self.size(digest)
        if size > max_bytes:
            raise TooLarge(f"has {size} bytes; at most {max_bytes} are read")
        return b"".join(self.read(digest))

    def read_many(self, digests: Iterable[str]) -> dict[str, bytes]:
        """All of small blobs, several at a time. Raises NotFound."""
        wanted = list(digests)
        with ThreadPoolExecutor(_DOWNLOADS) as workers:
            return dict(zip(wanted, workers.map(lambda digest: b"".join(self.read(digest)), wanted), strict=True))

    def put_bytes(self, data: bytes) -> str:
        """Store a small blob; returns its digest."""
        digest = hashlib.sha256(data).hexdigest()
        self._objects.put(_blob(digest), data)
        return digest

    def put_many(self, blobs: Mapping[str, bytes]) -> None:
        """Store small blobs, by their digests, which the caller has computed. Where it raises, some may be there."""
        self._objects.put_many({_blob(digest): data for digest, data in blobs.items()})

    def put_file(self, path: Path, digest: str) -> None:
        """Store a file. Raises Refused where it has another digest."""
        self._put_checked(digest, path.stat().st_size, _file_chunks(path))

    def put_files(self, files: Mapping[str, Path]) -> None:
        """As ``put_file``, by digest, a few at a time."""
        with ThreadPoolExecutor(_FILES) as workers:
            for _done in workers.map(lambda digest: self.put_file(files[digest], digest), files):
                pass

    def put_part(self, upload: str, part: str, data: bytes) -> None:
        """Keep a part of an upload."""
        self._objects.put(_part(upload, part), data)

    def assemble(self, upload: str, parts: Sequence[str], digest: str, size_bytes: int) -> None:
        """Make a blob of an upload's parts, in this order. Raises Refused where it has another digest or size, and
        NotFound where a part is gone. The parts stay."""
        chunks = (chunk for part in parts for chunk in self._objects.read(_part(upload, part)))
        self._put_checked(digest, size_bytes, chunks)

    def delete(self, digests: Iterable[str]) -> None:
        """Remove blobs; those that are not there are fine."""
        self._objects.delete([_blob(digest) for digest in digests])

    def delete_parts(self, upload: str, parts: Iterable[str]) -> None:
        """Remove parts of an upload; those that are not there are fine."""
        self._objects.delete([_part(upload, part) for part in parts])

    def delete_upload(self, upload: str) -> None:
        """Remove all parts of an upload, also those that nobody knows of."""
        self._objects.delete(list(self._objects.names(f"uploads/{upload}")))

    def upload_names(self) -> set[str]:
        """The uploads that have parts."""
        return {name.split("/")[1] for name in self._objects.names("uploads")}

    def sweep(self, before: float) -> int:
        """Remove what a killed process was writing and has not touched since; returns how many."""
        return self._objects.sweep(before)

    def lay_out(self, files: Iterable[FileEntry], folder: Path) -> None:
        """Write a version's files below ``folder``, to be read and not written: where the store is a folder of the same
        file system they are hard links to the blobs, which takes no time. Raises NotFound where one is missing."""
        try:
            wanted = list(files)
            for entry in wanted:
                (folder / entry.path).parent.mkdir(parents=True, exist_ok=True)
            with ThreadPoolExecutor(_DOWNLOADS) as workers:
                for _done in workers.map(lambda entry: self._lay_out_one(entry.digest, folder / entry.path), wanted):
                    pass
        except OSError as error:
            raise Unavailable(f"the files of a version can't be laid out: {error.strerror}") from error

    def _lay_out_one(self, digest: str, path: Path) -> None:
        if self._objects.folder is not None and _link(self._objects.folder / _blob(digest), path):
            return
        chunks = self.read(digest)
        with path.open("wb") as file:
            file.writelines(chunks)

    def _put_checked(self, digest: str, size_bytes: int, chunks: Iterator[bytes]) -> None:
        self._objects.put_stream(_blob(digest), _checked(chunks, digest, size_bytes), size_bytes)


def _checked(chunks: Iterator[bytes], digest: str, size_bytes: int) -> Iterator[bytes]:
    """Raises before the end where they are not what they should be, so that nothing is stored."""
    hasher, size = hashlib.sha256(), 0
    for chunk in chunks:
        hasher.update(chunk)
        size += len(chunk)
        yield chunk
    if size != size_bytes:
        raise Refused(f"has {size} bytes, not {size_bytes}")
    if hasher.hexdigest() != digest:
        raise Refused(f"has the SHA-256 {hasher.hexdigest()}, not {digest}: it was changed on its way")


def _file_chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _link(blob: Path, path: Path) -> bool:
    try:
        os.link(blob, path)
    except OSError:  # another file system, or one without hard links; or the blob is not there, which reading tells
        return False
    return True


def _blob(digest: str) -> str:
    return f"blobs/{digest[:2]}/{digest}"


def _part(upload: str, part: str) -> str:
    return f"uploads/{upload}/{part}"
