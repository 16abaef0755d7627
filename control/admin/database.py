"""The database: SQLite in a file, or PostgreSQL; the same code for both.

Those who write take turns: on SQLite by its own lock (BEGIN IMMEDIATE), on PostgreSQL by an advisory lock that lasts as
long as the transaction, also across replicas. So a transaction sees all that was written before it, nothing is ever
done twice, and the audit log's chain can't fork. Writing is rare and short here; what is frequent only reads.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import Session, sessionmaker

from control.admin.database_errors import translate_errors
from control.admin.errors import Unavailable
from control.admin.settings import AdminSettings

WAIT_S: Final = 30
"""For the turn to write, or for a connection; then Unavailable."""
STALLED_S: Final = 60
"""PostgreSQL ends a transaction that does nothing for so long: its replica is gone without having said so."""
_CONNECT_S: Final = 5
_WRITERS_LOCK: Final = 0x65646765  # any number that nothing else in this database uses


class Database:
    """Opens sessions. Use it as a context manager or ``close`` it."""

    def __init__(self, url: str) -> None:
        """``url`` is one of SQLAlchemy's. Raises Unavailable where it can't be understood; connects when it is used."""
        self._engine = _engine(url)
        self._writers = sessionmaker(self._engine, expire_on_commit=False)
        self._readers = sessionmaker(self._engine.execution_options(reads=True), expire_on_commit=False)

    @property
    def engine(self) -> Engine:
        """For migrations and tests. Its transactions are a writer's."""
        return self._engine

    @contextmanager
    def session(self) -> Iterator[Session]:
        """One transaction that may write: committed at the end, rolled back on an exception. All other writers wait for
        its end: keep it short, wait for nothing in it, and open no other one within it. Raises Unavailable where the
        database does not answer."""
        with self._translated(), self._writers.begin() as session:
            yield session

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """One transaction that only reads, all of it from one moment; waits for nobody."""
        with self._translated(), self._readers.begin() as session:
            yield session

    def close(self) -> None:
        """Close all connections."""
        self._engine.dispose()

    def __enter__(self) -> Database:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @staticmethod
    @contextmanager
    def _translated() -> Iterator[None]:
        """What the driver raises is translated where it is raised; a pool that is used up has no driver."""
        try:
            yield
        except PoolTimeout as error:
            raise Unavailable("the database is busy: no connection was free; try again") from error


def database_url(settings: AdminSettings) -> str:
    """The one that is set, else SQLite in the data folder."""
    if settings.database_url is not None:
        return settings.database_url.get_secret_value()
    return f"sqlite:///{Path(settings.data_folder) / 'admin.sqlite3'}"


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        backend = parsed.get_backend_name()
        if backend == "sqlite":
            engine = create_engine(parsed, connect_args={"timeout": WAIT_S}, pool_timeout=WAIT_S, hide_parameters=True)
        elif parsed.drivername == "postgresql+psycopg":
            engine = create_engine(
                parsed,
                connect_args={"connect_timeout": _CONNECT_S},
                isolation_level="READ COMMITTED",
                pool_pre_ping=True,
                pool_size=10,
                max_overflow=20,
                pool_timeout=WAIT_S,
                # They are password hashes and the like, and would be in logs and messages.
                hide_parameters=True,
            )
        else:
            raise Unavailable(f"the database URL begins with {parsed.drivername}: not sqlite or postgresql+psycopg")
    except (ArgumentError, NoSuchModuleError, ValueError) as error:
        # The URL has a password: it is not repeated.
        raise Unavailable("the database URL can't be understood: see --database-url in --help") from error
    translate_errors(engine)
    if backend == "sqlite":
        event.listen(engine, "connect", _prepare_sqlite)
        event.listen(engine, "begin", _begin_sqlite)
    else:
        event.listen(engine, "connect", _prepare_postgresql)
        event.listen(engine, "begin", _begin_postgresql)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN comes late and is deferred: two that read and then write would fail instead of waiting.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")


def _prepare_postgresql(connection: Any, _record: Any) -> None:
    with connection.transaction():
        connection.execute(f"SET lock_timeout = '{WAIT_S}s'")
        connection.execute(f"SET idle_in_transaction_session_timeout = '{STALLED_S}s'")


def _reads(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("reads"))


def _begin_sqlite(connection: Connection) -> None:
    reads = _reads(connection)
    connection.exec_driver_sql(f"PRAGMA query_only={int(reads)}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if _reads(connection):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS_LOCK})")
