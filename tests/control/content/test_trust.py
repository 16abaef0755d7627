"""Whom an edge believes, and how that changes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.content.errors import Forged, KeyRefused, KeyRingRefused, UnknownKey
from control.content.keys import PrivateKey, key_text
from control.content.release import KeyRing
from control.content.signing import sign
from control.content.trust import KeptTrust, Trust, parse_keys

FIRST, SECOND, THIRD = (PrivateKey.generate() for _ in range(3))


def ring(serial: int, *keys: PrivateKey) -> KeyRing:
    return KeyRing(serial=serial, issued_at=float(serial), keys=tuple(key.public for key in keys))


def trusting(*keys: PrivateKey) -> Trust:
    return Trust.of([key.public for key in keys], None)


def test_at_first_the_keys_of_the_options_are_believed() -> None:
    assert trusting(FIRST, SECOND).keys == (FIRST.public, SECOND.public)


def test_a_ring_that_a_believed_key_signed_takes_their_place() -> None:
    trust = trusting(FIRST).renewed(sign(ring(1, FIRST, SECOND), FIRST, SECOND))
    assert trust.keys == (FIRST.public, SECOND.public)
    assert trust.renewed(sign(ring(2, SECOND), SECOND)).keys == (SECOND.public,)


def test_a_ring_that_nobody_believed_has_signed_changes_nothing() -> None:
    trust = trusting(FIRST)
    with pytest.raises(UnknownKey):
        trust.renewed(sign(ring(1, FIRST, SECOND), SECOND))
    assert trust.keys == (FIRST.public,)


def test_a_key_that_a_ring_left_out_signs_no_ring_any_more() -> None:
    trust = trusting(FIRST).renewed(sign(ring(1, SECOND), FIRST))
    with pytest.raises(UnknownKey):
        trust.renewed(sign(ring(2, FIRST), FIRST))


def test_a_forged_ring_is_refused() -> None:
    envelope = sign(ring(1, SECOND), FIRST)
    other = sign(ring(1, SECOND, THIRD), FIRST)
    with pytest.raises(Forged):
        trusting(FIRST).renewed(envelope.model_copy(update={"payload": other.payload}))


def test_an_older_ring_or_another_one_of_the_same_serial_is_refused() -> None:
    trust = trusting(FIRST).renewed(sign(ring(5, FIRST, SECOND), FIRST))
    for offered in (ring(4, FIRST), ring(5, FIRST)):
        with pytest.raises(KeyRingRefused, match="not newer than the one that is held, 5"):
            trust.renewed(sign(offered, FIRST))


def test_the_same_ring_again_is_fine() -> None:
    envelope = sign(ring(5, FIRST, SECOND), FIRST)
    trust = trusting(FIRST).renewed(envelope)
    assert trust.renewed(envelope) is trust


def test_a_ring_is_remembered_over_a_restart() -> None:
    kept = trusting(FIRST).renewed(sign(ring(3, SECOND), FIRST)).kept
    again = Trust.of([FIRST.public], KeptTrust.model_validate_json(kept.model_dump_json()))
    assert again.keys == (SECOND.public,)
    with pytest.raises(KeyRingRefused):
        again.renewed(sign(ring(2, SECOND), SECOND))


def test_other_keys_in_the_options_begin_anew() -> None:
    kept = trusting(FIRST).renewed(sign(ring(3, SECOND), FIRST)).kept
    trust = Trust.of([THIRD.public], kept)
    assert trust.keys == (THIRD.public,)
    assert trust.renewed(sign(ring(1, THIRD, FIRST), THIRD)).keys == (THIRD.public, FIRST.public)


def test_keys_are_read_from_a_file_or_an_option() -> None:
    one, two = key_text(FIRST.public), key_text(SECOND.public)
    for text in (f"{one} {two}", f"{one},{two}", f"# of 2026\n{one}  # bank\n\n{two}\n{two}\n"):
        assert parse_keys(text) == (FIRST.public, SECOND.public)


@pytest.mark.parametrize("text", ["", "# none", "ed25519:AAAA", "/etc/keys"])
def test_no_keys_are_told(text: str) -> None:
    with pytest.raises(KeyRefused):
        parse_keys(text)


def test_too_many_keys_are_told() -> None:
    text = "\n".join(key_text(PrivateKey.generate().public) for _ in range(17))
    with pytest.raises(KeyRefused, match="17 trusted keys"):
        parse_keys(text)


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(KeyRefused):
        parse_keys(text)
