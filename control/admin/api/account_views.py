"""What the API tells of accounts and tokens."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from fastapi import Path
from pydantic import BaseModel, ConfigDict, Field, SecretStr

from control.admin.access.login import LoggedIn
from control.admin.access.passwords import MAX_CHARS, MIN_CHARS
from control.admin.tables import Account, ApiToken
from control.content.names import UnixSeconds

RoleWord: TypeAlias = Literal["viewer", "editor", "publisher", "administrator"]
Language: TypeAlias = Literal["en", "zh"]
RowId = Annotated[int, Path(ge=1, le=2**31 - 1)]
TypedPassword = Annotated[SecretStr, Field(max_length=1000)]
NewPassword = Annotated[SecretStr, Field(max_length=1000, description=f"{MIN_CHARS} to {MAX_CHARS} characters.")]


class Body(BaseModel):
    """Base of what is sent: an unknown field is an error."""

    model_config = ConfigDict(extra="forbid")


class AccountView(BaseModel):
    """An account, as it is shown."""

    id: int
    name: str
    role: RoleWord
    language: Language
    disabled: bool
    has_password: bool
    """Else it logs in by single sign-on alone."""
    created_at: UnixSeconds


class SessionView(BaseModel):
    """A session that was just made; its token is in the cookie."""

    account: AccountView
    csrf_token: str
    """Send it as ``X-CSRF-Token`` with all that changes something."""
    expires_at: UnixSeconds


class TokenView(BaseModel):
    """An API token, as it is shown; never the token itself."""

    id: int
    name: str
    role: RoleWord
    created_at: UnixSeconds
    expires_at: UnixSeconds
    seen_at: UnixSeconds | None
    """Of its last use, to the minute."""


def account_view(account: Account) -> AccountView:
    """Of its row."""
    return AccountView.model_validate(
        {
            "id": account.id,
            "name": account.name,
            "role": account.role,
            "language": account.language,
            "disabled": account.disabled,
            "has_password": account.password_hash is not None,
            "created_at": account.created_at,
        }
    )


def session_view(logged_in: LoggedIn) -> SessionView:
    """Of a login."""
    made = logged_in.session
    return SessionView(account=account_view(logged_in.account), csrf_token=made.csrf_token, expires_at=made.expires_at)


def token_view(row: ApiToken) -> TokenView:
    """Of its row."""
    return TokenView.model_validate(row, from_attributes=True)
