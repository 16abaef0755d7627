"""What the page sent becomes a state for each thirtieth of a second."""

from __future__ import annotations

import pytest

from bench.visitors.record_path import steps_of


def test_states_are_read_at_thirtieths_of_a_second() -> None:
    notes = {
        "inputs": [[0.0, 1.0, 0.5, 0.0, 0.0], [100.0, 1.3, 0.5, 0.0, 1.0], [900.0, 1.0, 0.5, 0.0, 0.0]],
        "taps": [[110.0, 0.25, 0.75]],
    }
    steps = steps_of(notes, 0.0, 1000.0)
    assert len(steps) == 30
    assert [round(step.yaw_rad, 3) for step in steps[:5]] == [0.0, 0.1, 0.2, 0.3, 0.3], "moved on between the inputs"
    assert steps[20].yaw_rad == pytest.approx(0.3), "at rest until the next movement"
    assert steps[29].yaw_rad == pytest.approx(0.0)
    assert [step.forward for step in steps[2:5]] == [0.0, 1.0, 1.0]
    assert [index for index, step in enumerate(steps) if step.tap is not None] == [4]
    assert steps[4].tap == (0.25, 0.75)
