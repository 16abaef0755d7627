"""Who makes a request: FastAPI dependencies. A bearer token counts before a cookie; a cookie needs CSRF protection."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.requests import HTTPConnection
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from control.admin.access import csrf
from control.admin.access.accounts import role_of
from control.admin.access.actor import Actor
from control.admin.access.cookies import session_token
from control.admin.access.sessions import find_session, note_request
from control.admin.access.tokens import find_token, note_token_use
from control.admin.errors import NotAllowed, NotSignedIn, SessionEnded
from control.admin.parts import AdminParts, Parts

FORM_MAX_BYTES = 1 << 20
"""A larger form must send the CSRF token as a header, so that it is not read before it is known to be meant."""


@dataclass(frozen=True, slots=True)
class BrowserSession:
    """The session that a request came by."""

    token_sha256: str
    csrf_token: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who makes a request, and how they came in; ``session`` is None for a bearer token."""

    actor: Actor
    language: str
    session: BrowserSession | None


def client_address(request: Request) -> str:
    """Of who makes the request; a proxy on the way is believed where uvicorn is told so."""
    return request.client.host if request.client else "unknown"


_bearer = HTTPBearer(auto_error=False, description="An API token, ert_…")


def _who(
    request: Request, parts: Parts, bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]
) -> SignedIn | None:
    """None: nobody known. Raises SessionEnded, NotSignedIn for a bad token, TooManyTries."""
    signed_in = by_token(request, parts, bearer.credentials) if bearer else by_cookie(request, parts)
    request.state.signed_in = signed_in
    if signed_in is None:
        parts.limits.request_from(client_address(request))
    else:
        parts.limits.request_of(signed_in.actor.account_id)
    return signed_in


def by_token(request: Request, parts: AdminParts, token: str) -> SignedIn:
    """Who has the API token. Blocks. Raises NotSignedIn where it is none, TooManyTries where too many were wrong."""
    address = client_address(request)
    parts.limits.try_secret(address)
    now = parts.now()
    with parts.database.reading() as session:
        found = find_token(session, token, now)
    if found is None:
        parts.limits.wrong_secret(address)
        raise NotSignedIn("the token is unknown, has ended or was revoked")
    note_token_use(parts.database, found.row, now)
    account = found.account
    return SignedIn(Actor(account.id, account.name, found.role), account.language, None)


def by_cookie(request: HTTPConnection, parts: AdminParts) -> SignedIn | None:
    """Who has the session of a request's or a WebSocket's cookie."""
    token = session_token(request, parts.settings)
    if token is None:
        return None
    now, idle_s = parts.now(), parts.settings.session_idle_s
    with parts.database.reading() as session:
        found = find_session(session, token, now, idle_s)
    if found is None:
        return None
    row, account = found
    note_request(parts.database, row, now, idle_s)
    return SignedIn(
        Actor(account.id, account.name, role_of(account)),
        account.language,
        BrowserSession(row.token_sha256, row.csrf_token, row.expires_at),
    )


async def _protected(request: Request, parts: Parts, who: Annotated[SignedIn | None, Depends(_who)]) -> SignedIn | None:
    """Raises NotAllowed where a cookie came with a request that is not known to be meant."""
    if who is not None and who.session is not None and request.method not in csrf.SAFE_METHODS:
        csrf.check_source(request.headers, parts.settings.public_url)
        csrf.check_token(who.session.csrf_token, await _sent_token(request))
    return who


async def _sent_token(request: Request) -> str | None:
    header = request.headers.get(csrf.HEADER)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if header is not None or kind not in ("application/x-www-form-urlencoded", "multipart/form-data"):
        return header
    length = request.headers.get("content-length", "")
    if not length.isdecimal() or int(length) > FORM_MAX_BYTES:
        raise NotAllowed(f"a form of more than {FORM_MAX_BYTES} bytes must send its CSRF token as {csrf.HEADER}")
    field = (await request.form()).get(csrf.FIELD)
    return field if isinstance(field, str) else None


def _required(request: Request, parts: Parts, who: Annotated[SignedIn | None, Depends(_protected)]) -> SignedIn:
    """Raises NotSignedIn, or SessionEnded where the browser had a session."""
    if who is None:
        if session_token(request, parts.settings) is not None:
            raise SessionEnded("the session has ended; log in again")
        raise NotSignedIn("log in first, or send an API token as Authorization: Bearer ert_…")
    return who


def _by_own_page(request: Request, parts: Parts, who: Annotated[SignedIn | None, Depends(_who)]) -> SignedIn:
    """For a page that knows nothing of sessions, at an address that is a secret itself: no token, but the browser must
    not say that another site asks. Raises NotSignedIn, NotAllowed."""
    csrf.check_source(request.headers, parts.settings.public_url)
    if who is None:
        raise NotSignedIn("log in first")
    return who


def _by_browser(who: Annotated[SignedIn, Depends(_required)]) -> SignedIn:
    """Raises NotAllowed for API tokens."""
    if who.session is None:
        raise NotAllowed("this is for people who are logged in, not for API tokens")
    return who


def _actor(who: Annotated[SignedIn, Depends(_required)]) -> Actor:
    return who.actor


def _meant(request: Request, parts: Parts) -> str:
    """For requests of nobody known, such as logins: not made by another site's page, and not too many. Raises
    NotAllowed, TooManyTries."""
    csrf.check_source(request.headers, parts.settings.public_url)
    address = client_address(request)
    parts.limits.request_from(address)
    return address


OptionalSignedIn = Annotated[SignedIn | None, Depends(_protected)]
CurrentSignedIn = Annotated[SignedIn, Depends(_required)]
CurrentBrowser = Annotated[SignedIn, Depends(_by_browser)]
"""Somebody in a browser: what a pipeline has no business with, such as passwords and tokens."""
CurrentOnOwnPage = Annotated[SignedIn, Depends(_by_own_page)]
CurrentActor = Annotated[Actor, Depends(_actor)]
MeantFrom = Annotated[str, Depends(_meant)]
"""The address that a login comes from."""
