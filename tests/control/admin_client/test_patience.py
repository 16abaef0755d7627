"""When a request is made again."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.admin_client.errors import ClientError, Nonsense, Refused, Rejected, Unreachable
from control.admin_client.patience import LONGEST_WAIT_S, Patience

AWAY = Unreachable("away", sent=False)
BROKEN = Unreachable("broken", sent=True)


def patience(patience_s: float = 60.0) -> Patience:
    return Patience(patience_s, random.Random(1))


def refused(status: int, retry_after_s: float | None = None) -> Refused:
    return Refused("refused", status, "code", retry_after_s)


@pytest.mark.parametrize(
    ("error", "once", "again"),
    [
        (AWAY, True, True),
        (BROKEN, False, True),
        (refused(503), True, True),
        (refused(429), True, True),
        (refused(502), False, True),
        (refused(504), False, True),
        (refused(500), False, False),
        (refused(404), False, False),
        (refused(422), False, False),
        (Nonsense("what"), False, False),
        (Rejected("no"), False, False),
    ],
)
def test_only_what_was_not_done_is_done_again(error: ClientError, once: bool, again: bool) -> None:
    """``once``: the request must not be done twice; ``again``: it may."""
    assert (patience().wait_s(error, 0.0, repeatable=False) is not None) == once
    assert (patience().wait_s(error, 0.0, repeatable=True) is not None) == again


def test_an_upload_asks_again_where_its_offset_was_another() -> None:
    assert patience().wait_s(refused(409), 0.0, repeatable=True) is None
    assert patience().wait_s(refused(409), 0.0, repeatable=True, also=(404, 409)) is not None


def test_it_waits_as_long_as_it_is_told() -> None:
    assert patience().wait_s(refused(429, retry_after_s=30.0), 0.0, repeatable=False) == 30.0
    assert patience().wait_s(refused(429, retry_after_s=61.0), 0.0, repeatable=False) is None


@given(seed=st.integers(), patience_s=st.floats(1.0, 1000.0))
def test_waits_grow_to_a_bound_and_end_with_patience(seed: int, patience_s: float) -> None:
    waiting, now = Patience(patience_s, random.Random(seed)), 100.0
    while (wait_s := waiting.wait_s(AWAY, now, repeatable=True)) is not None:
        assert 0.25 <= wait_s <= LONGEST_WAIT_S
        now += wait_s
    assert patience_s - LONGEST_WAIT_S <= now - 100.0 <= patience_s


def test_who_gets_on_is_not_given_up() -> None:
    waiting = patience(10.0)
    for now in range(0, 1000, 5):
        assert waiting.wait_s(AWAY, float(now), repeatable=True) is not None
        waiting.worked()
