"""Which blobs there are: rows that never promise more than the blob store holds, whoever is killed when.

Bytes are put only after their digest was reserved, and a blob is recorded only after its bytes were put. Removal goes
the other way: the record goes first, never while somebody has the digest reserved, and nobody can reserve it while its
bytes are being removed. So no order of these, on any number of replicas, removes bytes that are recorded; and what a
killed process leaves behind is known, and removed later (``garbage``).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Final
from uuid import uuid4

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from control.admin.database import Database
from control.admin.errors import Unavailable
from control.admin.storage.blob_store import BlobStore
from control.admin.tables import Blob, BlobChange

WANTED_STEP_S: Final = 3600.0
"""That somebody wants a blob is noted once within this: most questions then change nothing."""
_AT_A_TIME: Final = 500


def stored(database: Database, digests: Sequence[str], now: float) -> set[str]:
    """Those that need not be uploaded. They will not be removed soon: a version may be about to be made with them."""
    found: set[str] = set()
    for some in some_at_a_time(digests):
        with database.reading() as session:
            rows = session.execute(select(Blob.digest, Blob.wanted_at).where(Blob.digest.in_(some))).all()
        long_ago = [digest for digest, wanted_at in rows if wanted_at < now - WANTED_STEP_S]
        if long_ago:
            with database.session() as session:
                session.execute(update(Blob).where(Blob.digest.in_(long_ago)).values(wanted_at=now))
                left = set(session.scalars(select(Blob.digest).where(Blob.digest.in_(long_ago))))
            found |= left
        found |= {digest for digest, _ in rows}.difference(long_ago)
    return found


def reserve(session: Session, digest: str, now: float) -> str | None:
    """Before its bytes are put. Returns what ``record`` is to be called with; None: it is stored already. Raises
    Unavailable while it is being removed."""
    owner, to_put = reserve_all(session, [digest], now)
    return owner if to_put else None


def reserve_all(session: Session, digests: Sequence[str], now: float) -> tuple[str, frozenset[str]]:
    """As ``reserve``, for a few hundred at once: the owner, and those that are not stored yet."""
    there = set(session.scalars(select(Blob.digest).where(Blob.digest.in_(digests))))
    wanted_earlier = Blob.digest.in_(there) & (Blob.wanted_at < now)
    session.execute(update(Blob).where(wanted_earlier).values(wanted_at=now))
    to_put = frozenset(digests) - there
    if session.scalar(select(BlobChange.owner).where(BlobChange.digest.in_(to_put), BlobChange.is_removal).limit(1)):
        raise Unavailable("the blob is just being removed, as nothing needed it: try again in a minute")
    owner = uuid4().hex
    session.add_all(BlobChange(digest=digest, owner=owner, is_removal=False, since=now) for digest in to_put)
    return owner, to_put


def record(session: Session, digest: str, size_bytes: int, owner: str, now: float) -> None:
    """After its bytes were put, by who has reserved it. Raises Unavailable where that took longer than
    ``garbage.GRACE_S``: the bytes may be gone again."""
    record_all(session, {digest: size_bytes}, owner, now)


def record_all(session: Session, sizes_bytes: Mapping[str, int], owner: str, now: float) -> None:
    """As ``record``, for all of a ``reserve_all``."""
    mine = BlobChange.digest.in_(list(sizes_bytes)) & (BlobChange.owner == owner) & ~BlobChange.is_removal
    reserved = session.scalars(delete(BlobChange).where(mine).returning(BlobChange.digest)).all()
    if len(reserved) != len(sizes_bytes):
        raise Unavailable("storing the blob took so long that it was taken for abandoned: try again")
    there = set(session.scalars(select(Blob.digest).where(Blob.digest.in_(list(sizes_bytes)))))
    session.add_all(
        Blob(digest=digest, size_bytes=size_bytes, stored_at=now, wanted_at=now)
        for digest, size_bytes in sizes_bytes.items()
        if digest not in there
    )


def store_bytes(database: Database, blobs: BlobStore, data: bytes, now: float) -> str:
    """Store and record a small blob; returns its digest. Not within a session. It stays for ``garbage.GRACE_S`` at
    least, and then as long as a version names it."""
    digest = hashlib.sha256(data).hexdigest()
    _store(database, {digest: len(data)}, lambda _digests: blobs.put_bytes(data), now)
    return digest


def store_batch(database: Database, blobs: BlobStore, batch: Mapping[str, bytes], now: float) -> None:
    """Store and record small blobs, by the digests that were computed of them, as ``store_bytes`` does."""
    sizes = {digest: len(data) for digest, data in batch.items()}
    _store(database, sizes, lambda digests: blobs.put_many({digest: batch[digest] for digest in digests}), now)


def store_files(database: Database, blobs: BlobStore, files: Mapping[str, Path], now: float) -> None:
    """Store and record files, by digest, as ``store_bytes`` does. Raises Refused where one has another digest."""
    sizes = {digest: path.stat().st_size for digest, path in files.items()}
    _store(database, sizes, lambda digests: blobs.put_files({digest: files[digest] for digest in digests}), now)


def _store(
    database: Database, sizes_bytes: Mapping[str, int], put: Callable[[Iterable[str]], object], now: float
) -> None:
    for some in some_at_a_time(list(sizes_bytes)):
        with database.session() as session:
            owner, to_put = reserve_all(session, some, now)
        if to_put:
            put(to_put)
            with database.session() as session:
                record_all(session, {digest: sizes_bytes[digest] for digest in to_put}, owner, now)


def some_at_a_time(digests: Sequence[str]) -> list[Sequence[str]]:
    """The same, in turn: databases bound the parameters of one statement."""
    return [digests[start : start + _AT_A_TIME] for start in range(0, len(digests), _AT_A_TIME)]
