"""Page: the keys that sign what edges show, for administrators."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response

from control.admin.access.actor import Role
from control.admin.api.keys import KeyId
from control.admin.errors import AdminError
from control.admin.key_changes import list_keys, newest_ring_serial, revoke, rotate, trusted_keys
from control.admin.pages.page import CurrentPage, Page
from control.admin.sites.ring_reach import sites_behind
from control.content.keys import key_text

router = APIRouter(prefix="/keys", include_in_schema=False)


@router.get("")
def show(page: CurrentPage) -> Response:
    """All keys."""
    page.actor.need(Role.ADMINISTRATOR)
    return _keys(page)


@router.post("/rotate")
def rotate_keys(page: CurrentPage) -> Response:
    """A new one signs."""
    parts = page.parts
    page.actor.need(Role.ADMINISTRATOR)
    try:
        with parts.database.session() as session:
            made = rotate(session, parts.keys, parts.sites.orders, page.actor, parts.now()).key_id
    except AdminError as error:
        return _keys(page, error)
    return page.go("/keys", "keys.rotated", id=made)


@router.post("/{key_id}/revoke")
def revoke_key(key_id: KeyId, page: CurrentPage, force: Annotated[Literal["yes", "no"], Form()] = "no") -> Response:
    """An old one is trusted no more."""
    parts = page.parts
    page.actor.need(Role.ADMINISTRATOR)
    try:
        with parts.database.session() as session:
            done = revoke(
                session, parts.keys, parts.sites.orders, page.actor, key_id, parts.now(), force=force == "yes"
            )
    except AdminError as error:
        return _keys(page, error)
    parts.keys.forget(key_id)
    said = "keys.revoked-refused" if done.releases_refused else "keys.revoked"
    refused = ", ".join(done.releases_refused[:10])
    return page.go("/keys", said, id=key_id, count=done.releases_signed_again, refused=refused)


def _keys(page: Page, error: AdminError | None = None) -> Response:
    with page.parts.database.reading() as session:
        keys = list_keys(session)
        trusted = trusted_keys(session)
        ring = newest_ring_serial(session)
        behind = sites_behind(session, ring)
    return page.show(
        "keys.html",
        error=error,
        keys=keys,
        trusted=",".join(key_text(key) for key in trusted),
        ring=ring,
        behind="; ".join(f"{item.site}: {', '.join(item.nodes)}" for item in behind),
    )
