"""Uploads on each database and each blob store, without HTTP."""

from __future__ import annotations

import pytest

from control.admin.access.accounts import add_account
from control.admin.access.actor import SYSTEM, Actor, Role
from control.admin.database import Database
from control.admin.storage.blob_store import BlobStore
from control.admin.storage.uploads import Uploads

NOW = 1_800_000_000.0
PACKAGE_MAX_BYTES = 8 * 2**20


@pytest.fixture
def uploads(database: Database, blob_store: BlobStore) -> Uploads:
    return Uploads(database, blob_store, PACKAGE_MAX_BYTES)


@pytest.fixture
def anna(database: Database) -> Actor:
    """An editor."""
    return make_actor(database, "anna", Role.EDITOR)


@pytest.fixture
def ben(database: Database) -> Actor:
    """Another one."""
    return make_actor(database, "ben", Role.EDITOR)


def make_actor(database: Database, name: str, role: Role) -> Actor:
    """Somebody with an account."""
    with database.session() as session:
        account = add_account(session, SYSTEM, name, role, NOW)
        session.flush()
        return Actor(account.id, name, role)
