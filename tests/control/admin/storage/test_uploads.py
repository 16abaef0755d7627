"""Resumable uploads: on both databases and both kinds of blob store."""

from __future__ import annotations

import hashlib
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import func, select, update

from control.admin.access.actor import Actor, Role
from control.admin.database import Database
from control.admin.errors import BadRequest, Conflict, NotAllowed, NotFound, Refused, TooLarge
from control.admin.storage.blob_store import BlobStore
from control.admin.storage.uploads import ABANDONED_S, PART_MAX_BYTES, PART_MIN_BYTES, OffsetConflict, Uploads
from control.admin.tables import Blob, Upload, UploadPart
from tests.control.admin.storage.conftest import NOW, PACKAGE_MAX_BYTES, make_actor

DATA = hashlib.shake_256(b"a texture").digest(300_000)
DIGEST = hashlib.sha256(DATA).hexdigest()


def begin(uploads: Uploads, actor: Actor, data: bytes = DATA, size: int | None = None) -> str:
    progress, _is_new = uploads.begin(actor, hashlib.sha256(data).hexdigest(), size or len(data), NOW)
    assert progress.id is not None
    return progress.id


def send(uploads: Uploads, actor: Actor, upload: str, data: bytes = DATA, part_bytes: int = 100_000) -> bool:
    """All from where it is; returns whether it is stored."""
    progress = uploads.progress(actor, upload)
    while not progress.is_stored:
        start = progress.offset_bytes
        progress = uploads.append(actor, upload, start, data[start : start + part_bytes], NOW)
    return progress.is_stored


def assert_nothing_is_left(database: Database, blob_store: BlobStore) -> None:
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Upload)) == 0
        assert session.scalar(select(func.count()).select_from(UploadPart)) == 0
    assert blob_store.upload_names() == set()


def test_parts_become_a_blob(uploads: Uploads, anna: Actor, database: Database, blob_store: BlobStore) -> None:
    assert send(uploads, anna, begin(uploads, anna))
    assert b"".join(blob_store.read(DIGEST)) == DATA
    with database.reading() as session:
        assert session.get_one(Blob, DIGEST).size_bytes == len(DATA)
    assert_nothing_is_left(database, blob_store)


@pytest.mark.parametrize("data", [b"", b"{}", DATA], ids=["empty", "small", "large"])
def test_all_in_one_part(uploads: Uploads, anna: Actor, database: Database, blob_store: BlobStore, data: bytes) -> None:
    assert uploads.append(anna, begin(uploads, anna, data), 0, data, NOW).is_stored
    assert b"".join(blob_store.read(hashlib.sha256(data).hexdigest())) == data
    assert_nothing_is_left(database, blob_store)


def test_what_is_stored_is_not_uploaded_again(uploads: Uploads, anna: Actor, ben: Actor) -> None:
    send(uploads, anna, begin(uploads, anna))
    progress, is_new = uploads.begin(ben, DIGEST, len(DATA), NOW)
    assert (progress.is_stored, progress.offset_bytes, is_new) == (True, len(DATA), False)


def test_another_process_goes_on_where_one_was(
    uploads: Uploads, anna: Actor, database: Database, blob_store: BlobStore
) -> None:
    upload = begin(uploads, anna)
    uploads.append(anna, upload, 0, DATA[:100_000], NOW)
    other = Uploads(database, blob_store, PACKAGE_MAX_BYTES)
    progress, is_new = other.begin(anna, DIGEST, len(DATA), NOW)
    assert (progress.id, progress.offset_bytes, is_new) == (upload, 100_000, False)
    assert send(other, anna, upload)


def test_a_part_that_is_not_the_next_one(uploads: Uploads, anna: Actor) -> None:
    upload = begin(uploads, anna)
    uploads.append(anna, upload, 0, DATA[:100_000], NOW)
    for offset in (0, 50_000, 200_000):
        with pytest.raises(OffsetConflict) as refused:
            uploads.append(anna, upload, offset, DATA[:100_000], NOW)
        assert refused.value.offset_bytes == 100_000
    assert send(uploads, anna, upload)


def test_of_many_that_send_the_same_part_one_wins(
    uploads: Uploads, anna: Actor, database: Database, blob_store: BlobStore
) -> None:
    upload = begin(uploads, anna)
    at_once = threading.Barrier(6)

    def append(_client: int) -> bool:
        at_once.wait()
        try:
            uploads.append(anna, upload, 0, DATA[:100_000], NOW)
        except OffsetConflict:
            return False
        return True

    with ThreadPoolExecutor(6) as clients:
        assert sorted(clients.map(append, range(6))) == [False] * 5 + [True]
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(UploadPart)) == 1
    assert send(uploads, anna, upload)
    assert b"".join(blob_store.read(DIGEST)) == DATA


@pytest.mark.parametrize("part_bytes", [100_000, len(DATA)], ids=["in parts", "in one"])
def test_something_else_than_was_said(
    uploads: Uploads, anna: Actor, database: Database, blob_store: BlobStore, part_bytes: int
) -> None:
    upload = begin(uploads, anna)
    with pytest.raises(Refused, match="SHA-256"):
        send(uploads, anna, upload, DATA[:-1] + b"?", part_bytes)
    with pytest.raises(NotFound):
        uploads.progress(anna, upload)
    assert not blob_store.exists(DIGEST)
    assert_nothing_is_left(database, blob_store)
    assert send(uploads, anna, begin(uploads, anna))


def test_parts_have_bounds(uploads: Uploads, anna: Actor) -> None:
    upload = begin(uploads, anna)
    with pytest.raises(BadRequest, match="goes to"):
        uploads.append(anna, upload, 0, DATA + b"x", NOW)
    for small in (b"", DATA[: PART_MIN_BYTES - 1]):
        with pytest.raises(BadRequest, match="at least"):
            uploads.append(anna, upload, 0, small, NOW)
    with pytest.raises(TooLarge):
        uploads.append(anna, upload, 0, bytes(PART_MAX_BYTES + 1), NOW)


def test_uploads_have_bounds(uploads: Uploads, anna: Actor, ben: Actor) -> None:
    with pytest.raises(TooLarge, match="at most"):
        uploads.begin(anna, DIGEST, PACKAGE_MAX_BYTES + 1, NOW)
    upload = begin(uploads, anna, b"a", size=PACKAGE_MAX_BYTES)
    with pytest.raises(TooLarge, match="on their way"):
        begin(uploads, anna, b"b", size=1)
    begin(uploads, ben, b"b", size=1)
    uploads.discard(anna, upload)
    begin(uploads, anna, b"b", size=1)


def test_uploads_belong_to_who_began_them(uploads: Uploads, anna: Actor, ben: Actor, database: Database) -> None:
    upload = begin(uploads, anna)
    assert [progress.id for progress in uploads.all_of(anna)] == [upload]
    assert uploads.all_of(ben) == []
    with pytest.raises(NotFound):
        uploads.append(ben, upload, 0, DATA, NOW)
    with pytest.raises(NotFound):
        uploads.discard(ben, upload)
    with pytest.raises(NotAllowed):
        uploads.begin(make_actor(database, "vera", Role.VIEWER), DIGEST, 1, NOW)


def test_who_is_killed_before_the_last_part_became_a_blob(
    uploads: Uploads, anna: Actor, database: Database, blob_store: BlobStore
) -> None:
    """All parts are here; the next start makes the blob, as does a client that asks again."""
    for again in ("start", "client"):
        data = DATA + again.encode()
        upload = begin(uploads, anna, data)
        uploads.append(anna, upload, 0, data[:-100], NOW)
        blob_store.put_part(upload, "last", data[-100:])
        with database.session() as session:
            session.add(UploadPart(upload_id=upload, offset_bytes=len(data) - 100, name="last"))
            session.execute(update(Upload).values(offset_bytes=len(data)))
        if again == "start":
            uploads.complete_all(NOW)
        else:
            assert uploads.append(anna, upload, len(data), b"", NOW).is_stored
        assert blob_store.exists(hashlib.sha256(data).hexdigest())
        assert_nothing_is_left(database, blob_store)


def test_replicas_may_complete_the_same_upload_at_once(
    uploads: Uploads, anna: Actor, database: Database, blob_store: BlobStore
) -> None:
    upload = begin(uploads, anna)
    uploads.append(anna, upload, 0, DATA[:-100], NOW)
    blob_store.put_part(upload, "last", DATA[-100:])
    with database.session() as session:
        session.add(UploadPart(upload_id=upload, offset_bytes=len(DATA) - 100, name="last"))
        session.execute(update(Upload).values(offset_bytes=len(DATA)))
    at_once = threading.Barrier(4)

    def complete(_replica: int) -> None:
        at_once.wait()
        try:
            Uploads(database, blob_store, PACKAGE_MAX_BYTES).complete(upload, NOW)
        except NotFound:  # another one was done before this one looked
            return

    with ThreadPoolExecutor(4) as replicas:
        list(replicas.map(complete, range(4)))
    assert b"".join(blob_store.read(DIGEST)) == DATA
    with database.reading() as session:
        assert session.get(Blob, DIGEST) is not None
    assert_nothing_is_left(database, blob_store)


def test_what_is_being_completed_is_not_completed_twice(uploads: Uploads, anna: Actor) -> None:
    upload = begin(uploads, anna)
    with uploads._one_at_a_time(upload), pytest.raises(Conflict, match="being checked"):
        uploads.complete(upload, NOW)


def test_a_part_that_the_store_lost(uploads: Uploads, anna: Actor, database: Database, blob_store: BlobStore) -> None:
    upload = begin(uploads, anna)
    uploads.append(anna, upload, 0, DATA[:100_000], NOW)
    blob_store.delete_upload(upload)
    with pytest.raises(Refused, match="lost"):
        uploads.append(anna, upload, 100_000, DATA[100_000:], NOW)
    assert_nothing_is_left(database, blob_store)


def test_abandoned_uploads_go(uploads: Uploads, anna: Actor, blob_store: BlobStore, database: Database) -> None:
    old = begin(uploads, anna)
    uploads.append(anna, old, 0, DATA[:100_000], NOW)
    young = begin(uploads, anna, DATA + b"young")
    uploads.append(anna, young, 0, DATA[:100_000], NOW + 1)
    blob_store.put_part("nobodys", "part", b"of a process that was killed")
    assert uploads.expire(NOW + ABANDONED_S + 0.5) == 2
    assert [progress.id for progress in uploads.all_of(anna)] == [young]
    assert blob_store.upload_names() == {young}
