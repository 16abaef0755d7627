"""Logging in with a password, changing it, and the first administrator. Passwords are hashed between transactions."""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass

import structlog
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.accounts import (
    add_account,
    any_account,
    find_account,
    get_account,
    set_password_hash,
    subject_of,
)
from control.admin.access.actor import SYSTEM, Actor, Role
from control.admin.access.limits import RequestLimits
from control.admin.access.passwords import Passwords
from control.admin.access.sessions import NewSession, sha256_of, start_session
from control.admin.database import Database
from control.admin.errors import Conflict, NotSignedIn
from control.admin.settings import AdminSettings
from control.admin.tables import Account

_log = structlog.get_logger(__name__)

WRONG = "the name or the password is wrong"
"""One message for all reasons: it does not tell which accounts there are."""


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """Somebody who just logged in."""

    account: Account
    session: NewSession


class Logins:
    """Checks passwords and makes sessions. For threads."""

    def __init__(
        self, settings: AdminSettings, database: Database, passwords: Passwords, limits: RequestLimits
    ) -> None:
        self._settings = settings
        self._database = database
        self._passwords = passwords
        self._limits = limits

    def log_in(self, name: str, password: str, address: str, now: float) -> LoggedIn:
        """Raises NotSignedIn where name or password are wrong, TooManyTries."""
        self._limits.try_login(address, name)
        with self._database.reading() as session:
            found = find_account(session, name)
            known = found.name if found else None
            stored = found.password_hash if found and not found.disabled else None
        if not self._passwords.check(password, stored) or found is None or stored is None:
            # An unknown name may be a password that was typed into the wrong field.
            _log.warning("login_refused", account=known or "(unknown)", address=address)
            raise NotSignedIn(WRONG, text="error.wrong-login")
        renewed = self._passwords.rehash(password) if self._passwords.is_outdated(stored) else stored
        self._limits.logged_in(name)
        with self._database.session() as session:
            account = get_account(session, found.id)
            if account.disabled or account.password_hash != stored:
                raise NotSignedIn(WRONG, text="error.wrong-login")
            account.password_hash = renewed
            return LoggedIn(account, self.start(session, account, "password", now))

    def start(self, session: Session, account: Account, by: str, now: float) -> NewSession:
        """A session for an account whose owner has shown who they are; ``by`` says how."""
        audit.append(session, now, subject_of(account), "session.start", subject_of(account), {"by": by})
        settings = self._settings
        return start_session(session, account, now, settings.session_idle_s, settings.session_max_s)

    def change_password(self, actor: Actor, old: str, new: str, address: str, now: float) -> LoggedIn:
        """One's own: ends all sessions, and makes a new one for who asks. Raises NotSignedIn where the old one is
        wrong, Refused where the new one is bad, Conflict for an account that has none, TooManyTries."""
        self._limits.try_login(address, actor.name)
        with self._database.reading() as session:
            stored = get_account(session, actor.account_id).password_hash
        if stored is None:
            raise Conflict("this account has no password: it logs in by single sign-on", text="error.no-password")
        if not self._passwords.check(old, stored):
            raise NotSignedIn("the old password is wrong", text="error.wrong-old-password")
        self._limits.logged_in(actor.name)
        hashed = self._passwords.hash_new(new, actor.name)
        with self._database.session() as session:
            account = get_account(session, actor.account_id)
            if account.disabled or account.password_hash != stored:
                raise Conflict("the password was changed meanwhile", text="error.password-changed-meanwhile")
            set_password_hash(session, actor.audit_name, account, hashed, now)
            return LoggedIn(account, self.start(session, account, "password", now))


class FirstSetup:
    """Who has the token that was printed at the first start makes the first administrator; once. For threads."""

    def __init__(
        self, token: str, database: Database, passwords: Passwords, limits: RequestLimits, logins: Logins
    ) -> None:
        self._token_sha256 = sha256_of(token)
        self._database = database
        self._passwords = passwords
        self._limits = limits
        self._logins = logins

    def make_administrator(self, token: str, name: str, password: str, address: str, now: float) -> LoggedIn:
        """Raises NotSignedIn for a wrong token, Refused for a bad name or password, TooManyTries, and Conflict where
        there is an account already."""
        self.check(token, address)
        hashed = self._passwords.hash_new(password, name)
        with self._database.session() as session:
            if any_account(session):
                raise Conflict("there is an account already; an administrator can make others", text="error.setup-done")
            account = add_account(session, SYSTEM, name, Role.ADMINISTRATOR, now, password_hash=hashed)
            return LoggedIn(account, self._logins.start(session, account, "setup", now))

    def done(self) -> bool:
        """Whether there is an account by now."""
        with self._database.reading() as session:
            return any_account(session)

    def check(self, token: str, address: str) -> None:
        """Raises NotSignedIn for a wrong token, TooManyTries."""
        self._limits.try_secret(address)
        if not hmac.compare_digest(self._token_sha256, sha256_of(token)):
            self._limits.wrong_secret(address)
            raise NotSignedIn(
                "the setup link is not the newest one: the admin prints it when it starts", text="error.setup-token"
            )


def new_setup_token() -> str:
    """For the link that is printed."""
    return secrets.token_urlsafe(24)
