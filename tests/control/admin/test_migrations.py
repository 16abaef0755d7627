"""Bringing a database to this version's tables."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text

from bench.servers.postgresql import PostgresqlServer
from control.admin.database import Database
from control.admin.errors import Unavailable
from control.admin.migrations import migrate, migrate_back, revisions
from control.admin.tables import Table


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Of a database without a table."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.sqlite3'}"
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.database(template="template0") as url:
        yield url


@pytest.fixture
def empty(empty_url: str) -> Iterator[Database]:
    with Database(empty_url) as database:
        yield database


def test_the_migrations_make_the_tables(empty: Database) -> None:
    """If this fails after a change of tables.py, the migrations lack it: see CONTRIBUTING.md."""
    migrate(empty)
    with empty.engine.begin() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True, "target_metadata": Table.metadata}
        )
        assert compare_metadata(context, Table.metadata) == []


def test_a_second_start_changes_nothing(empty: Database) -> None:
    migrate(empty)
    before = revisions(empty)
    migrate(empty)
    assert revisions(empty) == before
    assert before[0] == before[1] is not None


def test_back_to_nothing_and_up_again(empty: Database) -> None:
    migrate(empty)
    migrate_back(empty)
    assert inspect(empty.engine).get_table_names() == ["alembic_version"]
    migrate(empty)
    assert set(inspect(empty.engine).get_table_names()) == {*Table.metadata.tables, "alembic_version"}


def test_replicas_that_start_at_once_do_not_collide(empty_url: str) -> None:
    def start(_replica: int) -> tuple[str | None, str | None]:
        with Database(empty_url) as database:
            migrate(database)
            return revisions(database)

    with ThreadPoolExecutor(6) as replicas:
        found = set(replicas.map(start, range(6)))
    assert len(found) == 1


def test_a_migration_that_fails_leaves_the_database_as_it_was(empty: Database) -> None:
    with empty.engine.begin() as connection:
        connection.execute(text("CREATE TABLE visit_hours (site INTEGER)"))
    with pytest.raises(Exception, match="visit_hours"):
        migrate(empty)
    assert inspect(empty.engine).get_table_names() == ["visit_hours"]


def test_the_database_of_a_newer_version_is_refused(empty: Database) -> None:
    migrate(empty)
    with empty.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(Unavailable, match="newer one"):
        migrate(empty)
