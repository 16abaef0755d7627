"""Errors as pages: for people who asked for one."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlencode

from fastapi import Request, Response
from fastapi.responses import RedirectResponse

from control.admin.access import csrf
from control.admin.access.authentication import SignedIn
from control.admin.errors import AdminError, NotSignedIn, SessionEnded
from control.admin.pages.page import Page
from control.admin.pages.texts import has_text

MACHINES: Final = ("/api/", "/edge/", "/healthz", "/readyz", "/metrics", "/static/")


def wants_page(request: Request) -> bool:
    """Whether people look at it: all but what is for programs."""
    path = request.url.path
    if path.startswith("/preview/"):
        return path.endswith("/")  # the viewer's page; the rest is what its scripts ask for
    return not path.startswith(MACHINES)


def error_page(request: Request, error: AdminError) -> Response:
    """The error, as a page; who is not logged in is sent to the login, and from there on."""
    who: SignedIn | None = getattr(request.state, "signed_in", None)
    page = Page(request, request.app.state.parts, who)
    if isinstance(error, NotSignedIn) and error.text is None:
        return _to_login(page, error)
    title = f"error.{error.code}-title" if has_text(f"error.{error.code}-title") else f"error.{error.code}"
    return page.show("error.html", error=error, title=page.text(title if has_text(title) else "error.failed"))


def _to_login(page: Page, error: NotSignedIn) -> Response:
    request = page.request
    if request.method not in csrf.SAFE_METHODS:
        return page.go("/login", "error.not-saved")  # also after a log-out in another tab
    query = {"next": f"{request.url.path}?{request.url.query}" if request.url.query else request.url.path}
    if isinstance(error, SessionEnded):
        query["ended"] = "1"
    return RedirectResponse(f"/login?{urlencode(query)}", 303)
