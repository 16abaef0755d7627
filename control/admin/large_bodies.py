"""Large request bodies: of those alone who are known, and never more at once than memory has room for.

A route's body is read before its dependencies say who sends it, and as a whole. So small ones are taken from anybody
(a login is one), and who sends a larger one is looked up before a byte of it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Final

from fastapi import Request
from fastapi.security.utils import get_authorization_scheme_param
from starlette.concurrency import run_in_threadpool
from starlette.types import ASGIApp, Receive, Scope, Send

from control.admin.access.authentication import by_cookie, by_token
from control.admin.errors import AdminError, NotSignedIn, TooLarge, TooManyTries
from control.admin.http_errors import admin_error_reply
from control.admin.parts import AdminParts
from control.admin.sites.asking import asking_site
from control.admin.sites.site_tokens import PREFIX as SITE_TOKEN_PREFIX

SMALL_BODY_BYTES: Final = 64 * 1024
LARGE_BODY_BYTES: Final = 16 * 1024 * 1024
"""Most of any body."""
HELD_BYTES: Final = 256 * 1024 * 1024
"""Of the bodies of all requests that are under way."""
HELD_BYTES_EACH: Final = 128 * 1024 * 1024
"""Of one account's or site's."""
_RETRY_AFTER_S: Final = 2


class HeldBodies:
    """How many bytes of bodies are on their way or in memory, by who sends them. On the event loop."""

    def __init__(self, most_bytes: int = HELD_BYTES, most_bytes_each: int = HELD_BYTES_EACH) -> None:
        self._most_bytes, self._most_bytes_each = most_bytes, most_bytes_each
        self._held: dict[str, int] = {}

    @contextmanager
    def held(self, sender: str, size_bytes: int) -> Iterator[None]:
        """Meanwhile they count. Raises TooManyTries where there are too many: the sender's, or of all."""
        mine = self._held.get(sender, 0) + size_bytes
        if mine > self._most_bytes_each or sum(self._held.values()) + size_bytes > self._most_bytes:
            raise TooManyTries("too many large requests are under way; try again in a moment", _RETRY_AFTER_S)
        self._held[sender] = mine
        try:
            yield
        finally:
            self._held[sender] -= size_bytes
            if self._held[sender] == 0:
                del self._held[sender]


class LargeBodies:
    """Middleware: refuses what is large and of nobody known (401), too large (413) or too much at once (429), before it
    is read. A body without a length is bounded within it, by Starlette's RequestBodyLimitMiddleware."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._bodies = HeldBodies()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or (size_bytes := _size_bytes(request := Request(scope))) <= SMALL_BODY_BYTES:
            await self._app(scope, receive, send)
            return
        with ExitStack() as holding:
            try:
                if size_bytes > LARGE_BODY_BYTES:
                    raise TooLarge(f"at most {LARGE_BODY_BYTES} bytes are taken here")
                sender = await run_in_threadpool(_sender, request, request.app.state.parts)
                holding.enter_context(self._bodies.held(sender, size_bytes))
            except AdminError as error:
                await admin_error_reply(error)(scope, receive, send)
            else:
                await self._app(scope, receive, send)


def _size_bytes(request: Request) -> int:
    """At most so many come; without a length it may be any amount that is taken."""
    if "transfer-encoding" in request.headers:  # a length beside it counts for nothing (RFC 9112, section 6.3)
        return LARGE_BODY_BYTES
    length = request.headers.get("content-length", "")
    return int(length[:20]) if length.isdecimal() else 0


def _sender(request: Request, parts: AdminParts) -> str:
    """Who sends it; whether they may is the route's to say. Raises NotSignedIn, NotAllowed, TooManyTries."""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() == "bearer" and token.startswith(SITE_TOKEN_PREFIX):
        return f"site:{asking_site(request, parts, token).slug}"
    who = by_token(request, parts, token) if scheme.lower() == "bearer" else by_cookie(request, parts)
    if who is None:
        raise NotSignedIn(f"who is not logged in, and sends no token, sends at most {SMALL_BODY_BYTES} bytes")
    return f"account:{who.actor.account_id}"
