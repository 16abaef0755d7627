"""The database: one writer at a time on either, and outages that are told as such."""

from __future__ import annotations

import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import DBAPIError, IntegrityError

from bench.servers.postgresql import PostgresqlServer
from control.admin import audit
from control.admin.database import Database
from control.admin.errors import BadRequest, Unavailable
from control.admin.tables import Account, AuditEntry, Showroom
from tests.waiting import WAIT_S


def make_showroom(database: Database, slug: str = "branch", title: str = "Branch") -> None:
    with database.session() as session:
        session.execute(
            insert(Showroom).values(slug=slug, title_en=title, title_zh=title, last_number=0, created_at=1.0)
        )


def test_the_audit_log_never_forks(database: Database) -> None:
    """Eight replicas' worth of writers: each entry covers the one before, and none is lost."""

    def write(writer: int) -> None:
        for turn in range(10):
            with database.session() as session:
                audit.append(session, float(turn), f"account:{writer}", "test.write", "test:1")

    with ThreadPoolExecutor(8) as writers:
        list(writers.map(write, range(8)))
    with database.reading() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.seq)).all()
    assert [entry.seq for entry in entries] == list(range(1, 81))
    previous = [audit.FIRST_PREVIOUS, *(entry.hash for entry in entries)]
    assert [entry.previous_hash for entry in entries] == previous[:-1]
    assert all(entry.hash == audit.entry_hash(entry) for entry in entries)


def test_what_is_read_and_then_written_is_not_written_by_others_between(database: Database) -> None:
    with database.session() as session:
        session.add(Account(name="counter", role="viewer", language="0", created_at=1.0))

    def count(_writer: int) -> None:
        for _turn in range(10):
            with database.session() as session:
                account = session.scalars(select(Account)).one()
                account.language = str(int(account.language) + 1)

    with ThreadPoolExecutor(6) as writers:
        list(writers.map(count, range(6)))
    with database.reading() as session:
        assert session.scalars(select(Account.language)).one() == "60"


def test_who_reads_waits_for_no_writer_and_sees_one_moment(database: Database) -> None:
    reading, written = threading.Event(), threading.Event()

    def write() -> None:
        assert reading.wait(WAIT_S)
        make_showroom(database)
        written.set()

    with ThreadPoolExecutor(1) as writer:
        writing = writer.submit(write)
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Showroom)) == 0
            reading.set()
            assert written.wait(WAIT_S)
            assert session.scalar(select(func.count()).select_from(Showroom)) == 0
        writing.result()
    with database.session(), ThreadPoolExecutor(1) as other:  # who holds the turn to write does not hold up readers
        counted = other.submit(_count_showrooms, database)
        assert counted.result(WAIT_S) == 1


def _count_showrooms(database: Database) -> int | None:
    with database.reading() as session:
        return session.scalar(select(func.count()).select_from(Showroom))


def test_who_reads_writes_nothing(database: Database) -> None:
    with pytest.raises((DBAPIError, Unavailable)), database.reading() as session:
        session.execute(update(Showroom).values(title_en="x"))
    make_showroom(database)


def make_twice(database: Database) -> None:
    with database.session() as session:
        for _time in range(2):
            session.add(Account(name="anna", role="viewer", created_at=1.0))
            session.flush()


def test_what_fails_changes_nothing(database: Database) -> None:
    with pytest.raises(IntegrityError):
        make_twice(database)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Account)) == 0


@pytest.mark.parametrize("title", ["half a character: \ud800", "none: \x00"])
def test_what_can_not_be_stored_is_a_bad_request(database: Database, title: str) -> None:
    if title.endswith("\x00") and database.engine.dialect.name == "sqlite":
        return  # SQLite stores it
    with pytest.raises(BadRequest):
        make_showroom(database, title=title)
    make_showroom(database)


def test_numbers_out_of_range_are_a_bad_request(database: Database) -> None:
    with pytest.raises(BadRequest), database.session() as session:
        session.execute(select(Account).where(Account.id == 2**70)).all()


def lose_connection(server: PostgresqlServer, database: Database, *, between: bool) -> None:
    """Between two statements, or just before the commit."""
    with database.session() as session:
        session.add(Account(name="anna", role="viewer", created_at=1.0))
        session.flush()
        server.end_connections()
        if between:
            session.execute(select(Account)).all()


@pytest.mark.parametrize("between", [True, False], ids=["between statements", "before the commit"])
def test_a_database_that_went_away_is_an_outage_and_is_found_again(postgresql: PostgresqlServer, between: bool) -> None:
    with postgresql.database() as url, Database(url) as database:
        with pytest.raises(Unavailable):
            lose_connection(postgresql, database, between=between)
        make_showroom(database)


def test_nothing_that_answers_is_an_outage(tmp_path: Path) -> None:
    with (
        Database(f"postgresql+psycopg://admin@/nothing?host={tmp_path}") as database,
        pytest.raises(Unavailable, match="does not answer"),
    ):
        make_showroom(database)


@pytest.mark.parametrize("url", ["mysql://somewhere", "nonsense", "postgresql+psycopg://host:port/x", "sqlite+x://"])
def test_a_url_that_is_none_is_told_without_its_password(url: str) -> None:
    with pytest.raises(Unavailable) as told:
        Database(url.replace("://", "://anna:s3cret@"))
    assert "s3cret" not in str(told.value)


def test_a_busy_sqlite_is_an_outage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("control.admin.database.WAIT_S", 0)
    path = tmp_path / "test.sqlite3"
    with Database(f"sqlite:///{path}") as database:
        other = sqlite3.connect(path, isolation_level=None)
        with database.session():
            pass
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(Unavailable, match="writes for too long"):
            make_showroom(database)
        other.close()


def test_a_busy_postgresql_is_an_outage(postgresql: PostgresqlServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with postgresql.database() as url, Database(url) as holder:
        monkeypatch.setattr("control.admin.database.WAIT_S", 0.01)
        with Database(url) as database, holder.engine.begin(), pytest.raises(Unavailable, match="write for too long"):
            make_showroom(database)


@pytest.mark.parametrize("content", [b"no database" * 1000, None], ids=["damaged", "a folder"])
def test_a_file_that_is_no_database_is_an_outage(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "test.sqlite3"
    path.mkdir() if content is None else path.write_bytes(content)
    with Database(f"sqlite:///{path}") as database, pytest.raises(Unavailable, match="its file"):
        make_showroom(database)


def test_a_mistake_in_a_statement_is_no_outage(database: Database) -> None:
    with pytest.raises(DBAPIError), database.session() as session:
        session.execute(text("SELECT nothing FROM nowhere"))
