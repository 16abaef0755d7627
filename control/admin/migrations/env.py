"""Alembic runs this file for each of its commands: from ``migrate``, which gives a connection, or from a developer's
``alembic`` command line, which uses the database of the admin's settings."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection, inspect

from control.admin.database import Database, database_url
from control.admin.settings import AdminSettings
from control.admin.tables import Table


def _run(connection: Connection) -> None:
    context.configure(
        connection,
        target_metadata=Table.metadata,
        transactional_ddl=True,  # of SQLite too: Database begins its transactions itself
        # SQLite changes few things of a table in place; before the first revision there is nothing to change.
        render_as_batch=inspect(connection).has_table("alembic_version"),
    )
    with context.begin_transaction():
        context.run_migrations()


_given = context.config.attributes.get("connection")
if _given is not None:
    _run(_given)
else:
    with Database(database_url(AdminSettings())) as _database, _database.engine.begin() as _connection:
        _run(_connection)
