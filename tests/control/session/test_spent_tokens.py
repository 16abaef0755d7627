from __future__ import annotations

from control.session import SpentTokens


def test_a_token_is_used_once_while_it_is_good() -> None:
    spent = SpentTokens(kept_s=70.0)
    assert spent.spend("a", now_s=0.0)
    assert not spent.spend("a", now_s=69.0)
    assert spent.spend("b", now_s=69.0)


def test_what_is_too_old_to_be_used_is_forgotten() -> None:
    spent = SpentTokens(kept_s=70.0)
    for number in range(100):
        spent.spend(str(number), now_s=float(number))
    assert len(spent) == 70


def test_nobody_fills_the_memory() -> None:
    spent = SpentTokens(kept_s=70.0, most=3)
    for token in "abcd":
        assert spent.spend(token, now_s=0.0)
    assert len(spent) == 3
    assert not spent.spend("d", now_s=0.0)
