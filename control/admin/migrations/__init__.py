"""Brings a database to the tables of this version. Alembic's environment: ``env.py``; steps: ``versions/``."""

from __future__ import annotations

from typing import Final

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection

from control.admin.database import Database
from control.admin.errors import Unavailable

NEWEST: Final = "head"
EMPTY: Final = "base"


def migrate(database: Database) -> None:
    """To the newest revision, all or nothing, in a writer's transaction: of replicas that start at once the first does
    it, and the others find it done. Raises Unavailable where a newer edge-render has been here, or there is no answer.
    """
    with database.engine.begin() as connection:
        try:
            command.upgrade(_config(connection), NEWEST)
        except CommandError as error:
            raise Unavailable(f"the database is of another edge-render, maybe of a newer one: {error}") from error


def migrate_back(database: Database, revision: str = EMPTY) -> None:
    """To an earlier revision; what is only in later ones is lost."""
    with database.engine.begin() as connection:
        command.downgrade(_config(connection), revision)


def revisions(database: Database) -> tuple[str | None, str | None]:
    """The database's, and the newest."""
    with database.engine.begin() as connection:
        config = _config(connection)
        return MigrationContext.configure(connection).get_current_revision(), (
            ScriptDirectory.from_config(config).get_current_head()
        )


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", "control.admin:migrations")
    config.attributes["connection"] = connection
    return config
