"""Signed texts: for one kind, one audience and a while."""

from __future__ import annotations

import pytest
from joserfc.jwk import KeySet

from control.fleet.errors import TokenRefused
from control.fleet.tokens import LEEWAY_S, JoinToken, Pass, new_signing_key

KEY = new_signing_key()
KEYS = KeySet([KEY])


def test_a_pass_is_read_as_it_was_signed() -> None:
    text = Pass(aud="renderer-1", act="enter", visitor="v", showroom="branch").sign(KEY, 100.0)

    read = Pass.read(text, KEYS, 101.0)

    assert (read.aud, read.act, read.visitor, read.showroom, read.exp) == ("renderer-1", "enter", "v", "branch", 130.0)
    read.check_audience("renderer-1")


def test_a_pass_is_for_one_renderer() -> None:
    read = Pass.read(Pass(aud="renderer-1", act="state").sign(KEY, 100.0), KEYS, 100.0)

    with pytest.raises(TokenRefused) as refused:
        read.check_audience("renderer-2")

    assert refused.value.code == "wrong-audience"


def test_an_old_token_is_refused_but_clocks_may_differ() -> None:
    text = JoinToken(visitor="v", guard="r").sign(KEY, 100.0)

    assert JoinToken.read(text, KEYS, 160.0 + LEEWAY_S).visitor == "v"
    with pytest.raises(TokenRefused) as refused:
        JoinToken.read(text, KEYS, 160.1 + LEEWAY_S)
    assert refused.value.code == "expired-token"


def test_a_token_that_is_signed_again_ends_when_it_did() -> None:
    text = JoinToken(visitor="v", guard="r").sign(KEY, 100.0)

    assert JoinToken.read(text, KEYS, 130.0).sign(KEY, 130.0) == text


@pytest.mark.parametrize(
    "spoil", [lambda text: text[:-4] + "AAAA", lambda _: "x", lambda _: "", lambda text: text * 20]
)
def test_what_was_not_signed_so_is_refused(spoil) -> None:  # type: ignore[no-untyped-def]
    text = JoinToken(visitor="v", guard="r").sign(KEY, 100.0)

    with pytest.raises(TokenRefused) as refused:
        JoinToken.read(spoil(text), KEYS, 100.0)

    assert refused.value.code == "bad-token"


def test_another_gateways_key_and_another_kind_of_token_are_refused() -> None:
    text = JoinToken(visitor="v", guard="r").sign(KEY, 100.0)

    for kind, keys in ((JoinToken, KeySet([new_signing_key()])), (Pass, KEYS)):
        with pytest.raises(TokenRefused):
            kind.read(text, keys, 100.0)
