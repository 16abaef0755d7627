"""Pages: logging in and out, the first administrator, and the language."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Query, Response
from fastapi.responses import RedirectResponse

from control.admin import audit
from control.admin.access.accounts import get_account, set_language
from control.admin.access.authentication import MeantFrom
from control.admin.access.cookies import clear_session_cookie, set_cookie, set_session_cookie
from control.admin.access.login import LoggedIn
from control.admin.access.passwords import MIN_CHARS
from control.admin.access.sessions import end_session
from control.admin.errors import AdminError, Conflict, Refused
from control.admin.pages.forms import Typed
from control.admin.pages.languages import COOKIE
from control.admin.pages.navigation import HOME
from control.admin.pages.page import CurrentPage, OpenPage, Page, own_path

router = APIRouter(include_in_schema=False)

Onward = Annotated[str, Form(alias="next", max_length=1000)]
YEAR_S = 365 * 86_400


@router.get("/")
def home(page: CurrentPage) -> Response:
    """The first page."""
    return page.go(HOME)


@router.get("/login")
def login_form(
    page: OpenPage, onward: Annotated[str, Query(alias="next", max_length=1000)] = "/", ended: str = ""
) -> Response:
    """Log in."""
    if page.who is not None:
        return page.go(own_path(onward))
    if _to_set_up(page) and page.parts.settings.oidc_issuer is None:
        return page.go("/setup")
    from_sso = page.request.query_params.get("from") == "sso"
    return show_login(page, own_path(onward), ended=bool(ended), from_sso=from_sso)


@router.post("/login")
def log_in(
    page: OpenPage, address: MeantFrom, name: Typed = "", password: Typed = "", onward: Onward = "/"
) -> Response:
    """With a password."""
    try:
        logged_in = page.parts.logins.log_in(name, password, address, page.parts.now())
    except AdminError as error:
        return show_login(page, own_path(onward), name=name, error=error)
    return _welcome(page, logged_in, own_path(onward))


@router.post("/logout")
def log_out(page: CurrentPage) -> Response:
    """End this session."""
    assert page.who is not None
    with page.parts.database.session() as session:
        if page.who.session is not None:
            end_session(session, page.who.session.token_sha256)
        by_sso = get_account(session, page.actor.account_id).oidc_subject is not None
        audit.append(session, page.parts.now(), page.actor.audit_name, "session.end", page.actor.audit_name)
    response = page.go("/login?from=sso" if by_sso else "/login", "login.logged-out")
    clear_session_cookie(response, page.parts.settings)
    return response


@router.post("/language")
def choose_language(
    page: OpenPage, address: MeantFrom, language: Annotated[Literal["en", "zh"], Form()], onward: Onward = "/"
) -> Response:
    """For the account, or for this browser where nobody is logged in."""
    if page.who is not None:
        with page.parts.database.session() as session:
            set_language(get_account(session, page.actor.account_id), language)
    response = page.go(own_path(onward))
    set_cookie(response, page.parts.settings, COOKIE, language, YEAR_S)
    return response


@router.get("/setup")
def setup_form(page: OpenPage, token: Annotated[str, Query(max_length=200)] = "") -> Response:
    """The first administrator."""
    return _setup(page, token) if _to_set_up(page) else page.go("/login")


@router.post("/setup")
def set_up(
    page: OpenPage, address: MeantFrom, token: Typed = "", name: Typed = "", password: Typed = "", again: Typed = ""
) -> Response:
    """Make them, and log in."""
    setup = page.parts.first_setup
    try:
        if setup is None:
            raise Conflict("there is an account already", text="error.setup-done")
        if password != again:
            raise Refused("the two passwords differ", text="error.passwords-differ")
        logged_in = setup.make_administrator(token, name, password, address, page.parts.now())
    except AdminError as error:
        return _setup(page, token, name, error)
    return _welcome(page, logged_in, "/")


def _to_set_up(page: Page) -> bool:
    return page.parts.first_setup is not None and not page.parts.first_setup.done()


def show_login(
    page: Page,
    onward: str,
    *,
    name: str = "",
    ended: bool = False,
    from_sso: bool = False,
    error: AdminError | None = None,
) -> Response:
    """The login, from which one gets ``onward``. ``from_sso``: one may log out of the issuer as well."""
    sso = page.parts.settings.oidc_name if page.parts.settings.oidc_issuer else None
    sso_log_out = sso is not None and from_sso
    return page.show("login.html", error=error, name=name, next=onward, ended=ended, sso=sso, sso_log_out=sso_log_out)


def _setup(page: Page, token: str, name: str = "", error: AdminError | None = None) -> Response:
    return page.show("setup.html", error=error, token=token, name=name, password_min=MIN_CHARS)


def _welcome(page: Page, logged_in: LoggedIn, path: str) -> RedirectResponse:
    response = page.go(path)
    set_session_cookie(response, page.parts.settings, logged_in.session.token)
    return response
