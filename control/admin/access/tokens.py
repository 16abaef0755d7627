"""API tokens: for pipelines, shown once, of which only the SHA-256 is kept."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.accounts import role_of, subject_of
from control.admin.access.actor import Actor, Role
from control.admin.access.sessions import SEEN_EVERY_S, sha256_of
from control.admin.database import Database
from control.admin.errors import Conflict, NotAllowed, NotFound, Refused
from control.admin.tables import Account, ApiToken

PREFIX: Final = "ert_"
"""So that those who search sources for secrets know one."""
TOKEN_BYTES: Final = 32
MAX_LIFETIME_S: Final = 366 * 86_400.0
MAX_TOKENS: Final = 50


@dataclass(frozen=True, slots=True)
class NewToken:
    """A token that was just made; ``token`` can't be shown again."""

    token: str
    row: ApiToken


def make_token(session: Session, actor: Actor, name: str, role: Role, expires_at: float, now: float) -> NewToken:
    """A token of the actor's own. It may do what ``role`` may, and never more than its account may when it is used.
    Raises NotAllowed for a role above the actor's, Refused for a bad lifetime, Conflict where there are too many."""
    if role > actor.role:
        raise NotAllowed(
            f"a token can't have the role {role.word}; {actor.name} is {actor.role.word}", text="error.token-role"
        )
    if not now < expires_at <= now + MAX_LIFETIME_S:
        raise Refused("a token must expire in the future, and within 366 days", text="error.token-lifetime")
    held = session.scalar(select(func.count()).where(ApiToken.account_id == actor.account_id)) or 0
    if held >= MAX_TOKENS:
        raise Conflict(
            f"an account has at most {MAX_TOKENS} tokens; revoke one first",
            text="error.too-many-tokens",
            most=MAX_TOKENS,
        )
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    row = ApiToken(
        token_sha256=sha256_of(token),
        account_id=actor.account_id,
        name=name,
        role=role.word,
        created_at=now,
        expires_at=expires_at,
        seen_at=None,
    )
    session.add(row)
    session.flush()
    detail = {"id": row.id, "name": name, "role": role.word, "expires_at": expires_at}
    audit.append(session, now, actor.audit_name, "token.make", f"account:{actor.name}", detail)
    return NewToken(token, row)


def tokens_of(session: Session, account_id: int) -> list[ApiToken]:
    """The newest first, ended ones too."""
    found = select(ApiToken).where(ApiToken.account_id == account_id).order_by(ApiToken.id.desc())
    return list(session.scalars(found))


def revoke_token(session: Session, actor: Actor, token_id: int, now: float) -> None:
    """One's own; an administrator's may be anybody's. Raises NotFound, for those of others too."""
    row = session.get(ApiToken, token_id)
    if row is None or (row.account_id != actor.account_id and actor.role < Role.ADMINISTRATOR):
        raise NotFound(f"there is no token {token_id}")
    account = session.get_one(Account, row.account_id)
    session.delete(row)
    audit.append(
        session, now, actor.audit_name, "token.revoke", subject_of(account), {"id": token_id, "name": row.name}
    )


@dataclass(frozen=True, slots=True)
class TokenUse:
    """A bearer token that is good."""

    account: Account
    role: Role
    """That it has by this token."""
    row: ApiToken


def find_token(session: Session, token: str, now: float) -> TokenUse | None:
    """Whose bearer token it is; None where it is unknown, ended, or the account is disabled."""
    found = session.execute(
        select(ApiToken, Account)
        .join(Account, Account.id == ApiToken.account_id)
        .where(ApiToken.token_sha256 == sha256_of(token), Account.disabled.is_(False), ApiToken.expires_at > now)
    ).one_or_none()
    if found is None:
        return None
    row, account = found
    return TokenUse(account, min(role_of(account), Role.of(row.role)), row)


def note_token_use(database: Database, row: ApiToken, now: float) -> None:
    """Keep when it was used, now and then."""
    if row.seen_at is None or now - row.seen_at >= SEEN_EVERY_S:
        with database.session() as session:
            session.execute(update(ApiToken).where(ApiToken.id == row.id).values(seen_at=now))
