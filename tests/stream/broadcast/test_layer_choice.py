"""A follower's layer: down at once, up with patience."""

from __future__ import annotations

from stream.broadcast.layer_choice import DOWN_AFTER_S, UP_AFTER_MAX_S, UP_AFTER_S, LayerChoice

LAYERS_BPS = (3e6, 6e5)
STEP_S = 0.25


def watch(choice: LayerChoice, link_bps: float, from_s: float, lasts_s: float) -> float | None:
    """When the layer changed, seconds after ``from_s``; None where it did not."""
    before = choice.layer
    for step in range(round(lasts_s / STEP_S) + 1):
        choice.on_link(link_bps, LAYERS_BPS, from_s + step * STEP_S)
        if choice.layer != before:
            return step * STEP_S
    return None


def test_a_link_that_carries_the_best_layer_stays_on_it() -> None:
    assert watch(LayerChoice(2, 0.0), 3e6, 0.0, 60.0) is None


def test_a_narrow_link_goes_down_soon_but_not_for_a_moment_of_it() -> None:
    choice = LayerChoice(2, 0.0)
    choice.on_link(1e6, LAYERS_BPS, 0.0)
    choice.on_link(9e6, LAYERS_BPS, 0.25)
    assert watch(choice, 1e6, 1.0, 5.0) == DOWN_AFTER_S
    assert watch(choice, 1e5, 10.0, 60.0) is None, "there is nothing below the lowest"


def test_a_link_that_widens_goes_up_after_a_while_and_one_that_is_only_just_wide_enough_stays() -> None:
    choice = LayerChoice(2, 0.0)
    choice.on_too_slow(0.0)
    assert choice.layer == 1
    assert watch(choice, 3.2e6, 1.0, 60.0) is None
    assert watch(choice, 4e6, 100.0, 60.0) == UP_AFTER_S


def test_going_up_in_vain_takes_ever_more_patience_up_to_a_bound() -> None:
    choice, now_s, waits_s = LayerChoice(2, 0.0), 0.0, []
    choice.on_too_slow(now_s)
    for _ in range(6):
        took_s = watch(choice, 9e6, now_s, 60.0)
        assert took_s is not None
        waits_s.append(took_s)
        now_s += took_s + 1.0
        choice.on_too_slow(now_s)
    assert waits_s == sorted(waits_s)
    assert waits_s[0] < waits_s[1]
    assert waits_s[-1] == UP_AFTER_MAX_S


def test_one_loss_changes_nothing_and_a_second_soon_after_goes_down() -> None:
    choice = LayerChoice(2, 0.0)
    choice.on_lost(1.0)
    choice.on_lost(20.0)
    assert choice.layer == 0
    choice.on_lost(21.0)
    assert choice.layer == 1
