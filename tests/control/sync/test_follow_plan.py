"""What is done next, what waits, and for how long."""

from __future__ import annotations

import math
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.content.errors import UnknownKey
from control.content.release import OrderedRelease
from control.content.stage import EditionRefused, EditionWaits
from control.sync.errors import NoRoom, Refused, ReleaseRefused, Unreachable, WrongBytes
from control.sync.follow_plan import (
    FetchBlobs,
    FetchManifest,
    LayOut,
    Reached,
    Rest,
    Setback,
    Show,
    Standing,
    Warm,
    next_step,
)
from control.sync.setbacks import MENDING_S, NETWORK_S, WRONG_BYTES_MAX, Failure, delay_s, setback_of


def release(showroom: str, version: int) -> OrderedRelease:
    return OrderedRelease(showroom=showroom, version=version, release=f"{ord(showroom) * 100 + version:064x}")


A1, A2, B1, B2 = release("a", 1), release("a", 2), release("b", 1), release("b", 2)
WARM = Standing(Reached.WARM)
WAITING = Standing(Reached.KNOWN, Setback("the network", 9.0, False, 1))
FAILED = Standing(Reached.FETCHED, Setback("the disk", 50.0, True, 1))


@pytest.mark.parametrize(
    ("reached", "step"),
    [
        (Reached.ORDERED, FetchManifest(A1)),
        (Reached.KNOWN, FetchBlobs(A1)),
        (Reached.FETCHED, LayOut(A1)),
        (Reached.LAID_OUT, Warm(A1)),
        (Reached.WARM, Show((A1,))),
    ],
)
def test_a_release_goes_its_way(reached: Reached, step: object) -> None:
    assert next_step([A1], {A1.release: Standing(reached)}, [], 0.0) == step


def test_what_is_shown_is_not_shown_again() -> None:
    assert next_step([A1], {A1.release: WARM}, [A1], 0.0) == Rest(math.inf)


def test_nothing_ordered_is_nothing_shown() -> None:
    assert next_step([], {}, [A1], 0.0) == Show(())


def test_all_are_shown_at_once() -> None:
    assert next_step([A2, B2], {A2.release: WARM, B2.release: Standing()}, [A1, B1], 0.0) == FetchManifest(B2)
    assert next_step([A2, B2], {A2.release: WARM, B2.release: WARM}, [A1, B1], 0.0) == Show((A2, B2))


def test_one_that_waits_for_the_network_is_waited_for() -> None:
    standings = {A2.release: WARM, B2.release: WAITING}
    assert next_step([A2, B2], standings, [A1, B1], 0.0) == Rest(9.0)
    assert next_step([A2, B2], standings, [A1, B1], 9.0) == FetchBlobs(B2)


def test_one_that_failed_keeps_what_it_showed_and_nobody_waiting() -> None:
    standings = {A2.release: WARM, B2.release: FAILED}
    assert next_step([A2, B2], standings, [A1, B1], 0.0) == Show((A2, B1))
    assert next_step([A2, B2], standings, [A1], 0.0) == Show((A2,))
    assert next_step([A2, B2], standings, [A2, B1], 0.0) == Rest(50.0)
    assert next_step([A2, B2], standings, [A2, B1], 50.0) == LayOut(B2)


def test_while_one_waits_the_other_gets_on() -> None:
    assert next_step([A2, B2], {A2.release: WAITING}, [], 0.0) == FetchManifest(B2)


@given(
    reached=st.lists(st.sampled_from(Reached), min_size=2, max_size=2),
    setbacks=st.lists(st.sampled_from([None, WAITING.setback, FAILED.setback]), min_size=2, max_size=2),
    shown=st.sampled_from([(), (A1,), (A1, B1), (A2, B1), (B2, A2)]),
)
def test_what_is_shown_next_is_warm_or_was_shown(
    reached: list[Reached], setbacks: list[Setback | None], shown: tuple[OrderedRelease, ...]
) -> None:
    standings = {
        item.release: Standing(*pair) for item, pair in zip((A2, B2), zip(reached, setbacks, strict=True), strict=True)
    }
    match next_step([A2, B2], standings, shown, 0.0):
        case Show(releases):
            assert all(item in shown or standings[item.release].reached is Reached.WARM for item in releases)
            assert releases != shown
        case Rest(until):
            assert until > 0.0
        case step:
            standing = standings[step.ordered.release]
            assert standing.setback is None
            assert standing.reached is not Reached.WARM


@pytest.mark.parametrize(
    ("error", "failed", "within_s"),
    [
        (Unreachable("no answer"), False, NETWORK_S),
        (Refused("503", 503), False, NETWORK_S),
        (Refused("401", 401), False, NETWORK_S),
        (Refused("404", 404), True, MENDING_S),
        (WrongBytes("other"), False, NETWORK_S),
        (NoRoom("full"), True, MENDING_S),
        (OSError(28, "No space left on device"), True, MENDING_S),
        (ReleaseRefused("another"), True, MENDING_S),
        (UnknownKey("stranger"), True, MENDING_S),
        (EditionWaits("until visitors have gone"), True, MENDING_S),
    ],
)
def test_who_waits_and_how_long(error: Failure, failed: bool, within_s: tuple[float, float]) -> None:
    setback, first_s = setback_of(error, None, False, 100.0, Random(3)), within_s[0]
    assert setback.failed == failed
    assert 100.0 + first_s / 2 <= setback.retry_at <= 100.0 + first_s
    for _ in range(20):
        setback = setback_of(error, setback, False, 100.0, Random(3))
    assert setback.retry_at <= 100.0 + MENDING_S[1]
    assert setback.times == 21


def test_what_can_not_be_warmed_is_not_tried_again() -> None:
    assert setback_of(EditionRefused("too large"), None, False, 0.0, Random(3)).retry_at == math.inf


def test_wrong_bytes_fail_the_release_after_some_tries() -> None:
    setback = None
    for _ in range(WRONG_BYTES_MAX):
        setback = setback_of(WrongBytes("other"), setback, True, 0.0, Random(3))
        assert not setback.failed
    assert setback_of(WrongBytes("other"), setback, True, 0.0, Random(3)).failed


def test_a_network_that_moves_something_is_tried_again_soon() -> None:
    late = Setback("no answer", 0.0, False, 9)
    assert setback_of(Unreachable("broke off"), late, True, 0.0, Random(3)).times == 1


@given(times=st.integers(1, 10_000), seed=st.integers(0, 99))
def test_waits_grow_to_a_bound(times: int, seed: int) -> None:
    waited = delay_s(times, Random(seed))
    assert NETWORK_S[0] / 2 <= waited <= NETWORK_S[1]
    assert delay_s(times, Random(seed)) == waited, "the same chance gives the same wait"
