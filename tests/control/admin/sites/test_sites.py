"""Sites: their tokens, and their orders."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from control.admin.access.actor import Actor, Role
from control.admin.database import Database
from control.admin.errors import BadRequest, Conflict, NotAllowed, NotFound, NotSignedIn
from control.admin.keys import SigningKeys
from control.admin.sites.orders import Orders, show
from control.admin.sites.site_tokens import GRACE_S, note_first_use, site_of_token
from control.admin.sites.sites import (
    arrange_showrooms,
    change_site,
    change_token,
    create_site,
    end_previous_token,
    remove_showroom,
    retire_site,
)
from control.admin.tables import AuditEntry, Site, Version
from control.content.envelope import Envelope
from control.content.release import SiteOrder
from control.content.signing import verify
from tests.control.admin.sites.world import START, person, publish


def order_of(database: Database, slug: str) -> SiteOrder:
    with database.reading() as session:
        envelope = Envelope.model_validate_json(session.get_one(Site, slug).order_envelope)
    return SiteOrder.model_validate_json(envelope.payload_bytes())


def make_site(database: Database, orders: Orders, boss: Actor, slug: str = "lounge-1") -> str:
    with database.session() as session:
        return create_site(session, orders, boss, START, slug, "Lounge 1", "software")[1]


def show_all(database: Database, orders: Orders, keys: SigningKeys, boss: Actor, *showrooms: str) -> None:
    with database.session() as session:
        for showroom in showrooms:
            version = session.get_one(Version, publish(session, keys, boss, showroom, 1, showroom.encode()).id)
            show(session, "lounge-1", version, START)
        orders.issue(session, session.get_one(Site, "lounge-1"), START)


def test_a_site_begins_with_a_signed_order_of_nothing(
    database: Database, orders: Orders, keys: SigningKeys, boss: Actor
) -> None:
    make_site(database, orders, boss)
    order = order_of(database, "lounge-1")
    assert (order.site, order.serial, order.showrooms) == ("lounge-1", 1, ())
    with database.reading() as session:
        envelope = Envelope.model_validate_json(session.get_one(Site, "lounge-1").order_envelope)
    key = keys.private_half(envelope.signatures[0].keyid).public
    assert verify(envelope, [key], SiteOrder) == order


def test_two_sites_have_two_names(database: Database, orders: Orders, boss: Actor) -> None:
    make_site(database, orders, boss)
    with pytest.raises(Conflict, match="already"):
        make_site(database, orders, boss)


def test_only_administrators_make_sites(database: Database, orders: Orders) -> None:
    with database.session() as session:
        publisher = person(session, "petra", Role.PUBLISHER)
    with pytest.raises(NotAllowed):
        make_site(database, orders, publisher)


def test_a_token_is_nowhere_to_be_read(database: Database, orders: Orders, boss: Actor) -> None:
    token = make_site(database, orders, boss)
    assert token.startswith("ers_")
    with database.reading() as session:
        site = session.get_one(Site, "lounge-1")
        kept = [site.token_sha256, site.order_envelope]
        kept += [json.dumps(entry.detail) for entry in session.scalars(select(AuditEntry))]
    assert not any(token in text for text in kept)


def opens(database: Database, token: str, now: float = START) -> bool:
    """As a node's request does, which may be the first with a new token."""
    with database.session() as session:
        try:
            site = site_of_token(session, token, now)
        except NotSignedIn:
            return False
        note_first_use(session, site.slug, token, now)
        return True


def test_the_token_before_is_good_for_a_day_after_the_new_one_is_used(
    database: Database, orders: Orders, boss: Actor
) -> None:
    old = make_site(database, orders, boss)
    with database.session() as session:
        unused = change_token(session, boss, START, "lounge-1")
        new = change_token(session, boss, START, "lounge-1")
    month_later = START + 30 * 86400.0
    assert opens(database, old, month_later), "no node has the new one yet"
    assert not opens(database, unused), "it was never used"
    assert opens(database, new, month_later)
    assert opens(database, old, month_later + GRACE_S - 1.0), "other nodes of the site get it later"
    assert opens(database, new, month_later + 3600.0), "which is no first use"
    assert not opens(database, old, month_later + GRACE_S)
    with database.session() as session:
        newest = change_token(session, boss, month_later + 3600.0, "lounge-1")
    assert opens(database, new, month_later + GRACE_S)
    assert not opens(database, old, month_later + 3600.0), "there is one before at a time"
    assert opens(database, newest, month_later + GRACE_S)


def test_the_token_before_can_be_ended_at_once(database: Database, orders: Orders, boss: Actor) -> None:
    old = make_site(database, orders, boss)
    with database.session() as session:
        new = change_token(session, boss, START, "lounge-1")
        end_previous_token(session, boss, START, "lounge-1")
    assert (opens(database, old), opens(database, new)) == (False, True)
    with database.session() as session, pytest.raises(Conflict, match="no token before"):
        end_previous_token(session, boss, START, "lounge-1")


@pytest.mark.parametrize("token", ["", "ers_", "ers_" + "x" * 43, "ers_" + "x" * 10_000, "erp_abc", "ers_\udc80"])
def test_other_tokens_open_nothing(database: Database, orders: Orders, boss: Actor, token: str) -> None:
    make_site(database, orders, boss)
    with database.session() as session, pytest.raises(NotSignedIn):
        site_of_token(session, token, START)


def test_a_retired_site_gets_nothing(database: Database, orders: Orders, boss: Actor) -> None:
    token = make_site(database, orders, boss)
    with database.session() as session:
        retire_site(session, boss, START, "lounge-1")
    with database.session() as session:
        with pytest.raises(NotAllowed, match="retired"):
            site_of_token(session, token, START)
        with pytest.raises(Conflict):
            change_site(session, boss, START, "lounge-1", "New", None)


def test_showrooms_are_shown_in_the_order_that_they_are_given(
    database: Database, orders: Orders, keys: SigningKeys, boss: Actor
) -> None:
    make_site(database, orders, boss)
    show_all(database, orders, keys, boss, "branch", "cards", "vault")
    assert [item.showroom for item in order_of(database, "lounge-1").showrooms] == ["branch", "cards", "vault"]
    with database.session() as session:
        arrange_showrooms(session, orders, boss, START, "lounge-1", ["vault", "branch", "cards"])
    order = order_of(database, "lounge-1")
    assert [item.showroom for item in order.showrooms] == ["vault", "branch", "cards"]
    assert order.serial == 3
    with database.session() as session, pytest.raises(BadRequest, match="branch"):
        arrange_showrooms(session, orders, boss, START, "lounge-1", ["vault", "vault", "cards"])


def test_a_showroom_is_removed(database: Database, orders: Orders, keys: SigningKeys, boss: Actor) -> None:
    make_site(database, orders, boss)
    show_all(database, orders, keys, boss, "branch", "cards")
    with database.session() as session:
        remove_showroom(session, orders, boss, START, "lounge-1", "branch")
    assert [item.showroom for item in order_of(database, "lounge-1").showrooms] == ["cards"]
    with database.session() as session, pytest.raises(NotFound):
        remove_showroom(session, orders, boss, START, "lounge-1", "branch")


def test_all_orders_are_signed_anew_after_a_change_of_keys(
    database: Database, orders: Orders, keys: SigningKeys, boss: Actor
) -> None:
    for slug in ("lounge-1", "lounge-2", "closed"):
        make_site(database, orders, boss, slug)
    with database.session() as session:
        retire_site(session, boss, START, "closed")
        assert orders.reissue_all(session, START + 1) == 2
    assert [order_of(database, slug).serial for slug in ("lounge-1", "lounge-2", "closed")] == [2, 2, 1]
