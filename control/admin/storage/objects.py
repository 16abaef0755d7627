"""The door to obstore: named bytes in a folder or in a bucket of any S3-compatible server.

In a folder, what was put is on the disk when ``put`` returns: a power failure after that loses nothing that the
database tells of. An S3-compatible server promises as much itself.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeAlias
from urllib.parse import urlsplit
from uuid import uuid4

import obstore
import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store

from control.admin.errors import NotFound, Unavailable
from control.admin.settings import AdminSettings

if TYPE_CHECKING:  # obstore has these for type checkers only
    from obstore import GetOptions
    from obstore.store import RetryConfig, S3Config

log = structlog.get_logger(__name__)

CHUNK_BYTES: Final = 1024 * 1024
"""What a stream yields at a time, about."""
_PUT_CHUNK_BYTES: Final = 8 * 1024 * 1024
_PUTS: Final = 16  # at a time: they wait for the disk or the network, and a disk syncs many at once
_PUT_CHUNKS_MAX: Final = 9000  # S3 takes 10,000 parts at most

_STAGED: Final = re.compile(r"#[0-9]+$")
"""What obstore appends to a file's name until it is whole; it lists no such names."""

_RETRIES: Final[RetryConfig] = {"max_retries": 3, "retry_timeout": timedelta(seconds=20)}
_CONNECT_TIMEOUT: Final = "5s"
_READ_TIMEOUT: Final = "60s"
_WHOLE_TIMEOUT: Final = "24h"  # an edge far away may read a large blob for hours

_Store: TypeAlias = LocalStore | S3Store


class Objects:
    """Named bytes; each is there whole or not at all. All methods block, and raise Unavailable where there is no
    answer; those that read raise NotFound."""

    def __init__(self, settings: AdminSettings) -> None:
        """Raises Unavailable where the URL can't be used, or nothing can be written there."""
        url = settings.blob_url.get_secret_value() if settings.blob_url else None
        with _told("the blob store"):
            match urlsplit(url or "").scheme:
                case "s3":
                    assert url is not None
                    self._store: _Store = _s3(url, settings)
                case "file" | "":
                    folder = Path(urlsplit(url).path) if url else settings.data_folder / "content"
                    self._store = LocalStore(folder.absolute(), mkdir=True)
                case other:
                    raise Unavailable(f"--blob-url begins with {other}: neither file nor s3")
        self.folder = self._store.prefix if isinstance(self._store, LocalStore) else None
        """Where they are files, by their names; else None."""
        self._has_ranges = True
        self._try_out()

    def put(self, name: str, data: bytes) -> None:
        """Write it, in place of what had the name."""
        with _told(name):
            obstore.put(self._store, name, data, use_multipart=False)
            self._persist(name)

    def put_many(self, contents: Mapping[str, bytes]) -> None:
        """As ``put``, by name, several at a time; the folders that they are in are brought to the disk once for all."""

        def put(name: str) -> None:
            with _told(name):
                obstore.put(self._store, name, contents[name], use_multipart=False)
                self._persist_file(name)

        with ThreadPoolExecutor(_PUTS) as workers:
            for _done in workers.map(put, contents):
                pass
        with _told("what was put"):
            self._persist_folders(contents)

    def put_stream(self, name: str, chunks: Iterable[bytes], size_bytes: int) -> None:
        """As ``put``, with a few chunks in memory. ``size_bytes`` is about how much it is. Where ``chunks`` raises,
        nothing is changed."""
        buffer = max(_PUT_CHUNK_BYTES, size_bytes // _PUT_CHUNKS_MAX + 1)
        with _told(name):
            # Leaving with an exception gives up what was written so far. Not obstore.put: that would read the chunks
            # where nothing else may be asked of obstore.
            with obstore.open_writer(self._store, name, buffer_size=buffer, max_concurrency=2) as writer:
                for chunk in chunks:
                    writer.write(chunk)
            self._persist(name)

    def size(self, name: str) -> int:
        """Bytes of it."""
        with _told(name):
            return obstore.head(self._store, name)["size"]

    def read(self, name: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """From ``start`` until before ``end``. It is opened at once; the iterator may raise Unavailable."""
        if end is not None and end <= start:
            return iter(())
        if start == 0 and end is None:
            with _told(name):
                whole = obstore.get(self._store, name)
            return _chunks(name, whole.stream(min_chunk_size=CHUNK_BYTES))
        if self._has_ranges:
            with _told(name):
                options: GetOptions = {"range": {"offset": start} if end is None else (start, end)}
                found = obstore.get(self._store, name, options=options)
            return _chunks(name, found.stream(min_chunk_size=CHUNK_BYTES))
        return _cut(self.read(name), start, end)

    def delete(self, names: Sequence[str]) -> None:
        """What is not there is fine."""
        with _told("what is deleted"):
            if isinstance(self._store, S3Store) and names:
                obstore.delete(self._store, names)
                return
            for name in names:
                try:
                    obstore.delete(self._store, name)
                except FileNotFoundError:
                    continue

    def names(self, prefix: str) -> Iterator[str]:
        """All below ``prefix``."""
        with _told(prefix):
            for some in obstore.list(self._store, prefix):
                for found in some:
                    yield found["path"]

    def sweep(self, before: float) -> int:
        """Remove what a killed process was writing, untouched since ``before`` (Unix seconds); returns how many. Only
        in a folder: a bucket needs a lifecycle rule that ends incomplete multipart uploads."""
        if self.folder is None:
            return 0
        swept = 0
        with _told("what is swept"):
            for place, _folders, files in os.walk(self.folder):
                for path in (Path(place, file) for file in files if _STAGED.search(file)):
                    try:
                        if path.stat().st_mtime < before:
                            path.unlink()
                            swept += 1
                    except FileNotFoundError:
                        continue  # it has just become whole
        return swept

    def _persist(self, name: str) -> None:
        """Bring a file that was renamed into place to the disk, and the folders that it may be the first in."""
        self._persist_file(name)
        self._persist_folders([name])

    def _persist_file(self, name: str) -> None:
        if self.folder is not None:
            (self.folder / name).chmod(0o444)  # others may have hard links to it
            _sync(self.folder / name)

    def _persist_folders(self, names: Iterable[str]) -> None:
        if self.folder is not None:
            for parent in {parent for name in names for parent in Path(name).parents}:
                _sync(self.folder / parent)

    def _try_out(self) -> None:
        """Mistakes in the settings are told at start. And some servers answer a range with status 200, as rclone 1.75
        does, which obstore takes for a refusal: from those we read from the beginning and leave out what is before."""
        name = f"probe/{uuid4().hex}"
        try:
            self.put(name, b"probe")
            assert b"".join(self.read(name)) == b"probe"
        except NotFound as error:
            raise Unavailable("the blob store has no such bucket: make it, or correct --blob-url") from error
        try:
            obstore.get_range(self._store, name, start=1, end=3)
        except BaseError as error:
            log.warning("the blob store does not answer ranges: downloads that go on are slower", reason=_first(error))
            self._has_ranges = False
        self.delete([name])


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _s3(url: str, settings: AdminSettings) -> S3Store:
    parts = urlsplit(url)
    config: S3Config = {"region": settings.blob_region}
    if settings.blob_endpoint is not None:
        config["endpoint"] = settings.blob_endpoint
    if settings.blob_access_key is not None and settings.blob_secret_key is not None:
        config["access_key_id"] = settings.blob_access_key.get_secret_value()
        config["secret_access_key"] = settings.blob_secret_key.get_secret_value()
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        config=config,
        retry_config=_RETRIES,
        client_options={
            "allow_http": (settings.blob_endpoint or "").startswith("http://"),
            "connect_timeout": _CONNECT_TIMEOUT,
            "read_timeout": _READ_TIMEOUT,
            "timeout": _WHOLE_TIMEOUT,
        },
    )


@contextmanager
def _told(what: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise NotFound(f"{what} is not in the blob store") from error
    except (BaseError, OSError, ValueError) as error:
        # Names of servers and folders are for the log.
        log.warning("the blob store can't be used", wanted=what, reason=_first(error))
        raise Unavailable("the blob store can't be used now; its operator finds the reason in the log") from error


def _first(error: Exception) -> str:
    """After the first line comes what only obstore understands."""
    return str(error).partition("\n")[0][:500]


def _chunks(name: str, stream: Iterable[object]) -> Iterator[bytes]:
    with _told(name):
        for chunk in stream:
            yield bytes(chunk)  # type: ignore[call-overload]


def _cut(chunks: Iterator[bytes], start: int, end: int | None) -> Iterator[bytes]:
    at = 0
    for chunk in chunks:
        wanted = chunk[max(start - at, 0) : None if end is None else max(end - at, 0)]
        at += len(chunk)
        if wanted:
            yield wanted
        if end is not None and at >= end:
            return
