"""Removing blobs that nothing needs, beside others that store and ask for them."""

from __future__ import annotations

import random
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select, update

from control.admin.access.actor import Actor
from control.admin.database import Database
from control.admin.errors import Unavailable
from control.admin.publishing.drafts import Drafts
from control.admin.publishing.showrooms import create_showroom
from control.admin.storage.blob_records import reserve, store_bytes, stored
from control.admin.storage.blob_store import BlobStore
from control.admin.storage.garbage import GRACE_S, TAKE_OVER_S, remove_unused
from control.admin.tables import Blob, BlobChange
from control.content.names import Title
from control.content.release import FileEntry, FileList
from tests.control.admin.storage.conftest import NOW

LATER = NOW + GRACE_S + 1


def recorded(database: Database) -> set[str]:
    with database.reading() as session:
        return set(session.scalars(select(Blob.digest)))


def make_draft(database: Database, by: Actor, digest: str) -> None:
    """One that is made of this blob alone."""
    with database.session() as session:
        create_showroom(session, by, NOW, "branch", Title(en="Branch", zh="网点"))
        files = FileList(files=(FileEntry(path="showroom.json", digest=digest, size_bytes=4),))
        Drafts(2**20).create(session, by, NOW, "branch", files)


def test_what_a_version_names_stays_and_the_rest_goes(database: Database, blob_store: BlobStore, anna: Actor) -> None:
    kept, unused = (store_bytes(database, blob_store, data, NOW) for data in (b"kept", b"unused"))
    make_draft(database, anna, kept)
    assert remove_unused(database, blob_store, NOW + GRACE_S - 1) == 0
    assert remove_unused(database, blob_store, LATER) == 1
    assert recorded(database) == {kept}
    assert (blob_store.exists(kept), blob_store.exists(unused)) == (True, False)
    assert store_bytes(database, blob_store, b"unused", LATER) == unused
    assert blob_store.exists(unused)


def test_what_was_asked_for_stays(database: Database, blob_store: BlobStore) -> None:
    digest = store_bytes(database, blob_store, b"asked for", NOW)
    assert stored(database, [digest, "0" * 64], LATER - 10) == {digest}
    assert remove_unused(database, blob_store, LATER) == 0
    assert store_bytes(database, blob_store, b"asked for", LATER + GRACE_S - 20) == digest
    assert remove_unused(database, blob_store, LATER + GRACE_S) == 0


def test_many_may_be_asked_for(database: Database, blob_store: BlobStore) -> None:
    known = store_bytes(database, blob_store, b"known", NOW)
    digests = [f"{number:064x}" for number in range(3000)]
    assert stored(database, [*digests, known], NOW) == {known}


def test_what_is_being_removed_can_not_be_stored_meanwhile(database: Database, blob_store: BlobStore) -> None:
    digest = store_bytes(database, blob_store, b"x", NOW)
    with database.session() as session:  # as a process that was killed between the record and the bytes leaves it
        session.delete(session.get_one(Blob, digest))
        session.add(BlobChange(digest=digest, owner="killed", is_removal=True, since=LATER))
    with pytest.raises(Unavailable, match="removed"):
        store_bytes(database, blob_store, b"x", LATER + 1)
    assert remove_unused(database, blob_store, LATER + TAKE_OVER_S - 1) == 0
    assert remove_unused(database, blob_store, LATER + TAKE_OVER_S + 1) == 1
    assert not blob_store.exists(digest)
    assert store_bytes(database, blob_store, b"x", LATER + TAKE_OVER_S + 2) == digest


def test_what_a_killed_process_stored_without_a_record_goes(database: Database, blob_store: BlobStore) -> None:
    digest = blob_store.put_bytes(b"without a record")
    with database.session() as session:
        assert reserve(session, digest, NOW)
    assert remove_unused(database, blob_store, LATER) == 1
    assert not blob_store.exists(digest)


def test_what_is_recorded_is_there_whoever_stores_and_removes_at_once(
    database: Database, blob_store: BlobStore
) -> None:
    """Four store the same few blobs again and again, which are made to look a day old at once; two remove them."""

    def store(seed: int) -> None:
        chance = random.Random(seed)
        for _turn in range(15):
            try:
                store_bytes(database, blob_store, b"%d" % chance.randrange(3), LATER)
            except Unavailable:  # is just being removed
                continue

    def remove(replica: int) -> None:
        for turn in range(15):
            with database.session() as session:
                session.execute(update(Blob).values(stored_at=NOW, wanted_at=NOW))
            remove_unused(database, blob_store, LATER + turn + replica / 2)

    with ThreadPoolExecutor(6) as workers:
        running = [workers.submit(store, seed) for seed in range(4)] + [workers.submit(remove, n) for n in range(2)]
    for work in running:
        work.result()
    assert all(blob_store.exists(digest) for digest in recorded(database))
