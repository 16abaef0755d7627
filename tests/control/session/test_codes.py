"""Codes to follow a guided visit by: read out, typed in, not guessed."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from control.session.codes import (
    ADDRESSES_KEPT,
    ALPHABET,
    ATTEMPTS,
    ATTEMPTS_PER_S,
    LENGTH,
    Attempts,
    new_code,
    read_code,
)


def test_codes_differ_and_hold_nothing_that_is_taken_for_something_else() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(len(code) == LENGTH and set(code) <= set(ALPHABET) for code in codes)
    assert not set("01OILU") & set(ALPHABET)


def test_a_code_may_be_typed_in_small_letters_with_spaces_and_hyphens() -> None:
    assert read_code(" k7wx-2p9q ") == "K7WX2P9Q"


@given(st.text(max_size=60))
def test_whatever_is_typed_is_read_as_letters_and_digits(text: str) -> None:
    code = read_code(text)
    assert all(letter.isalnum() for letter in code)
    assert read_code(code) == code


def test_an_address_has_a_few_attempts_which_come_back_with_time() -> None:
    attempts = Attempts()
    for _ in range(ATTEMPTS):
        assert not attempts.exhausted("a", 0.0)
        attempts.failed("a", 0.0)
    assert attempts.exhausted("a", 0.0)
    assert not attempts.exhausted("b", 0.0), "another address has its own"
    assert attempts.exhausted("a", 0.9 / ATTEMPTS_PER_S)
    assert not attempts.exhausted("a", 1.1 / ATTEMPTS_PER_S)


def test_no_more_addresses_are_kept_than_the_bound() -> None:
    attempts = Attempts()
    for number in range(ADDRESSES_KEPT + 10):
        attempts.failed(str(number), 0.0)
    assert len(attempts._wrong) == ADDRESSES_KEPT
