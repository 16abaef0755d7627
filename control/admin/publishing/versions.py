"""Versions of a showroom as they are in the database: finding one, its files, and the one funnel of its state."""

from __future__ import annotations

from collections.abc import Sequence

import structlog
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from control.admin.errors import NotFound
from control.admin.publishing.version_state import Step, VersionState, after
from control.admin.tables import Blob, Version, VersionFile
from control.content.release import FileEntry

log = structlog.get_logger(__name__)


def find_version(session: Session, version_id: int) -> Version:
    """The version. Raises NotFound."""
    version = session.get(Version, version_id)
    if version is None:
        raise NotFound(f"there is no version with the id {version_id}")
    return version


def subject_of(version: Version) -> str:
    """As the audit log names it."""
    return f"showroom:{version.showroom}/{version.number}"


def take_step(version: Version, step: Step, now: float) -> None:
    """Bring it into the state that the step leads to. Raises Conflict where it can't be done in this state."""
    before = VersionState(version.state)
    version.state = after(before, step)
    version.changed_at = now
    told = {"version": subject_of(version), "revision": version.revision, "step": step}
    log.info("version_state", **told, before=before, now=version.state)


def files_of(session: Session, version: Version) -> tuple[FileEntry, ...]:
    """Its files by path."""
    rows = session.scalars(
        select(VersionFile).where(VersionFile.version_id == version.id).order_by(VersionFile.path)
    ).all()
    # Checked when they came in; ten thousand of them need no second time.
    return tuple(FileEntry.model_construct(path=row.path, digest=row.digest, size_bytes=row.size_bytes) for row in rows)


def file_of(session: Session, version: Version, path: str) -> FileEntry:
    """One of its files. Raises NotFound."""
    row = session.get(VersionFile, (version.id, path))
    if row is None:
        raise NotFound(f"the version has no file {path!r}")
    return FileEntry.model_construct(path=row.path, digest=row.digest, size_bytes=row.size_bytes)


def missing_digests(session: Session, version: Version) -> Sequence[str]:
    """The blobs of its files that the store lacks."""
    # Not NOT IN: PostgreSQL would go through all blobs for each file once they are more than its memory for it holds.
    is_there = exists().where(Blob.digest == VersionFile.digest)
    return session.scalars(
        select(VersionFile.digest)
        .where(VersionFile.version_id == version.id, ~is_there)
        .distinct()
        .order_by(VersionFile.digest)
    ).all()
