"""Logging in and out, one's own account, and the first administrator."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field

from control.admin import audit
from control.admin.access.accounts import AccountName, get_account, set_language
from control.admin.access.authentication import (
    CurrentBrowser,
    CurrentSignedIn,
    MeantFrom,
    client_address,
)
from control.admin.access.cookies import clear_session_cookie, set_session_cookie
from control.admin.access.login import LoggedIn
from control.admin.access.sessions import end_session
from control.admin.api.account_views import (
    AccountView,
    Body,
    Language,
    NewPassword,
    SessionView,
    TypedPassword,
    account_view,
    session_view,
)
from control.admin.errors import NotFound
from control.admin.parts import AdminParts, Parts
from control.content.names import UnixSeconds

router = APIRouter(prefix="/api/v1", tags=["session"])


class LoginBody(Body):
    """A local account's name and password."""

    name: Annotated[str, Field(max_length=200)]
    password: TypedPassword


class SetupBody(Body):
    """The first administrator."""

    token: Annotated[str, Field(max_length=200)]
    """Of the link that the admin prints when it starts without accounts."""
    name: AccountName
    password: NewPassword


class PasswordBody(Body):
    """A change of one's own password."""

    old: TypedPassword
    new: NewPassword


class MeBody(Body):
    """What one may change of one's own account."""

    language: Language


class MeView(BaseModel):
    """Who asks. ``csrf_token`` and ``expires_at`` are those of the session, where one came by a cookie."""

    account: AccountView
    role: str
    """That this request has: a token's may be less than the account's."""
    csrf_token: str | None
    expires_at: UnixSeconds | None


@router.post("/session", status_code=201)
def log_in(body: LoginBody, response: Response, parts: Parts, address: MeantFrom) -> SessionView:
    """Log in with a password. The session is in the cookie; what changes something needs its ``csrf_token``."""
    logged_in = parts.logins.log_in(body.name, body.password.get_secret_value(), address, parts.now())
    return _welcome(response, parts, logged_in)


@router.delete("/session", status_code=204)
def log_out(who: CurrentBrowser, response: Response, parts: Parts) -> None:
    """End this session."""
    assert who.session is not None
    with parts.database.session() as session:
        end_session(session, who.session.token_sha256)
        audit.append(session, parts.now(), who.actor.audit_name, "session.end", who.actor.audit_name)
    clear_session_cookie(response, parts.settings)


@router.post("/setup", status_code=201)
def set_up(body: SetupBody, response: Response, parts: Parts, address: MeantFrom) -> SessionView:
    """Make the first administrator, with the token that the admin printed when it started; then log in."""
    if parts.first_setup is None:
        raise NotFound("there are accounts already; an administrator can make others")
    logged_in = parts.first_setup.make_administrator(
        body.token, body.name, body.password.get_secret_value(), address, parts.now()
    )
    return _welcome(response, parts, logged_in)


@router.get("/me")
def who_am_i(who: CurrentSignedIn, parts: Parts) -> MeView:
    """Who asks."""
    with parts.database.reading() as session:
        account = account_view(get_account(session, who.actor.account_id))
    return MeView(
        account=account,
        role=who.actor.role.word,
        csrf_token=who.session.csrf_token if who.session else None,
        expires_at=who.session.expires_at if who.session else None,
    )


@router.patch("/me")
def change_me(body: MeBody, who: CurrentSignedIn, parts: Parts) -> AccountView:
    """Choose the language of the pages."""
    with parts.database.session() as session:
        account = get_account(session, who.actor.account_id)
        set_language(account, body.language)
    return account_view(account)


@router.put("/me/password")
def change_password(
    body: PasswordBody, request: Request, response: Response, who: CurrentBrowser, parts: Parts
) -> SessionView:
    """Change one's own password. All sessions end, and this browser gets a new one."""
    logged_in = parts.logins.change_password(
        who.actor,
        body.old.get_secret_value(),
        body.new.get_secret_value(),
        client_address(request),
        parts.now(),
    )
    return _welcome(response, parts, logged_in)


def _welcome(response: Response, parts: AdminParts, logged_in: LoggedIn) -> SessionView:
    set_session_cookie(response, parts.settings, logged_in.session.token)
    response.headers["Cache-Control"] = "no-store"
    return session_view(logged_in)
