"""Publishing and retiring."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin.access.actor import Actor, Role
from control.admin.errors import Conflict, NotAllowed
from control.admin.key_changes import trusted_keys
from control.admin.keys import SigningKeys
from control.admin.publishing.drafts import Drafts
from control.admin.publishing.publish import Publisher
from control.admin.publishing.report import Finding, Report
from control.admin.publishing.version_state import Step
from control.admin.publishing.versions import take_step
from control.admin.tables import AuditEntry, Rollout, Site, SiteRelease, Version
from control.content.release import ReleaseManifest
from control.content.signing import payload_digest, read_envelope, verify
from tests.control.admin.publishing.conftest import TITLE, People, account, entry, files, store

DRAFTS = Drafts(1000)


@pytest.fixture
def keys(session: Session, tmp_path: Path) -> SigningKeys:
    keys = SigningKeys(tmp_path / "keys")
    keys.start(session, 1.0)
    return keys


def validated(session: Session, editor: Actor, showroom: str, *findings: Finding) -> Version:
    """A version as its validation leaves it."""
    listed = files(entry("hall.glb", b"model"))
    store(session, *listed.files)
    version = DRAFTS.create(session, editor, 2.0, showroom, listed)
    take_step(version, Step.VALIDATE, 3.0)
    take_step(version, Step.ACCEPT, 4.0)
    version.report = Report(revision=version.revision, title=TITLE, findings=findings).model_dump(mode="json")
    return version


def test_what_was_validated_is_signed(session: Session, people: People, branch: str, keys: SigningKeys) -> None:
    version = validated(session, people.editor, branch)
    Publisher(keys, four_eyes=True).publish(session, people.publisher, 5.0, version.id, 1)
    assert (version.state, version.published_by, version.published_at) == (
        "published",
        people.publisher.account_id,
        5.0,
    )
    envelope = read_envelope(version.envelope or "")
    assert version.release_digest == payload_digest(envelope)
    manifest = verify(envelope, trusted_keys(session), ReleaseManifest)
    assert (manifest.showroom, manifest.version, manifest.title, manifest.created_at) == (branch, 1, TITLE, 5.0)
    assert [file.path for file in manifest.files] == ["hall.glb", "showroom.json"]
    last = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(1)).one()
    assert (last.actor, last.action, last.subject) == ("account:petra", "version.publish", "showroom:branch/1")
    assert last.detail["release"] == version.release_digest


def test_who_publishes_says_what_they_have_seen(
    session: Session, people: People, branch: str, keys: SigningKeys
) -> None:
    version = validated(session, people.editor, branch)
    DRAFTS.set_target(session, people.editor, 5.0, version.id, 1, "big-gpu")
    with pytest.raises(Conflict, match="at revision 2, you saw 1"):
        Publisher(keys, four_eyes=False).publish(session, people.publisher, 6.0, version.id, 1)
    with pytest.raises(Conflict, match="the version is draft"):
        Publisher(keys, four_eyes=False).publish(session, people.publisher, 6.0, version.id, 2)


def test_what_has_an_error_is_not_published(session: Session, people: People, branch: str, keys: SigningKeys) -> None:
    error = Finding(severity="error", message="is broken", code="BROKEN")
    version = validated(session, people.editor, branch, error)
    with pytest.raises(Conflict, match="tells of errors"):
        Publisher(keys, four_eyes=False).publish(session, people.publisher, 5.0, version.id, 1)


def test_with_four_eyes_nobody_publishes_what_they_had_a_hand_in(
    session: Session, people: People, branch: str, keys: SigningKeys
) -> None:
    other = account(session, "paula", Role.PUBLISHER)
    version = validated(session, people.publisher, branch)
    DRAFTS.set_target(session, people.editor, 5.0, version.id, 1, "big-gpu")
    take_step(version, Step.VALIDATE, 6.0)
    take_step(version, Step.ACCEPT, 7.0)
    version.report = Report(revision=2, title=TITLE).model_dump(mode="json")
    with pytest.raises(NotAllowed, match="four eyes"):
        Publisher(keys, four_eyes=True).publish(session, people.publisher, 8.0, version.id, 2)
    Publisher(keys, four_eyes=True).publish(session, other, 9.0, version.id, 2)
    assert version.state == "published"


@pytest.mark.parametrize("was_published", [False, True])
def test_with_four_eyes_a_copy_is_still_of_those_who_made_what_nobody_published(
    session: Session, people: People, branch: str, keys: SigningKeys, was_published: bool
) -> None:
    publisher = Publisher(keys, four_eyes=True)
    source = validated(session, people.publisher, branch)
    if was_published:
        publisher.publish(session, account(session, "paula", Role.PUBLISHER), 4.0, source.id, 1)
    copied = DRAFTS.copy(session, people.editor, 5.0, branch, source.id)
    assert publisher.needs_other_eyes(copied, people.editor)
    assert publisher.needs_other_eyes(copied, people.publisher) is not was_published


def test_an_editor_does_not_publish(session: Session, people: People, branch: str, keys: SigningKeys) -> None:
    version = validated(session, people.editor, branch)
    with pytest.raises(NotAllowed):
        Publisher(keys, four_eyes=False).publish(session, people.other_editor, 5.0, version.id, 1)


def test_what_a_site_shows_or_is_about_to_is_not_retired(
    session: Session, people: People, branch: str, keys: SigningKeys
) -> None:
    publisher = Publisher(keys, four_eyes=False)
    version = validated(session, people.editor, branch)
    publisher.publish(session, people.publisher, 5.0, version.id, 1)
    site = Site(slug="lounge", title="Lounge", edge_class="software", token_sha256="0" * 64, created_at=1.0,
                order_envelope="{}")  # fmt: skip
    session.add(site)
    session.flush()
    shown = SiteRelease(site="lounge", showroom=branch, version_id=version.id, ordered_at=6.0)
    session.add(shown)
    session.flush()
    with pytest.raises(Conflict, match="sites are ordered to show it: lounge"):
        publisher.retire(session, people.publisher, 7.0, version.id)
    session.delete(shown)
    rollout = Rollout(version_id=version.id, state="paused", created_by=people.publisher.account_id, created_at=7.0,
                      starts_at=7.0, on_failure="pause", skip_absent=False, healthy_s=1.0)  # fmt: skip
    session.add(rollout)
    session.flush()
    with pytest.raises(Conflict, match="is about to show it"):
        publisher.retire(session, people.publisher, 8.0, version.id)
    rollout.state = "cancelled"
    assert publisher.retire(session, people.publisher, 9.0, version.id).state == "retired"
