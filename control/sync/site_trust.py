"""What of the admin's messages is believed: signatures, the right site, and nothing older than what is known. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from control.content.edge_api import OrderReply
from control.content.envelope import Envelope
from control.content.errors import KeyRingRefused, SignatureRefused
from control.content.release import OrderedRelease, ReleaseManifest, SiteOrder, TrustedKey
from control.content.signing import payload_digest, verify
from control.content.trust import Trust
from control.sync.errors import OrderRefused, ReleaseRefused
from control.sync.site_state import SiteState


@dataclass(frozen=True, slots=True)
class Believed:
    """A state whose signatures were checked. ``order``: what it says, if there is one. ``warning``: what was left out
    of what came."""

    state: SiteState
    trust: Trust
    order: SiteOrder | None
    warning: str | None = None

    @property
    def serial(self) -> int:
        return 0 if self.order is None else self.order.serial


def remembered(state: SiteState, trusted_keys: tuple[TrustedKey, ...]) -> Believed:
    """What is still believed of what was remembered, with these keys in the settings."""
    trust = Trust.of(trusted_keys, state.trust)
    state = state.model_copy(update={"trust": trust.kept})
    if state.order is None:
        return Believed(state, trust, None)
    try:
        return Believed(state, trust, verify(state.order, trust.keys, SiteOrder))
    except SignatureRefused as error:
        return Believed(state.model_copy(update={"order": None}), trust, None, f"the remembered order {error}")


def accepted(reply: OrderReply, now: Believed) -> Believed:
    """What is believed after a reply of the admin; ``now`` itself where nothing in it is new.

    A key ring that is refused is left out, with a warning; the order then has to be signed by a key that was trusted
    before. Raises SignatureRefused and OrderRefused.
    """
    trust, warning = now.trust, None
    if reply.keyring is not None:
        try:
            trust = trust.renewed(reply.keyring)
        except (SignatureRefused, KeyRingRefused) as error:
            warning = f"the admin's key ring was refused: it {error}"
    order = verify(reply.order, trust.keys, SiteOrder)
    if order.site != now.state.site:
        raise OrderRefused(f"the order is for the site {order.site!r}, and this is a node of {now.state.site!r}")
    if now.order is not None and order.serial < now.order.serial:
        raise OrderRefused(
            f"the order {order.serial} is older than the one that is known, {now.order.serial}: the admin's database "
            "is older than it was, or somebody sends what was sent before"
        )
    if now.order is not None and order.serial == now.order.serial and order != now.order:
        raise OrderRefused(f"there are two orders with the serial {order.serial}; the first that came is kept")
    if order == now.order and trust == now.trust:
        return now if warning is None else Believed(now.state, now.trust, now.order, warning)
    state = now.state.model_copy(update={"order": reply.order, "trust": trust.kept})
    return Believed(state, trust, order, warning)


def check_release(envelope: Envelope, ordered: OrderedRelease, trust: Trust) -> ReleaseManifest:
    """The manifest of a release that was ordered. Raises SignatureRefused and ReleaseRefused."""
    if payload_digest(envelope) != ordered.release:
        raise ReleaseRefused(f"came in place of the release {ordered.release[:12]}… that was ordered")
    manifest = verify(envelope, trust.keys, ReleaseManifest)
    if (manifest.showroom, manifest.version) != (ordered.showroom, ordered.version):
        raise ReleaseRefused(
            f"is {manifest.showroom} version {manifest.version}, and {ordered.showroom} version {ordered.version} was "
            "ordered"
        )
    return manifest
