"""Pages: all accounts, for administrators."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response

from control.admin.access.accounts import (
    add_account,
    all_accounts,
    get_account,
    set_disabled,
    set_password_hash,
    set_role,
)
from control.admin.access.actor import Role
from control.admin.access.passwords import MIN_CHARS
from control.admin.api.account_views import RowId
from control.admin.errors import AdminError
from control.admin.pages.forms import Typed
from control.admin.pages.page import CurrentPage, Page
from control.admin.pages.roles import RoleWordForm, role_options

router = APIRouter(prefix="/accounts", include_in_schema=False)


@router.get("")
def show_all(page: CurrentPage) -> Response:
    """All accounts."""
    page.actor.need(Role.ADMINISTRATOR)
    return _all(page)


@router.post("")
def add(page: CurrentPage, name: Typed = "", role: RoleWordForm = "viewer", password: Typed = "") -> Response:
    """Add a local one."""
    page.actor.need(Role.ADMINISTRATOR)
    parts, name = page.parts, name.strip().lower()
    try:
        hashed = parts.passwords.hash_new(password, name)
        with parts.database.session() as session:
            by = page.actor.audit_name
            add_account(session, by, name, Role.of(role), parts.now(), password_hash=hashed)
    except AdminError as error:
        return _all(page, name=name, role=role, error=error)
    return page.go("/accounts", "accounts.added", name=name)


@router.get("/{account_id}")
def show_one(account_id: RowId, page: CurrentPage) -> Response:
    """What can be changed of one."""
    page.actor.need(Role.ADMINISTRATOR)
    return _one(page, account_id)


@router.post("/{account_id}/role")
def change_role(account_id: RowId, page: CurrentPage, role: RoleWordForm) -> Response:
    """Give another role."""
    page.actor.need(Role.ADMINISTRATOR)
    try:
        with page.parts.database.session() as session:
            account = get_account(session, account_id)
            set_role(session, page.actor.audit_name, account, Role.of(role), page.parts.now())
    except AdminError as error:
        return _one(page, account_id, error)
    return page.go("/accounts", "accounts.changed", name=account.name)


@router.post("/{account_id}/state")
def change_state(account_id: RowId, page: CurrentPage, disabled: Annotated[Literal["yes", "no"], Form()]) -> Response:
    """Disable or enable it."""
    page.actor.need(Role.ADMINISTRATOR)
    try:
        with page.parts.database.session() as session:
            account = get_account(session, account_id)
            set_disabled(session, page.actor.audit_name, account, disabled == "yes", page.parts.now())
    except AdminError as error:
        return _one(page, account_id, error)
    return page.go("/accounts", "accounts.changed", name=account.name)


@router.post("/{account_id}/password")
def reset_password(account_id: RowId, page: CurrentPage, password: Typed = "") -> Response:
    """Set a new password."""
    page.actor.need(Role.ADMINISTRATOR)
    parts = page.parts
    try:
        with parts.database.reading() as session:
            name = get_account(session, account_id).name
        hashed = parts.passwords.hash_new(password, name)
        with parts.database.session() as session:
            set_password_hash(session, page.actor.audit_name, get_account(session, account_id), hashed, parts.now())
    except AdminError as error:
        return _one(page, account_id, error)
    return page.go("/accounts", "accounts.changed", name=name)


def _all(page: Page, *, name: str = "", role: str = "viewer", error: AdminError | None = None) -> Response:
    with page.parts.database.reading() as session:
        accounts = all_accounts(session)
    return page.show(
        "accounts.html",
        error=error,
        accounts=accounts,
        roles=role_options(page),
        name=name,
        role=role,
        password_min=MIN_CHARS,
    )


def _one(page: Page, account_id: int, error: AdminError | None = None) -> Response:
    with page.parts.database.reading() as session:
        account = get_account(session, account_id)
    return page.show(
        "account_change.html", error=error, account=account, roles=role_options(page), password_min=MIN_CHARS
    )
