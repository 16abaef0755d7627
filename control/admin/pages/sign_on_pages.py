"""Pages of single sign-on: to the issuer and back, and out there as well."""

from __future__ import annotations

from typing import Annotated

import structlog
from fastapi import APIRouter, Query, Response
from fastapi.responses import RedirectResponse

from control.admin.access.authentication import client_address
from control.admin.access.cookies import clear_cookie, cookie_name, set_cookie, set_session_cookie
from control.admin.access.oidc.errors import IssuerUnavailable, SignOnRefused
from control.admin.access.oidc.sign_on import ATTEMPT_S, CALLBACK_PATH, SignOn
from control.admin.errors import NotFound
from control.admin.pages.login_pages import show_login
from control.admin.pages.page import OpenPage, Page, own_path

router = APIRouter(include_in_schema=False)

COOKIE = "edge_render_sign_on"
_log = structlog.get_logger(__name__)


@router.get("/login/oidc")
def begin(page: OpenPage, onward: Annotated[str, Query(alias="next", max_length=1000)] = "/") -> Response:
    """On to the issuer. A page of another site may send a browser here: it comes back to the start, as who it is."""
    try:
        url, attempt = _sign_on(page).begin(own_path(onward), page.language, page.parts.now())
    except IssuerUnavailable as error:
        return _failed(page, error)
    response = RedirectResponse(url, 303)
    set_cookie(response, page.parts.settings, COOKIE, attempt.to_cookie(), int(ATTEMPT_S))
    return response


@router.get(CALLBACK_PATH)
def finish(page: OpenPage) -> Response:
    """Back from the issuer."""
    parts, request = page.parts, page.request
    cookie = request.cookies.get(cookie_name(parts.settings, COOKIE), "")
    try:
        logged_in, onward = _sign_on(page).finish(request.query_params, cookie, parts.now())
    except (SignOnRefused, IssuerUnavailable) as error:
        response = _failed(page, error)
    else:
        response = page.go(own_path(onward))
        set_session_cookie(response, parts.settings, logged_in.session.token)
    clear_cookie(response, parts.settings, COOKIE)
    return response


@router.get("/logout/oidc")
def log_out_there(page: OpenPage) -> Response:
    """On to the issuer's own logout, where it has one."""
    try:
        url = _sign_on(page).log_out_url()
    except IssuerUnavailable as error:
        return _failed(page, error)
    return page.go(url or "/login")


def _sign_on(page: Page) -> SignOn:
    if page.parts.sign_on is None:
        raise NotFound("single sign-on is not set up", text="error.no-sign-on")
    return page.parts.sign_on


def _failed(page: Page, error: SignOnRefused | IssuerUnavailable) -> Response:
    _log.warning("sign_on_failed", reason=str(error), address=client_address(page.request))
    return show_login(page, "/", error=error)
