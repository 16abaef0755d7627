"""Drafts: made, changed and thrown away."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin.database import Database
from control.admin.errors import Conflict, NotAllowed, NotFound, Refused, TooLarge
from control.admin.publishing.drafts import Drafts
from control.admin.publishing.showrooms import all_showrooms, create_showroom, versions_of
from control.admin.publishing.version_state import Step
from control.admin.publishing.version_view import version_view
from control.admin.publishing.versions import file_of, files_of, find_version, missing_digests, take_step
from control.admin.tables import AuditEntry, VersionFile
from control.content.release import FileList
from tests.control.admin.publishing.conftest import TITLE, People, entry, files, store

DRAFTS = Drafts(package_max_bytes=1000)


def test_a_draft_has_the_next_number_and_tells_which_blobs_are_missing(
    session: Session, people: People, branch: str
) -> None:
    store(session, entry("showroom.json", b"{}"))
    first = DRAFTS.create(session, people.editor, 2.0, branch, files(entry("a.glb", b"one")))
    second = DRAFTS.create(session, people.editor, 3.0, branch, files())
    assert [(version.number, version.state) for version in versions_of(session, branch)] == [(2, "draft"), (1, "draft")]
    assert missing_digests(session, first) == [entry("a.glb", b"one").digest]
    assert missing_digests(session, second) == []
    view = version_view(session, first)
    assert (view.files, view.size_bytes, view.missing) == (2, 5, [entry("a.glb", b"one").digest])


def test_the_number_of_a_deleted_draft_is_not_given_again(session: Session, people: People, branch: str) -> None:
    first = DRAFTS.create(session, people.editor, 2.0, branch, files())
    DRAFTS.delete(session, people.editor, 3.0, first.id)
    session.flush()
    assert session.scalars(select(VersionFile)).all() == []
    assert DRAFTS.create(session, people.editor, 4.0, branch, files()).number == 2
    with pytest.raises(NotFound):
        find_version(session, first.id)


def test_each_change_makes_a_new_revision_and_a_draft_again(session: Session, people: People, branch: str) -> None:
    version = DRAFTS.create(session, people.editor, 2.0, branch, files(entry("a.glb", b"one")))
    take_step(version, Step.VALIDATE, 3.0)
    take_step(version, Step.ACCEPT, 3.0)
    version.report = {"some": "report"}
    DRAFTS.replace_file(session, people.other_editor, 4.0, version.id, 1, entry("a.glb", b"two"))
    assert (version.state, version.revision, version.report) == ("draft", 2, None)
    assert (version.created_by, version.edited_by) == (people.editor.account_id, people.other_editor.account_id)
    assert version.editors == [people.editor.account_id, people.other_editor.account_id]
    assert file_of(session, version, "a.glb").digest == entry("a.glb", b"two").digest
    DRAFTS.replace_files(session, people.editor, 5.0, version.id, 2, files(entry("b.glb")))
    assert [file.path for file in files_of(session, version)] == ["b.glb", "showroom.json"]


def test_who_changes_what_somebody_else_has_changed_is_told(session: Session, people: People, branch: str) -> None:
    version = DRAFTS.create(session, people.editor, 2.0, branch, files())
    DRAFTS.replace_file(session, people.editor, 3.0, version.id, 1, entry("a.glb"))
    with pytest.raises(Conflict, match="at revision 2, and you changed 1"):
        DRAFTS.replace_file(session, people.other_editor, 4.0, version.id, 1, entry("b.glb"))


def test_what_is_published_is_copied_to_be_changed(session: Session, people: People, branch: str) -> None:
    version = DRAFTS.create(session, people.editor, 2.0, branch, files(entry("a.glb")), edge_class="big-gpu")
    for step in (Step.VALIDATE, Step.ACCEPT, Step.PUBLISH):
        take_step(version, step, 3.0)
    with pytest.raises(Conflict, match="the version is published"):
        DRAFTS.replace_files(session, people.editor, 4.0, version.id, 1, files())
    with pytest.raises(Conflict, match="the version is published"):
        DRAFTS.delete(session, people.editor, 4.0, version.id)
    copied = DRAFTS.copy(session, people.other_editor, 5.0, branch, version.id)
    assert (copied.number, copied.state, copied.edge_class, copied.note) == (2, "draft", "big-gpu", "from branch/1")
    assert files_of(session, copied) == files_of(session, version)
    assert copied.editors == [people.other_editor.account_id]


def test_what_can_be_no_package_is_refused(session: Session, people: People, branch: str) -> None:
    with pytest.raises(Refused, match=r"has a file showroom\.json"):
        DRAFTS.create(session, people.editor, 2.0, branch, FileList(files=(entry("a.glb"),)))
    with pytest.raises(TooLarge, match="at most 1000"):
        DRAFTS.create(session, people.editor, 2.0, branch, files(entry("a.glb", b"x" * 999)))
    wrong = entry("a.glb", b"xyz").model_copy(update={"size_bytes": 2})
    with pytest.raises(Refused, match="not of one size"):
        DRAFTS.create(session, people.editor, 2.0, branch, files(wrong, entry("b.glb", b"xyz")))
    store(session, entry("a.glb", b"xyz"))
    with pytest.raises(Refused, match=r"a\.glb: is said to have 2 bytes, but its blob has 3"):
        DRAFTS.create(session, people.editor, 2.0, branch, files(wrong))
    version = DRAFTS.create(session, people.editor, 2.0, branch, files(entry("a/b.glb")))
    with pytest.raises(Refused, match="both a file and a folder"):
        DRAFTS.replace_file(session, people.editor, 3.0, version.id, 1, entry("a"))


def test_who_may_only_look_changes_nothing(session: Session, people: People, branch: str) -> None:
    with pytest.raises(NotAllowed):
        DRAFTS.create(session, people.viewer, 2.0, branch, files())
    with pytest.raises(NotAllowed):
        create_showroom(session, people.viewer, 2.0, "lounge", TITLE)


def test_showrooms_have_names_of_their_own(session: Session, people: People, branch: str) -> None:
    create_showroom(session, people.editor, 2.0, "atrium", TITLE)
    assert [showroom.slug for showroom in all_showrooms(session)] == ["atrium", branch]
    with pytest.raises(Conflict):
        create_showroom(session, people.editor, 2.0, branch, TITLE)
    with pytest.raises(NotFound):
        versions_of(session, "nowhere")


def test_all_of_it_is_in_the_log(database: Database, people: People, branch: str) -> None:
    with database.session() as session:
        version = DRAFTS.create(session, people.editor, 2.0, branch, files())
        DRAFTS.set_target(session, people.editor, 3.0, version.id, 1, "small-gpu")
        DRAFTS.delete(session, people.editor, 4.0, version.id)
    with database.session() as session:
        told = session.execute(select(AuditEntry.action, AuditEntry.subject).order_by(AuditEntry.seq)).all()
    assert [tuple(row) for row in told] == [
        ("showroom.create", "showroom:branch"),
        ("version.create", "showroom:branch/1"),
        ("version.set-target", "showroom:branch/1"),
        ("version.delete", "showroom:branch/1"),
    ]
