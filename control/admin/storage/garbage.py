"""Removes blobs that no version is made of."""

from __future__ import annotations

from typing import Final
from uuid import uuid4

from sqlalchemy import delete, exists, select
from sqlalchemy.orm import Session

from control.admin.database import Database
from control.admin.storage.blob_store import BlobStore
from control.admin.tables import Blob, BlobChange, VersionFile

GRACE_S: Final = 24 * 3600.0
"""How long a blob may be without a version: who uploads a package makes its draft within this."""
TAKE_OVER_S: Final = 3600.0
"""A removal that takes so long was left by a process that is gone. Longer than any request to a blob store."""
_AT_A_TIME: Final = 200


def remove_unused(database: Database, blobs: BlobStore, now: float) -> int:
    """Remove what nothing has named for ``GRACE_S``, and what removals and uploads left behind that did not end.
    Returns how many. May be killed anywhere and run on several replicas at once."""
    owner, removed = uuid4().hex, 0
    while digests := _take(database, owner, now):
        blobs.delete(digests)
        with database.session() as session:
            session.execute(delete(BlobChange).where(BlobChange.digest.in_(digests), BlobChange.owner == owner))
        removed += len(digests)
    return removed


def _take(database: Database, owner: str, now: float) -> list[str]:
    """Some to remove, which are this owner's from now on."""
    with database.session() as session:
        taken = {*_left_behind(session, now), *_unused(session, now)}
        session.add_all(BlobChange(digest=digest, owner=owner, is_removal=True, since=now) for digest in taken)
        return list(taken)


def _left_behind(session: Session, now: float) -> set[str]:
    """Of which somebody began the storing or the removal, and did not end it. That is forgotten; what is left is what
    nobody else stores or has stored."""
    storing = ~BlobChange.is_removal & (BlobChange.since < now - GRACE_S)
    removing = BlobChange.is_removal & (BlobChange.since < now - TAKE_OVER_S)
    changes = session.scalars(select(BlobChange).where(storing | removing).limit(_AT_A_TIME)).all()
    digests = {change.digest for change in changes}
    for change in changes:
        session.delete(change)
    session.flush()
    stored = set(session.scalars(select(Blob.digest).where(Blob.digest.in_(digests))))
    return digests - stored - set(session.scalars(select(BlobChange.digest).where(BlobChange.digest.in_(digests))))


def _unused(session: Session, now: float) -> set[str]:
    """Whose record goes with this."""
    is_old = (Blob.stored_at < now - GRACE_S) & (Blob.wanted_at < now - GRACE_S)
    is_used = exists().where(VersionFile.digest == Blob.digest)
    is_changing = exists().where(BlobChange.digest == Blob.digest)
    unused = set(session.scalars(select(Blob.digest).where(is_old, ~is_used, ~is_changing).limit(_AT_A_TIME)))
    session.execute(delete(Blob).where(Blob.digest.in_(unused)))
    return unused
