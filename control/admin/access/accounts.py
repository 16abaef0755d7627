"""Accounts: making, changing and disabling them. Administrators always remain."""

from __future__ import annotations

import re
from typing import Annotated, Final

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.actor import Role
from control.admin.access.sessions import end_all_sessions
from control.admin.errors import Conflict, NotFound, Refused
from control.admin.tables import Account

NAME_PATTERN: Final = r"^[a-z0-9][a-z0-9._@+-]{0,63}$"
AccountName = Annotated[str, Field(pattern=NAME_PATTERN, description="Lower case; may be an e-mail address.")]
LANGUAGES: Final = ("en", "zh")


def role_of(account: Account) -> Role:
    """The account's role."""
    return Role.of(account.role)


def subject_of(account: Account) -> str:
    """As the audit log names it."""
    return f"account:{account.name}"


def all_accounts(session: Session) -> list[Account]:
    """By name."""
    return list(session.scalars(select(Account).order_by(Account.name)))


def any_account(session: Session) -> bool:
    """Whether there is one; without, the first is to be set up."""
    return session.scalar(select(Account.id).limit(1)) is not None


def get_account(session: Session, account_id: int) -> Account:
    """Raises NotFound."""
    account = session.get(Account, account_id)
    if account is None:
        raise NotFound(f"there is no account {account_id}")
    return account


def find_account(session: Session, name: str) -> Account | None:
    """By name, in whatever case."""
    return session.scalar(select(Account).where(Account.name == name.strip().lower()))


def add_account(
    session: Session,
    by: str,
    name: str,
    role: Role,
    now: float,
    *,
    password_hash: str | None = None,
    oidc_subject: str | None = None,
    language: str = "en",
) -> Account:
    """``by`` is who does it, as the audit log names them. Raises Refused for a bad name, Conflict for one taken."""
    if not re.fullmatch(NAME_PATTERN, name):
        raise Refused(
            "an account's name has at most 64 of a-z, 0-9 and . _ @ + -, and begins with a letter or digit",
            text="error.account-name",
        )
    if find_account(session, name) is not None:
        raise Conflict(f"there is an account {name} already", text="error.account-taken", name=name)
    account = Account(
        name=name,
        role=role.word,
        password_hash=password_hash,
        oidc_subject=oidc_subject,
        language=language,
        disabled=False,
        created_at=now,
    )
    session.add(account)
    session.flush()
    audit.append(session, now, by, "account.add", subject_of(account), {"role": role.word})
    return account


def set_role(session: Session, by: str, account: Account, role: Role, now: float) -> None:
    """Takes effect with the account's next request. Raises Conflict for the last administrator."""
    if role is role_of(account):
        return
    if role < Role.ADMINISTRATOR:
        _keep_an_administrator(session, account)
    detail = {"from": account.role, "to": role.word}
    account.role = role.word
    audit.append(session, now, by, "account.change-role", subject_of(account), detail)


def set_disabled(session: Session, by: str, account: Account, disabled: bool, now: float) -> None:
    """Who is disabled is out at once, with their sessions and tokens. Raises Conflict for the last administrator."""
    if disabled == account.disabled:
        return
    if disabled:
        _keep_an_administrator(session, account)
        end_all_sessions(session, account.id)
    account.disabled = disabled
    audit.append(session, now, by, "account.disable" if disabled else "account.enable", subject_of(account))


def set_password_hash(session: Session, by: str, account: Account, password_hash: str, now: float) -> None:
    """Ends all sessions of the account: who knew the old password is out."""
    account.password_hash = password_hash
    end_all_sessions(session, account.id)
    audit.append(session, now, by, "account.change-password", subject_of(account))


def set_language(account: Account, language: str) -> None:
    """Of the pages. Raises Refused for one that they are not in."""
    if language not in LANGUAGES:
        raise Refused(f"the language must be one of {', '.join(LANGUAGES)}")
    account.language = language


def _keep_an_administrator(session: Session, leaving: Account) -> None:
    # Writers take turns (Database.session): of two administrators who demote each other at once, the second is refused.
    ids = session.scalars(
        select(Account.id).where(Account.role == Role.ADMINISTRATOR.word, Account.disabled.is_(False))
    ).all()
    if list(ids) == [leaving.id]:
        raise Conflict(
            f"{leaving.name} is the last administrator; make another one first",
            text="error.last-administrator",
            name=leaving.name,
        )
