"""The composition root of the admin: opens its parts in order, and closes them."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from control.admin.database import Database, database_url
from control.admin.keys import SigningKeys
from control.admin.migrations import migrate
from control.admin.parts import AdminParts
from control.admin.settings import AdminSettings


@asynccontextmanager
async def open_parts(settings: AdminSettings) -> AsyncIterator[AdminParts]:
    """The parts of a running admin. Raises AdminError where the database or the blob store can't be used."""
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    with Database(database_url(settings)) as database:
        migrate(database)
        keys = SigningKeys(settings.keys_folder or settings.data_folder / "keys")
        with database.session() as session:
            keys.start(session, time.time())
        yield AdminParts(settings=settings, database=database, keys=keys, now=time.time)
