"""Changes of the signing keys: a new one takes over, or an old one is not to be trusted any more.

Each makes a new key ring, which reaches the edges with their order. It is signed by every key whose private half is
here, so that an edge that missed some changes still finds a signature that it believes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from control.admin import audit
from control.admin.access.actor import Actor, Role
from control.admin.errors import Conflict, NotFound, Unavailable
from control.admin.keys import SigningKeys
from control.admin.sites.orders import Orders
from control.admin.sites.ring_reach import sites_behind
from control.admin.tables import SignedKeyRing, SigningKey, Version
from control.content.errors import SignatureRefused
from control.content.keys import PrivateKey
from control.content.release import KeyRing, ReleaseManifest, TrustedKey
from control.content.signing import read_envelope, sign, sign_again, verify

RING_MAX: Final = 16
"""As in KeyRing."""
_NAMED: Final = 10  # sites that a message names


@dataclass(frozen=True, slots=True)
class Revoked:
    """What came of a revocation."""

    key: SigningKey
    releases_signed_again: int
    releases_refused: tuple[str, ...]
    """Showroom and number of versions whose kept signature does not fit: they are not signed again."""


def list_keys(session: Session) -> list[SigningKey]:
    """All that there ever were, the newest first."""
    return list(session.scalars(select(SigningKey).order_by(SigningKey.created_at.desc(), SigningKey.key_id)))


def trusted_keys(session: Session) -> tuple[TrustedKey, ...]:
    """Those that edges trust, the active one first; what a new edge is given in its options."""
    rows = [row for row in list_keys(session) if row.state != "revoked"]
    rows.sort(key=lambda row: row.state != "active")
    return tuple(_public(row) for row in rows)


def newest_ring_serial(session: Session) -> int | None:
    """None: keys were never changed."""
    return session.scalars(select(SignedKeyRing.serial).order_by(SignedKeyRing.serial.desc()).limit(1)).first()


def rotate(session: Session, keys: SigningKeys, orders: Orders, actor: Actor, now: float) -> SigningKey:
    """A new key signs from now on. The one before stays trusted: what it has signed stays good. Returns the new one.

    Raises NotAllowed, and Conflict where edges would have to trust too many keys.
    """
    actor.need(Role.ADMINISTRATOR)
    before = session.scalars(select(SigningKey).where(SigningKey.state == "active")).one()
    if len(trusted_keys(session)) >= RING_MAX:
        raise Conflict(
            f"edges trust {RING_MAX} keys already, which is the most: revoke an old one first",
            text="error.ring-full",
            most=RING_MAX,
        )
    before.state, before.retired_at = "retired", now
    session.flush()  # the other way round there would be two active ones for a moment, which the table refuses
    made = keys.add_active(session, now)
    _issue_ring(session, _halves_here(session, keys), now)
    orders.reissue_all(session, now)
    audit.append(session, now, actor.audit_name, "key.rotate", f"key:{made.key_id}", {"previous": before.key_id})
    return session.get_one(SigningKey, made.key_id)


def revoke(
    session: Session,
    keys: SigningKeys,
    orders: Orders,
    actor: Actor,
    key_id: str,
    now: float,
    *,
    force: bool = False,
) -> Revoked:
    """Edges trust a retired key no more; what it has signed is signed by the active one. ``keys.forget`` its private
    half once this is committed.

    A node that has missed a ring before this one may know no key that signs the rings after it: its operator would have
    to give it new keys. So it is refused while there are such nodes, but for ``force``: a key that others have got hold
    of can't wait. Raises NotAllowed, NotFound, and Conflict where it is not a retired key, or for such nodes.
    """
    actor.need(Role.ADMINISTRATOR)
    row = session.get(SigningKey, key_id)
    if row is None:
        raise NotFound(f"there is no key {key_id}", text="error.no-key", id=key_id)
    if row.state == "active":
        raise Conflict(
            f"the key {key_id} signs now: rotate keys first, then revoke it", text="error.key-active", id=key_id
        )
    if row.state == "revoked":
        raise Conflict(f"the key {key_id} was revoked already", text="error.key-revoked", id=key_id)
    behind = sites_behind(session, newest_ring_serial(session))
    if behind and not force:
        nodes = ", ".join(f"{item.site} ({', '.join(item.nodes)})" for item in behind[:_NAMED])
        more = f" and {len(behind) - _NAMED} more sites" if len(behind) > _NAMED else ""
        raise Conflict(
            f"nodes have not got the newest key ring yet: {nodes}{more}; wait for them, or force it: those that miss "
            "the next change of keys too have to be given new keys by hand",
            text="error.keys-behind",
            nodes=f"{nodes}{more}",
        )
    # Once more by the key itself: edges that trust it alone learn so that others have taken its place.
    signers = _halves_here(session, keys)
    known = [_public(item) for item in list_keys(session)]
    row.state, row.retired_at = "revoked", now
    session.flush()
    _issue_ring(session, signers, now)
    signed_again, refused = _sign_releases_again(session, keys, known, key_id)
    orders.reissue_all(session, now)
    told = {
        "releases_signed_again": signed_again,
        "releases_refused": refused,
        "sites_behind": [item.site for item in behind],
    }
    audit.append(session, now, actor.audit_name, "key.revoke", f"key:{key_id}", told)
    return Revoked(row, signed_again, tuple(refused))


def _public(row: SigningKey) -> TrustedKey:
    return TrustedKey(key_id=row.key_id, public_key=row.public_key)


def _halves_here(session: Session, keys: SigningKeys) -> list[PrivateKey]:
    """Of the keys that edges trust. One may be lost, which is a reason for a change; the active one may not."""
    halves = []
    for key in trusted_keys(session):
        try:
            halves.append(keys.private_half(key.key_id))
        except Unavailable:
            if not halves:
                raise
    return halves


def _issue_ring(session: Session, signers: Sequence[PrivateKey], now: float) -> None:
    # At least the time: a database that was restored from an older copy does not fall behind what edges hold.
    serial = max((newest_ring_serial(session) or 0) + 1, int(now))
    ring = KeyRing(serial=serial, issued_at=now, keys=trusted_keys(session))
    envelope = sign(ring, *signers)
    session.add(SignedKeyRing(serial=serial, envelope=envelope.model_dump_json(), issued_at=now))


def _sign_releases_again(
    session: Session, keys: SigningKeys, known: Sequence[TrustedKey], key_id: str
) -> tuple[int, list[str]]:
    (active, *_) = trusted_keys(session)
    half = keys.private_half(active.key_id)
    signed_again, refused = 0, []
    for version in session.scalars(select(Version).where(Version.envelope.is_not(None)).order_by(Version.id)):
        try:
            envelope = read_envelope(version.envelope or "")
            if all(signature.keyid != key_id for signature in envelope.signatures):
                continue
            verify(envelope, known, ReleaseManifest)
        except SignatureRefused:
            refused.append(f"{version.showroom}/{version.number}")
            continue
        version.envelope = sign_again(envelope, half).model_dump_json()
        signed_again += 1
    return signed_again, refused
