"""What of the admin's messages is believed: not a byte that was changed on the way."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bench.kills.site_stand_in import SITE, SiteStandIn
from control.content.edge_api import OrderReply
from control.content.envelope import Envelope
from control.content.errors import SignatureRefused
from control.content.keys import PrivateKey
from control.sync.errors import OrderRefused, ReleaseRefused
from control.sync.site_state import PlacedRelease, SiteState, load_state, save_state
from control.sync.site_trust import Believed, accepted, check_release, remembered

ADMIN = SiteStandIn()
RELEASE = ADMIN.publish("branch", 1, {"showroom.json": b"{}"})
REPLY = OrderReply(order=ADMIN.signed_order(RELEASE, serial=2), keyring=ADMIN.ring(1, ADMIN.key, by=ADMIN.key))
NOTHING = remembered(SiteState(site=SITE), (ADMIN.key.public,))


@given(at=st.integers(0, len(REPLY.model_dump_json()) - 1), byte=st.integers(0, 255))
def test_a_reply_with_a_changed_byte_says_the_same_or_is_refused(at: int, byte: int) -> None:
    data = bytearray(REPLY.model_dump_json().encode())
    data[at] = byte
    with contextlib.suppress(ValidationError, SignatureRefused, OrderRefused):
        believed = accepted(OrderReply.model_validate_json(bytes(data)), NOTHING)
        assert believed.order == accepted(REPLY, NOTHING).order
        assert believed.trust in (NOTHING.trust, accepted(REPLY, NOTHING).trust)


@given(at=st.integers(0, len(ADMIN.releases[RELEASE.release].model_dump_json()) - 1), byte=st.integers(0, 255))
def test_a_release_with_a_changed_byte_is_the_same_or_is_refused(at: int, byte: int) -> None:
    envelope = ADMIN.releases[RELEASE.release]
    data = bytearray(envelope.model_dump_json().encode())
    data[at] = byte
    with contextlib.suppress(ValidationError, SignatureRefused, ReleaseRefused):
        manifest = check_release(Envelope.model_validate_json(bytes(data)), RELEASE, NOTHING.trust)
        assert manifest == check_release(envelope, RELEASE, NOTHING.trust)


def test_the_same_reply_again_is_nothing_new() -> None:
    once = accepted(REPLY, NOTHING)
    assert accepted(REPLY, once) is once


def test_a_release_is_of_the_showroom_and_version_that_were_ordered() -> None:
    other = RELEASE.model_copy(update={"version": 9})
    with pytest.raises(ReleaseRefused, match="is branch version 1, and branch version 9 was ordered"):
        check_release(ADMIN.releases[RELEASE.release], other, NOTHING.trust)


def test_what_was_remembered_is_checked_again() -> None:
    state = accepted(REPLY, NOTHING).state
    assert remembered(state, (ADMIN.key.public,)).order == accepted(REPLY, NOTHING).order
    other = remembered(state, (PrivateKey.generate().public,))
    assert other.order is None
    assert "not trusted here" in (other.warning or "")


def placed(version: int, showroom: str = "branch") -> PlacedRelease:
    return PlacedRelease(showroom=showroom, version=version, release=f"{version:064x}")


@pytest.mark.parametrize(
    ("shown", "active", "previous"),
    [
        ([[placed(1)]], [placed(1)], []),
        ([[placed(1)], [placed(2)]], [placed(2)], [placed(1)]),
        ([[placed(1)], [placed(2)], [placed(2)]], [placed(2)], [placed(1)]),
        ([[placed(1)], [placed(2)], [placed(1)]], [placed(1)], [placed(2)]),
        ([[placed(1)], [placed(2), placed(5, "annex")]], [placed(2), placed(5, "annex")], [placed(1)]),
        ([[placed(1), placed(5, "annex")], [placed(5, "annex")]], [placed(5, "annex")], []),
    ],
)
def test_what_was_shown_before_is_kept_for_a_roll_back(
    shown: list[list[PlacedRelease]], active: list[PlacedRelease], previous: list[PlacedRelease], tmp_path: Path
) -> None:
    state = SiteState(site=SITE)
    for releases in shown:
        state = state.switched(tuple(releases))
    assert (list(state.active), list(state.previous)) == (active, previous)
    save_state(tmp_path, state)
    assert load_state(tmp_path, SITE) == state


def test_a_ring_that_is_refused_does_not_keep_the_order_from_being_followed() -> None:
    stranger = PrivateKey.generate()
    reply = REPLY.model_copy(update={"keyring": ADMIN.ring(7, stranger, by=stranger)})
    believed: Believed = accepted(reply, NOTHING)
    assert believed.order is not None
    assert believed.trust == NOTHING.trust
    assert "key ring was refused" in (believed.warning or "")
