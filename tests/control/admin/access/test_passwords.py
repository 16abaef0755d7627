"""Which passwords are taken, and how they are kept."""

from __future__ import annotations

import unicodedata

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.low_level import Type

from control.admin.access.passwords import Passwords, check_rules
from control.admin.errors import Refused


def test_they_are_kept_as_argon2id_with_the_parameters_that_owasp_names() -> None:
    kept = Passwords().hash_new("a good long password", "anna")
    parameters = extract_parameters(kept)
    assert (parameters.type, parameters.memory_cost, parameters.time_cost) == (Type.ID, 19_456, 2)
    assert Passwords().check("a good long password", kept)
    assert not Passwords().check("a good long passwords", kept)


def test_nobody_has_a_password_that_fits() -> None:
    assert not Passwords().check("nobody's password", None)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("short", "12 to 200"),
        ("x" * 201, "12 to 200"),
        ("anna.schmidt@example", "name"),
        ("Anna.Schmidt@Example1", "name"),
        ("abababababababab", "again and again"),
    ],
)
def test_bad_ones_are_refused_with_a_reason(password: str, reason: str) -> None:
    with pytest.raises(Refused, match=reason):
        check_rules(password, "anna.schmidt@example")


@pytest.mark.parametrize("password", ["correct horse", "正确的马电池订书钉很长的", "abc 123 def 456" * 13])
def test_long_ones_are_taken_in_any_script(password: str) -> None:
    check_rules(password, "anna")


def test_one_typed_with_another_keyboard_is_the_same() -> None:
    kept = Passwords().hash_new("crème brûlée 12", "anna")
    assert Passwords().check(unicodedata.normalize("NFD", "crème brûlée 12"), kept)


def test_one_with_older_parameters_still_fits_and_is_outdated() -> None:
    old = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash("a good long password")
    assert Passwords().check("a good long password", old)
    assert Passwords().is_outdated(old)
    assert not Passwords().is_outdated(Passwords().rehash("a good long password"))
