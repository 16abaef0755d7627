"""What the page's probe notes becomes the same figures as what the load's visitors notice."""

from __future__ import annotations

import pytest

from bench.visitors.overhead import Delays, Notes, delays_of, summary
from bench.visitors.samples import What

NOTES = Notes(
    inputs=[(1, 100.0), (2, 133.0), (3, 166.0), (4, 200.0)],
    frames={9000: (1, 2.0), 12_000: (3, 12.0), 15_000: (3, 0.0)},
    pictures=[(9000, 120.0), (12_000, 190.0), (15_000, 223.0), (18_000, 256.0)],
)


def test_only_what_shows_a_new_input_counts() -> None:
    assert delays_of(NOTES, What.INPUT_TO_FRAME) == pytest.approx([20.0, 24.0])


def test_the_wait_for_a_turn_is_taken_off() -> None:
    assert delays_of(NOTES, What.WORK) == pytest.approx([18.0, 12.0])


def test_the_summary() -> None:
    assert summary([3.0, 1.0, 2.0]) == Delays(2.0, 3.0, 2.0, 3)
    with pytest.raises(ValueError, match="no input was seen"):
        summary([])
