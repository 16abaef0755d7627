"""One's own API tokens. Only who is logged in makes them: a token that leaked can't make another."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import Field

from control.admin.access.actor import Role
from control.admin.access.authentication import CurrentBrowser
from control.admin.access.tokens import MAX_LIFETIME_S, make_token, revoke_token, tokens_of
from control.admin.api.account_views import Body, RoleWord, RowId, TokenView, token_view
from control.admin.parts import Parts
from control.admin.texts import Line

router = APIRouter(prefix="/api/v1/tokens", tags=["tokens"])


class NewTokenBody(Body):
    """``role`` is the most that it may do."""

    name: Annotated[Line, Field(min_length=1, max_length=64)]
    role: RoleWord = "viewer"
    lifetime_s: Annotated[float, Field(ge=60, le=MAX_LIFETIME_S, allow_inf_nan=False)] = 90 * 86_400.0


class MadeToken(TokenView):
    """The only time that the token is shown."""

    token: str


@router.get("")
def list_tokens(who: CurrentBrowser, parts: Parts) -> list[TokenView]:
    """One's own, the newest first."""
    with parts.database.reading() as session:
        return [token_view(row) for row in tokens_of(session, who.actor.account_id)]


@router.post("", status_code=201)
def new_token(body: NewTokenBody, response: Response, who: CurrentBrowser, parts: Parts) -> MadeToken:
    """Make a token for a pipeline; send it as ``Authorization: Bearer ert_…``."""
    now = parts.now()
    with parts.database.session() as session:
        made = make_token(session, who.actor, body.name, Role.of(body.role), now + body.lifetime_s, now)
    response.headers["Cache-Control"] = "no-store"
    return MadeToken(**token_view(made.row).model_dump(), token=made.token)


@router.delete("/{token_id}", status_code=204)
def end_token(token_id: RowId, who: CurrentBrowser, parts: Parts) -> None:
    """Revoke it, at once."""
    with parts.database.session() as session:
        revoke_token(session, who.actor, token_id, parts.now())
