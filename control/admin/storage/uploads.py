"""Resumable uploads: a blob comes in parts, each kept once it is here whole, until all are here and become the blob.

The order of things makes it safe to be killed anywhere: a part is in the blob store before the upload's offset moves
past it, and the blob is recorded before the parts go. So a client that asks for the offset and goes on from there loses
the part under way at most, and any replica can take the next one. Methods block.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import uuid4

import structlog
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from control.admin.access.actor import Actor, Role
from control.admin.database import Database
from control.admin.errors import BadRequest, Conflict, NotFound, Refused, TooLarge
from control.admin.storage.blob_records import record, reserve
from control.admin.storage.blob_store import BlobStore
from control.admin.tables import Blob, Upload, UploadPart

log = structlog.get_logger(__name__)

PART_MAX_BYTES: Final = 16 * 1024 * 1024
PART_MIN_BYTES: Final = 64 * 1024
"""Of all parts but the last: they are kept one by one."""
UPLOADS_MAX: Final = 1000
"""Of one account at a time."""
ABANDONED_S: Final = 24 * 3600.0
"""An upload of which nothing came for so long is given up."""


class OffsetConflict(Conflict):
    """The upload is elsewhere: go on from ``offset_bytes``."""

    def __init__(self, offset_bytes: int) -> None:
        super().__init__(f"the next byte that is wanted is at {offset_bytes}")
        self.offset_bytes = offset_bytes


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an upload is. ``id`` is None and the offset its size where the blob is stored."""

    id: str | None
    digest: str
    size_bytes: int
    offset_bytes: int

    @property
    def is_stored(self) -> bool:
        return self.id is None


class Uploads:
    """All uploads; each belongs to the account that began it, for others it is not there (NotFound)."""

    def __init__(self, database: Database, blobs: BlobStore, package_max_bytes: int) -> None:
        """``package_max_bytes``: most that one account may have on its way, and most of one blob."""
        self._database = database
        self._blobs = blobs
        self._max_bytes = package_max_bytes
        self._completing: set[str] = set()
        self._lock = threading.Lock()

    def begin(self, actor: Actor, digest: str, size_bytes: int, now: float) -> tuple[Progress, bool]:
        """An upload of this blob, and whether it is a new one: else it is stored already, or the account's upload of it
        goes on. Raises NotAllowed, TooLarge."""
        actor.need(Role.EDITOR)
        if size_bytes > self._max_bytes:
            raise TooLarge(f"the blob has {size_bytes} bytes; at most {self._max_bytes} are taken")
        with self._database.session() as session:
            stored = session.get(Blob, digest)
            if stored is not None:
                stored.wanted_at = max(stored.wanted_at, now)
                return Progress(None, digest, stored.size_bytes, stored.size_bytes), False
            mine = Upload.account_id == actor.account_id
            found = session.scalars(select(Upload).where(mine, Upload.digest == digest)).first()
            if found is not None and found.size_bytes == size_bytes:
                found.touched_at = now
                return _progress(found), False
            count, on_the_way = session.execute(
                select(func.count(), func.coalesce(func.sum(Upload.size_bytes), 0)).where(mine)
            ).one()
            if count >= UPLOADS_MAX or on_the_way + size_bytes > self._max_bytes:
                raise TooLarge(
                    f"{count} uploads of {on_the_way} bytes are on their way already; at most {UPLOADS_MAX} of "
                    f"{self._max_bytes} bytes may be: finish or delete some"
                )
            made = Upload(
                id=uuid4().hex,
                digest=digest,
                size_bytes=size_bytes,
                offset_bytes=0,
                account_id=actor.account_id,
                created_at=now,
                touched_at=now,
            )
            session.add(made)
            return _progress(made), True

    def all_of(self, actor: Actor) -> list[Progress]:
        """The account's uploads, the oldest first."""
        with self._database.reading() as session:
            mine = select(Upload).where(Upload.account_id == actor.account_id).order_by(Upload.created_at, Upload.id)
            return [_progress(upload) for upload in session.scalars(mine)]

    def progress(self, actor: Actor, upload_id: str) -> Progress:
        """How far one is. Raises NotFound also where it has become a blob."""
        with self._database.reading() as session:
            return _progress(_find(session, actor, upload_id))

    def append(self, actor: Actor, upload_id: str, offset_bytes: int, data: bytes, now: float) -> Progress:
        """Keep the next part; after the last one it becomes a blob, or is given up and refused where it has another
        digest. With all there and no more data: try that again. Raises NotAllowed, NotFound, OffsetConflict,
        BadRequest, TooLarge, Refused, Conflict while it is just becoming a blob."""
        actor.need(Role.EDITOR)
        before = self.progress(actor, upload_id)
        _check_part(before, offset_bytes, data)
        if len(data) == before.size_bytes:
            return self._store_whole(before, data, now)
        if data:
            self._keep_part(upload_id, offset_bytes, data, now)
        end = offset_bytes + len(data)
        if end < before.size_bytes:
            return Progress(upload_id, before.digest, before.size_bytes, end)
        return self.complete(upload_id, now)

    def discard(self, actor: Actor, upload_id: str) -> None:
        """Give it up. Raises NotAllowed, NotFound."""
        actor.need(Role.EDITOR)
        self.progress(actor, upload_id)
        self._remove(upload_id)

    def complete(self, upload_id: str, now: float) -> Progress:
        """Make a blob of an upload whose parts are all here. May be repeated, and done on several replicas at once.
        Raises NotFound, Refused where it has another digest, Conflict while this process does it already."""
        with self._one_at_a_time(upload_id):
            with self._database.session() as session:
                upload = session.get(Upload, upload_id)
                if upload is None:
                    raise NotFound("there is no such upload any more: it has become a blob, or was given up")
                of_it = select(UploadPart.name).where(UploadPart.upload_id == upload_id)
                parts = session.scalars(of_it.order_by(UploadPart.offset_bytes)).all()
                owner = reserve(session, upload.digest, now)
            if owner is not None:
                self._assemble(upload, parts)
            return self._finish(_progress(upload), owner, now)

    def complete_all(self, now: float) -> None:
        """Those whose parts are all here, but whose process was killed before they became blobs."""
        with self._database.reading() as session:
            whole = select(Upload.id).where(Upload.offset_bytes == Upload.size_bytes, Upload.size_bytes > 0)
            found = list(session.scalars(whole))
        for upload_id in found:
            try:
                self.complete(upload_id, now)
            except (Conflict, NotFound, Refused) as error:  # somebody else does it, or it can't become a blob
                log.warning("an upload was not completed", upload=upload_id, reason=str(error))

    def expire(self, now: float) -> int:
        """Give up those of which nothing came for ``ABANDONED_S``, and remove parts that belong to none. Returns how
        many."""
        known_parts = self._blobs.upload_names()  # before the rows: an upload is there before its first part
        with self._database.session() as session:
            is_old = Upload.touched_at < now - ABANDONED_S
            old = session.scalars(delete(Upload).where(is_old).returning(Upload.id)).all()
            there = set(session.scalars(select(Upload.id)))
        given_up = {*old, *known_parts.difference(there)}
        for upload_id in given_up:
            self._blobs.delete_upload(upload_id)
        return len(given_up)

    def _store_whole(self, upload: Progress, data: bytes, now: float) -> Progress:
        """All in one part, as most blobs are: it needs no part of its own."""
        found = hashlib.sha256(data).hexdigest()
        if found != upload.digest:
            assert upload.id is not None
            self._remove(upload.id)
            raise Refused(f"has the SHA-256 {found}, not {upload.digest}: it was changed on its way; upload it again")
        with self._database.session() as session:
            owner = reserve(session, upload.digest, now)
        if owner is not None:
            self._blobs.put_many({upload.digest: data})
        return self._finish(upload, owner, now)

    def _keep_part(self, upload_id: str, offset_bytes: int, data: bytes, now: float) -> None:
        """Raises OffsetConflict where another request was quicker, NotFound where it was given up meanwhile."""
        name = uuid4().hex  # two requests for one offset must not overwrite each other
        self._blobs.put_part(upload_id, name, data)
        try:
            with self._database.session() as session:
                here = (Upload.id == upload_id) & (Upload.offset_bytes == offset_bytes)
                move = update(Upload).where(here).values(offset_bytes=offset_bytes + len(data), touched_at=now)
                if session.scalar(move.returning(Upload.id)) is None:
                    upload = session.get(Upload, upload_id)
                    raise OffsetConflict(upload.offset_bytes) if upload else NotFound("the upload was given up")
                session.add(UploadPart(upload_id=upload_id, offset_bytes=offset_bytes, name=name))
        except (OffsetConflict, NotFound):
            self._blobs.delete_parts(upload_id, [name])
            raise

    def _assemble(self, upload: Upload, parts: Sequence[str]) -> None:
        try:
            self._blobs.assemble(upload.id, parts, upload.digest, upload.size_bytes)
        except Refused:
            self._remove(upload.id)
            raise
        except NotFound as error:
            # Another replica has completed it and removed the parts; else the store has lost one.
            with self._database.reading() as session:
                if session.get(Upload, upload.id) is None:
                    raise NotFound("there is no such upload any more: another request has completed it") from error
            self._remove(upload.id)
            raise Refused("a part of the upload was lost in the blob store; upload it again") from error

    def _finish(self, upload: Progress, owner: str | None, now: float) -> Progress:
        """``owner``: of the reservation; None where the blob was stored already."""
        assert upload.id is not None
        with self._database.session() as session:
            if owner is not None:
                record(session, upload.digest, upload.size_bytes, owner, now)
            session.execute(delete(Upload).where(Upload.id == upload.id))
        self._blobs.delete_upload(upload.id)
        return Progress(None, upload.digest, upload.size_bytes, upload.size_bytes)

    def _remove(self, upload_id: str) -> None:
        with self._database.session() as session:
            session.execute(delete(Upload).where(Upload.id == upload_id))
        self._blobs.delete_upload(upload_id)

    @contextmanager
    def _one_at_a_time(self, upload_id: str) -> Iterator[None]:
        """A client that does not wait for the end and asks again must not make it be done twice."""
        with self._lock:
            if upload_id in self._completing:
                raise Conflict("all of it is here, and is being checked: ask again in a moment")
            self._completing.add(upload_id)
        try:
            yield
        finally:
            with self._lock:
                self._completing.discard(upload_id)


def _check_part(upload: Progress, offset_bytes: int, data: bytes) -> None:
    if offset_bytes != upload.offset_bytes:
        raise OffsetConflict(upload.offset_bytes)
    end = offset_bytes + len(data)
    if len(data) > PART_MAX_BYTES:
        raise TooLarge(f"a part has at most {PART_MAX_BYTES} bytes")
    if end > upload.size_bytes:
        raise BadRequest(f"the blob is said to have {upload.size_bytes} bytes; this part goes to {end}")
    if end < upload.size_bytes and len(data) < PART_MIN_BYTES:
        raise BadRequest(f"a part has at least {PART_MIN_BYTES} bytes, if it is not the last")


def _find(session: Session, actor: Actor, upload_id: str) -> Upload:
    upload = session.get(Upload, upload_id)
    if upload is None or upload.account_id != actor.account_id:
        raise NotFound("there is no such upload: it has become a blob, was given up, or is somebody else's")
    return upload


def _progress(upload: Upload) -> Progress:
    return Progress(upload.id, upload.digest, upload.size_bytes, upload.offset_bytes)
