"""The queue of validations: what is asked for is done, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from sqlalchemy import select

from control.admin.database import Database
from control.admin.errors import Conflict
from control.admin.publishing.child_process import EDGE_RENDER, Limits
from control.admin.publishing.drafts import Drafts
from control.admin.publishing.report import Report
from control.admin.publishing.validation import Validations
from control.admin.storage.blob_store import BlobStore
from control.admin.tables import AuditEntry, Version, VersionPicture
from tests.control.admin.publishing.conftest import People, entry
from tests.control.admin.publishing.packages import GIB, draft_of, small_package, upload
from tests.waiting import WAIT_S


@pytest.fixture
def made(database: Database, blobs: BlobStore, tmp_path: Path) -> Validations:
    return validations(database, blobs, tmp_path)


def validations(
    database: Database, blobs: BlobStore, folder: Path, command: tuple[str, ...] = EDGE_RENDER
) -> Validations:
    return Validations(database, blobs, folder / "work", Limits(8 * GIB, 120), 120.0, 2, command=command)


@asynccontextmanager
async def running(validations: Validations) -> AsyncIterator[None]:
    task = asyncio.create_task(validations.run())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def until_decided(database: Database, version_id: int) -> Version:
    def look() -> Version:
        with database.reading() as session:
            return session.get_one(Version, version_id)

    async with asyncio.timeout(WAIT_S):
        while (version := await asyncio.to_thread(look)).state == "validating":  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.05)
    return version


async def test_a_good_version_is_validated_and_its_pictures_are_kept(
    database: Database, blobs: BlobStore, people: People, branch: str, made: Validations, tmp_path: Path
) -> None:
    async with running(made):
        with database.session() as session:
            version_id = draft_of(session, blobs, people.editor, branch, small_package()).id
            made.ask(session, people.editor, 3.0, version_id)
        version = await until_decided(database, version_id)
    assert version.state == "validated"
    report = Report.model_validate(version.report)
    assert (report.revision, report.edge_class, report.findings) == (1, "software", ())
    assert report.finished_at >= report.started_at
    with database.reading() as session:
        picture = session.get_one(VersionPicture, (version_id, "hall.door.webp"))
        assert (picture.media_type, picture.data[:4]) == ("image/webp", b"RIFF")
        last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (last.actor, last.action, last.detail["state"]) == ("system", "version.validate", "validated")
    assert list((tmp_path / "work").iterdir()) == []


async def test_a_bad_version_is_rejected_and_a_change_makes_it_a_draft_again(
    database: Database, blobs: BlobStore, people: People, branch: str, made: Validations
) -> None:
    with database.session() as session:
        version_id = draft_of(session, blobs, people.editor, branch, {"showroom.json": b"{"}).id
        made.ask(session, people.editor, 3.0, version_id)
    async with running(made):  # what was asked for before is done
        version = await until_decided(database, version_id)
        assert version.state == "rejected"
        assert Report.model_validate(version.report).findings[0].file == "showroom.json"
        with database.session() as session:
            files = upload(session, blobs, small_package())
            Drafts(GIB).replace_files(session, people.editor, 4.0, version_id, 1, files)
            made.ask(session, people.editor, 5.0, version_id)
        assert (await until_decided(database, version_id)).state == "validated"


async def test_what_lacks_blobs_is_not_validated(
    database: Database, blobs: BlobStore, people: People, branch: str, made: Validations
) -> None:
    with database.session() as session:
        version_id = draft_of(session, blobs, people.editor, branch, small_package()).id
        Drafts(GIB).replace_file(session, people.editor, 3.0, version_id, 1, entry("more.glb", b"not there"))
    with database.session() as session, pytest.raises(Conflict, match="not uploaded yet"):
        made.ask(session, people.editor, 4.0, version_id)


async def test_a_result_of_what_was_changed_meanwhile_is_dropped(
    database: Database, blobs: BlobStore, people: People, branch: str, tmp_path: Path
) -> None:
    begun, go_on = tmp_path / "begun", tmp_path / "go-on"
    for pipe in (begun, go_on):
        os.mkfifo(pipe)
    program = f"open({str(begun)!r}, 'w').close(); open({str(go_on)!r}).read(); print('no report')"
    made = validations(database, blobs, tmp_path, (sys.executable, "-c", program))
    with database.session() as session:
        version_id = draft_of(session, blobs, people.editor, branch, small_package()).id
        made.ask(session, people.editor, 3.0, version_id)
    async with running(made):
        async with asyncio.timeout(WAIT_S):
            await asyncio.to_thread(begun.read_text)
        with database.session() as session:
            Drafts(GIB).set_target(session, people.editor, 4.0, version_id, 1, "big-gpu")
        async with asyncio.timeout(WAIT_S):
            await asyncio.to_thread(go_on.write_text, "go on")
            while made.under_way:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
    with database.reading() as session:
        version = session.get_one(Version, version_id)
    assert (version.state, version.revision, version.report) == ("draft", 2, None)


async def test_what_was_under_way_at_the_end_is_begun_again(
    database: Database, blobs: BlobStore, people: People, branch: str, tmp_path: Path, made: Validations
) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    endless = f"import time; open({str(begun)!r}, 'w').close(); time.sleep(1000)"
    with database.session() as session:
        version_id = draft_of(session, blobs, people.editor, branch, small_package()).id
        made.ask(session, people.editor, 3.0, version_id)
    async with running(validations(database, blobs, tmp_path, (sys.executable, "-c", endless))):
        async with asyncio.timeout(WAIT_S):
            await asyncio.to_thread(begun.read_text)
    assert list((tmp_path / "work").iterdir()) == []
    async with running(made):
        assert (await until_decided(database, version_id)).state == "validated"


async def test_a_blob_that_is_gone_is_told(
    database: Database, blobs: BlobStore, people: People, branch: str, made: Validations
) -> None:
    with database.session() as session:
        version_id = draft_of(session, blobs, people.editor, branch, small_package(more__txt=b"soon gone")).id
        made.ask(session, people.editor, 3.0, version_id)
    await asyncio.to_thread(blobs.delete, [entry("more.txt", b"soon gone").digest])
    async with running(made):
        version = await until_decided(database, version_id)
    (finding,) = Report.model_validate(version.report).findings
    assert (version.state, finding.code) == ("rejected", "FILES_UNAVAILABLE")


async def test_one_that_nobody_wants_any_more_makes_way(
    database: Database, blobs: BlobStore, people: People, branch: str, tmp_path: Path
) -> None:
    begun = tmp_path / "begun"
    os.mkfifo(begun)
    endless = f"import time; open({str(begun)!r}, 'w').close(); time.sleep(1000)"
    made = validations(database, blobs, tmp_path, (sys.executable, "-c", endless))
    with database.session() as session:
        first = draft_of(session, blobs, people.editor, branch, small_package()).id
        second = draft_of(session, blobs, people.editor, branch, small_package()).id
        made.ask(session, people.editor, 3.0, first)
    async with running(made), asyncio.timeout(WAIT_S):
        await asyncio.to_thread(begun.read_text)
        with database.session() as session:
            Drafts(GIB).delete(session, people.editor, 4.0, first)
            made.ask(session, people.editor, 5.0, second)  # which has them looked through
        await asyncio.to_thread(begun.read_text)
        while made.under_way > 1:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.02)
