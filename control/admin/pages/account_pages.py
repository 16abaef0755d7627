"""Pages: one's own account, its password and its tokens."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Response

from control.admin.access.accounts import get_account
from control.admin.access.actor import Role
from control.admin.access.authentication import CurrentBrowser, client_address
from control.admin.access.cookies import set_session_cookie
from control.admin.access.passwords import MIN_CHARS
from control.admin.access.tokens import NewToken, make_token, revoke_token, tokens_of
from control.admin.api.account_views import RowId
from control.admin.errors import AdminError, Refused
from control.admin.pages.forms import Typed
from control.admin.pages.page import CurrentPage, Page
from control.admin.pages.roles import RoleWordForm, role_options
from control.admin.texts import check_line

router = APIRouter(prefix="/account", include_in_schema=False)

DAY_S = 86_400.0


@router.get("")
def show(page: CurrentPage, _who: CurrentBrowser) -> Response:
    """One's own account."""
    return _account(page)


@router.post("/password")
def change_password(
    page: CurrentPage, _who: CurrentBrowser, old: Typed = "", new: Typed = "", again: Typed = ""
) -> Response:
    """Change it; this browser gets a new session."""
    parts = page.parts
    try:
        if new != again:
            raise Refused("the two passwords differ", text="error.passwords-differ")
        logged_in = parts.logins.change_password(page.actor, old, new, client_address(page.request), parts.now())
    except AdminError as error:
        return _account(page, error=error)
    response = page.go("/account", "account.password-saved")
    set_session_cookie(response, parts.settings, logged_in.session.token)
    return response


@router.post("/tokens")
def new_token(
    page: CurrentPage,
    _who: CurrentBrowser,
    token_name: Typed = "",
    token_role: RoleWordForm = "viewer",
    token_days: Annotated[int, Form(ge=0, le=10_000)] = 90,
) -> Response:
    """Make one, and show it: the answer itself has it, so that it is nowhere else."""
    now = page.parts.now()
    try:
        name = _token_name(token_name)
        with page.parts.database.session() as session:
            role = Role.of(token_role)
            made = make_token(session, page.actor, name, role, now + token_days * DAY_S, now)
    except AdminError as error:
        return _account(page, error=error)
    return _account(page, made=made)


@router.post("/tokens/{token_id}/revoke")
def end_token(token_id: RowId, page: CurrentPage, _who: CurrentBrowser) -> Response:
    """Revoke one."""
    with page.parts.database.session() as session:
        revoke_token(session, page.actor, token_id, page.parts.now())
    return page.go("/account", "token.revoked")


def _token_name(typed: str) -> str:
    try:
        name = check_line(typed)
    except ValueError as error:
        raise Refused(f"the token's name {error}", text="error.token-name") from error
    if not 1 <= len(name) <= 64:
        raise Refused("a token's name has 1 to 64 characters", text="error.token-name")
    return name


def _account(page: Page, *, made: NewToken | None = None, error: AdminError | None = None) -> Response:
    with page.parts.database.reading() as session:
        account = get_account(session, page.actor.account_id)
        tokens = tokens_of(session, account.id)
    return page.show(
        "account.html",
        error=error,
        tokens=tokens,
        new_token=made,
        has_password=account.password_hash is not None,
        roles=role_options(page, page.actor.role),
        password_min=MIN_CHARS,
        now=page.parts.now(),
    )
