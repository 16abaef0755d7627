"""``edge-render admin keys``: which keys edges are to trust, as their options take them."""

from __future__ import annotations

import sys
import time

from control.admin.database import Database, database_url
from control.admin.key_changes import trusted_keys
from control.admin.keys import SigningKeys
from control.admin.migrations import migrate
from control.admin.settings import AdminSettings
from control.content.keys import key_text
from control.errors import ControlError


def print_trusted_keys(settings: AdminSettings) -> int:
    """Print a line for each key, the active one first; returns the exit status. Works beside an admin that runs, and
    before it ran for the first time, so that edges can be set up with it."""
    try:
        settings.data_folder.mkdir(parents=True, exist_ok=True)
        with Database(database_url(settings)) as database:
            migrate(database)
            with database.session() as session:
                SigningKeys.of(settings).start(session, time.time())
                found = trusted_keys(session)
    except OSError as error:
        sys.stderr.write(f"edge-render: {settings.data_folder} can't be used: {error.strerror}\n")
        return 1
    except ControlError as error:
        sys.stderr.write(f"edge-render: {error}\n")
        return 1
    sys.stdout.write("".join(f"{key_text(key)}\n" for key in found))
    return 0
