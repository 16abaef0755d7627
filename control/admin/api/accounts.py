"""Accounts: for administrators."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import StrictBool

from control.admin.access.accounts import (
    AccountName,
    add_account,
    all_accounts,
    get_account,
    set_disabled,
    set_password_hash,
    set_role,
)
from control.admin.access.actor import Role
from control.admin.access.authentication import CurrentActor
from control.admin.api.account_views import AccountView, Body, NewPassword, RoleWord, RowId, account_view
from control.admin.parts import Parts

router = APIRouter(prefix="/api/v1/accounts", tags=["accounts"])


class NewAccountBody(Body):
    """A local account."""

    name: AccountName
    role: RoleWord
    password: NewPassword


class AccountChange(Body):
    """What is left out stays."""

    role: RoleWord | None = None
    disabled: StrictBool | None = None


class ResetBody(Body):
    """A new password for somebody else."""

    password: NewPassword


@router.get("")
def list_accounts(actor: CurrentActor, parts: Parts) -> list[AccountView]:
    """All accounts, by name."""
    actor.need(Role.ADMINISTRATOR)
    with parts.database.reading() as session:
        return [account_view(account) for account in all_accounts(session)]


@router.post("", status_code=201)
def make_account(body: NewAccountBody, actor: CurrentActor, parts: Parts) -> AccountView:
    """Make a local account. Those of single sign-on are made when they log in first."""
    actor.need(Role.ADMINISTRATOR)
    hashed = parts.passwords.hash_new(body.password.get_secret_value(), body.name)
    with parts.database.session() as session:
        role = Role.of(body.role)
        account = add_account(session, actor.audit_name, body.name, role, parts.now(), password_hash=hashed)
    return account_view(account)


@router.get("/{account_id}")
def show_account(account_id: RowId, actor: CurrentActor, parts: Parts) -> AccountView:
    """One account."""
    actor.need(Role.ADMINISTRATOR)
    with parts.database.reading() as session:
        return account_view(get_account(session, account_id))


@router.patch("/{account_id}")
def change_account(account_id: RowId, body: AccountChange, actor: CurrentActor, parts: Parts) -> AccountView:
    """Change its role, disable or enable it; at once. 409 for the last administrator."""
    actor.need(Role.ADMINISTRATOR)
    with parts.database.session() as session:
        account = get_account(session, account_id)
        if body.role is not None:
            set_role(session, actor.audit_name, account, Role.of(body.role), parts.now())
        if body.disabled is not None:
            set_disabled(session, actor.audit_name, account, body.disabled, parts.now())
    return account_view(account)


@router.put("/{account_id}/password")
def reset_password(account_id: RowId, body: ResetBody, actor: CurrentActor, parts: Parts) -> AccountView:
    """Give somebody a new password; their sessions end."""
    actor.need(Role.ADMINISTRATOR)
    with parts.database.reading() as session:
        name = get_account(session, account_id).name
    hashed = parts.passwords.hash_new(body.password.get_secret_value(), name)
    with parts.database.session() as session:
        account = get_account(session, account_id)
        set_password_hash(session, actor.audit_name, account, hashed, parts.now())
    return account_view(account)
