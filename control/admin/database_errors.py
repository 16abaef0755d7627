"""What a database's driver raises, as what the admin raises."""

from __future__ import annotations

import sqlite3
from typing import Final

import psycopg
from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext

from control.admin.errors import AdminError, BadRequest, Unavailable

# Result codes of SQLite (sqlite.org/rescode.html) that tell of the machine and not of the statement.
_SQLITE_OUTAGES: Final = {
    sqlite3.SQLITE_PERM: "its file may not be used",
    sqlite3.SQLITE_BUSY: "somebody else writes for too long",
    sqlite3.SQLITE_LOCKED: "somebody else writes for too long",
    sqlite3.SQLITE_NOMEM: "memory is short",
    sqlite3.SQLITE_READONLY: "its file can't be written",
    sqlite3.SQLITE_IOERR: "its disk fails",
    sqlite3.SQLITE_CORRUPT: "its file is damaged",
    sqlite3.SQLITE_FULL: "its disk is full",
    sqlite3.SQLITE_CANTOPEN: "its file can't be opened",
    sqlite3.SQLITE_PROTOCOL: "somebody else writes for too long",
    sqlite3.SQLITE_NOTADB: "its file is not a database",
}


def translate_errors(engine: Engine) -> None:
    """Where the database can't be used, Unavailable; where a value can't be stored in it, BadRequest. What is left is a
    mistake in a statement, or an IntegrityError for those who expect one."""
    event.listen(engine, "handle_error", _translate)


def _translate(context: ExceptionContext) -> None:
    if context.is_pre_ping:
        return  # the pool takes another connection
    error = context.original_exception
    told = _sqlite(error) or _postgresql(error, context.is_disconnect) or _value(error)
    if told is not None:
        raise told from error


def _sqlite(error: BaseException) -> AdminError | None:
    if not isinstance(error, sqlite3.Error):
        return None
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the higher bits say more of the same
    reason = _SQLITE_OUTAGES.get(code)
    return None if reason is None else Unavailable(f"the database can't be used: {reason}")


def _postgresql(error: BaseException, is_disconnect: bool) -> AdminError | None:
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return Unavailable("the database is busy: others write for too long; try again")
    # Class 25: the server became a standby; class 57: it is stopped; OperationalError: connections, disk, memory.
    away = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.errors.ReadOnlySqlTransaction)
    if is_disconnect or isinstance(error, away):
        return Unavailable("the database does not answer; try again")
    return None


def _value(error: BaseException) -> AdminError | None:
    # NUL in a text, half a surrogate pair, a number out of the column's range: such come only from a request.
    if isinstance(error, psycopg.DataError | UnicodeEncodeError | OverflowError):
        return BadRequest("a value can't be stored: it has a NUL, half a character, or a number out of range")
    return None
