"""The keys that sign what edges show."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel

from control.admin.access.authentication import CurrentActor
from control.admin.key_changes import list_keys, newest_ring_serial, revoke, rotate, trusted_keys
from control.admin.parts import Parts
from control.admin.sites.ring_reach import SiteBehind, sites_behind
from control.admin.tables import SigningKey
from control.content.keys import KEY_TEXT_PREFIX, key_text
from control.content.names import Serial, UnixSeconds

router = APIRouter(prefix="/api/v1/keys", tags=["keys"])
KeyId = Annotated[str, Path(pattern=r"^[0-9a-f]{16}$")]


class KeyView(BaseModel):
    """A signing key, as it is shown: its public half. ``state``: active signs, edges trust retired ones too."""

    key_id: str
    public_key: str
    """As an edge's options take it: ``ed25519:BASE64``."""
    state: Literal["active", "retired", "revoked"]
    created_at: UnixSeconds
    retired_at: UnixSeconds | None


class KeysView(BaseModel):
    """All keys, the newest first."""

    keys: list[KeyView]
    trusted: str
    """What a new edge is given: ``--trusted-key``."""
    ring_serial: Serial | None
    """Of the key ring that edges get; none as long as keys were never changed."""
    sites_behind: list[SiteBehind]
    """Those with nodes that have not got it yet, as far as they said."""


class RevokedView(BaseModel):
    """What came of a revocation."""

    key: KeyView
    releases_signed_again: int
    releases_refused: list[str]
    """``SHOWROOM/NUMBER`` of those whose signature does not fit what the database holds: edges won't show them."""


@router.get("")
def get_keys(who: CurrentActor, parts: Parts) -> KeysView:
    """All keys that there ever were, and which edges are to trust."""
    with parts.database.reading() as session:
        serial = newest_ring_serial(session)
        return KeysView(
            keys=[_view(row) for row in list_keys(session)],
            trusted=" ".join(key_text(key) for key in trusted_keys(session)),
            ring_serial=serial,
            sites_behind=sites_behind(session, serial),
        )


@router.post("/rotate", status_code=201)
def rotate_keys(who: CurrentActor, parts: Parts) -> KeyView:
    """A new key signs from now on, and edges hear of it; what was signed before stays good. Needs an administrator."""
    with parts.database.session() as session:
        return _view(rotate(session, parts.keys, parts.sites.orders, who, parts.now()))


@router.post("/{key_id}/revoke")
def revoke_key(
    key_id: KeyId,
    who: CurrentActor,
    parts: Parts,
    force: Annotated[bool, Query(description="Also while nodes lack the newest key ring (``sites_behind``).")] = False,
) -> RevokedView:
    """Edges trust a retired key no more; releases that it signed are signed again. 409 while nodes have not got the
    newest key ring, unless it is forced. Needs an administrator."""
    with parts.database.session() as session:
        done = revoke(session, parts.keys, parts.sites.orders, who, key_id, parts.now(), force=force)
        view = RevokedView(
            key=_view(done.key),
            releases_signed_again=done.releases_signed_again,
            releases_refused=list(done.releases_refused),
        )
    parts.keys.forget(key_id)
    return view


def _view(row: SigningKey) -> KeyView:
    return KeyView.model_validate(
        {
            "key_id": row.key_id,
            "public_key": f"{KEY_TEXT_PREFIX}{row.public_key}",
            "state": row.state,
            "created_at": row.created_at,
            "retired_at": row.retired_at,
        }
    )
