"""The composition root of the admin: opens its parts in order, and closes them."""

from __future__ import annotations

import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from control.admin.access.accounts import any_account
from control.admin.access.limits import RequestLimits
from control.admin.access.login import FirstSetup, Logins, new_setup_token
from control.admin.access.oidc.sign_on import open_sign_on
from control.admin.access.passwords import Passwords
from control.admin.audit_seal import open_audit_sealer
from control.admin.database import Database, database_url
from control.admin.keys import SigningKeys
from control.admin.migrations import migrate
from control.admin.parts import AdminParts
from control.admin.publishing.publishing_parts import open_publishing_parts
from control.admin.settings import AdminSettings
from control.admin.sites.site_parts import open_site_parts
from control.admin.storage.blob_store import BlobStore
from control.admin.storage.tidying import tidied
from control.admin.storage.uploads import Uploads


@asynccontextmanager
async def open_parts(settings: AdminSettings, passwords: Passwords | None = None) -> AsyncIterator[AdminParts]:
    """The parts of a running admin. ``passwords``: hashed otherwise than by default. Raises AdminError where the
    database or the blob store can't be used."""
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    with Database(database_url(settings)) as database:
        migrate(database)
        blobs = BlobStore.open(settings)
        uploads = Uploads(database, blobs, settings.package_max_bytes)
        keys = SigningKeys.of(settings)
        with database.session() as session:
            keys.start(session, time.time())
        passwords, limits = passwords or Passwords(), RequestLimits()
        logins = Logins(settings, database, passwords, limits)
        async with (
            open_audit_sealer(database, keys, settings.data_folder, time.time) as audit_sealer,
            tidied(database, blobs, uploads, time.time),
            open_site_parts(database, keys, settings, time.time) as sites,
            open_publishing_parts(settings, database, blobs, keys, time.time) as publishing,
            open_sign_on(settings, database, logins, time.time) as sign_on,
        ):
            yield AdminParts(
                settings=settings,
                database=database,
                blobs=blobs,
                uploads=uploads,
                keys=keys,
                audit_sealer=audit_sealer,
                now=time.time,
                sites=sites,
                publishing=publishing,
                passwords=passwords,
                limits=limits,
                logins=logins,
                sign_on=sign_on,
                first_setup=_first_setup(settings, database, passwords, limits, logins),
            )


def _first_setup(
    settings: AdminSettings, database: Database, passwords: Passwords, limits: RequestLimits, logins: Logins
) -> FirstSetup | None:
    """Where there is no account yet: tells whoever started the process how to make the first."""
    with database.reading() as session:
        if any_account(session):
            return None
    token = new_setup_token()
    sys.stderr.write(
        "edge-render: there is no account yet. Make the first administrator here (until the admin is started again):\n"
        f"edge-render: {settings.base_url}/setup?token={token}\n"
    )
    return FirstSetup(token, database, passwords, limits, logins)
