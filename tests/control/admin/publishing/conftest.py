"""A database with accounts, and packages to make versions of."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy.orm import Session

from control.admin.access.actor import Actor, Role
from control.admin.database import Database
from control.admin.publishing.showrooms import create_showroom
from control.admin.settings import AdminSettings
from control.admin.storage.blob_store import BlobStore
from control.admin.tables import Account, Blob
from control.content.names import Title
from control.content.release import FileEntry, FileList

TITLE = Title(en="Branch", zh="网点")


@dataclass(frozen=True)
class People:
    """One of each."""

    viewer: Actor
    editor: Actor
    other_editor: Actor
    publisher: Actor


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    with database.session() as session:
        yield session


@pytest.fixture
def blobs(tmp_path: Path) -> BlobStore:
    return BlobStore.open(AdminSettings(data_folder=tmp_path / "data"))


@pytest.fixture
def people(database: Database) -> People:
    with database.session() as session:
        return People(
            account(session, "vera", Role.VIEWER),
            account(session, "anna", Role.EDITOR),
            account(session, "ben", Role.EDITOR),
            account(session, "petra", Role.PUBLISHER),
        )


@pytest.fixture
def branch(database: Database, people: People) -> str:
    """A showroom without versions."""
    with database.session() as session:
        return create_showroom(session, people.editor, 1.0, "branch", TITLE).slug


def account(session: Session, name: str, role: Role) -> Actor:
    row = Account(name=name, role=role.word, language="en", disabled=False, created_at=0.0)
    session.add(row)
    session.flush()
    return Actor(row.id, name, role)


def entry(path: str, data: bytes = b"x") -> FileEntry:
    return FileEntry(path=path, digest=hashlib.sha256(data).hexdigest(), size_bytes=len(data))


def files(*entries: FileEntry) -> FileList:
    """These, and a showroom.json."""
    return FileList(files=(entry("showroom.json", b"{}"), *entries))


def store(session: Session, *entries: FileEntry) -> None:
    """Have their blobs count as stored."""
    for item in entries:
        session.merge(Blob(digest=item.digest, size_bytes=item.size_bytes, stored_at=0.0))
    session.flush()
