"""Sessions of browsers: a random token in a cookie, of which only the SHA-256 is kept."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, or_, select, update
from sqlalchemy.orm import Session

from control.admin.database import Database
from control.admin.tables import Account, LoginSession

TOKEN_BYTES = 32
SEEN_EVERY_S = 60.0
"""How exactly the last request's time is kept: a write for every request would be many."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session that was just made; ``token`` is for the cookie and is nowhere else."""

    token: str
    csrf_token: str
    expires_at: float


def sha256_of(token: str) -> str:
    """As it is kept. The tokens are random, so that a plain digest is enough."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def start_session(session: Session, account: Account, now: float, idle_s: float, max_s: float) -> NewSession:
    """Make a session with a token of its own, whatever the browser sent (no fixation), and forget ended ones."""
    session.execute(delete(LoginSession).where(_ended(now, idle_s)))
    token = secrets.token_urlsafe(TOKEN_BYTES)
    row = LoginSession(
        token_sha256=sha256_of(token),
        account_id=account.id,
        csrf_token=secrets.token_urlsafe(TOKEN_BYTES),
        created_at=now,
        seen_at=now,
        expires_at=now + max_s,
    )
    session.add(row)
    session.flush()
    return NewSession(token, row.csrf_token, row.expires_at)


def find_session(session: Session, token: str, now: float, idle_s: float) -> tuple[LoginSession, Account] | None:
    """The session of a cookie, and its account; None where it has ended, was never, or the account is disabled."""
    found = session.execute(
        select(LoginSession, Account)
        .join(Account, Account.id == LoginSession.account_id)
        .where(LoginSession.token_sha256 == sha256_of(token), Account.disabled.is_(False), ~_ended(now, idle_s))
    ).one_or_none()
    if found is None:
        return None
    row, account = found
    return row, account


def note_request(database: Database, row: LoginSession, now: float, idle_s: float) -> None:
    """Keep that the session is in use, now and then."""
    if now - row.seen_at >= min(SEEN_EVERY_S, idle_s / 10):
        with database.session() as session:
            session.execute(
                update(LoginSession).where(LoginSession.token_sha256 == row.token_sha256).values(seen_at=now)
            )


def end_session(session: Session, token_sha256: str) -> None:
    """Log one browser out."""
    session.execute(delete(LoginSession).where(LoginSession.token_sha256 == token_sha256))


def end_all_sessions(session: Session, account_id: int) -> None:
    """Log an account out everywhere."""
    session.execute(delete(LoginSession).where(LoginSession.account_id == account_id))


def _ended(now: float, idle_s: float) -> ColumnElement[bool]:
    return or_(LoginSession.expires_at <= now, LoginSession.seen_at <= now - idle_s)
