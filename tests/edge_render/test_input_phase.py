"""Pictures are drawn just after an input comes, at whatever phase they began."""

from __future__ import annotations

import random
from statistics import mean

import pytest

from edge_render.draw_schedule import Draw, DrawSchedule, Wish
from edge_render.input_phase import TARGET_NS, InputPhase
from edge_render.pose import Pose
from edge_render.renderer import SceneHandle, View

MS = 1_000_000
FPS = 30.0


def waits_ms(input_hz: float, jitter_ms: float = 0.0, loss: float = 0.0, seconds: int = 20) -> tuple[list[float], int]:
    """How long the shown inputs waited to be drawn, after the first seconds; and how many pictures came in all."""
    luck = random.Random(5)
    inputs = sorted(
        round(1e9 * number / input_hz + luck.random() * jitter_ms * MS)
        for number in range(round(seconds * input_hz))
        if luck.random() >= loss
    )
    schedule: DrawSchedule[str] = DrawSchedule()
    schedule.add("visitor", SceneHandle(1), FPS)
    waits: list[float] = []
    pictures = 0
    for number, (at_ns, next_ns) in enumerate(zip(inputs, [*inputs[1:], inputs[-1] + MS], strict=True)):
        pose = Pose((number * 0.01, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
        schedule.want("visitor", Wish(View(pose, 1.0, 64, 64), number, at_ns), at_ns)
        now_ns = at_ns
        while (found := schedule.next(now_ns)) is not None:
            if isinstance(found, Draw):
                pictures += 1
                if at_ns > 4e9:
                    waits.append((now_ns - found.wish.input_at_ns) / MS)
                continue
            assert isinstance(found, int)
            if found >= next_ns:
                break
            now_ns = found
    return waits, pictures


@pytest.mark.parametrize("input_hz", [60, 90, 120])
@pytest.mark.parametrize(("jitter_ms", "loss"), [(0.0, 0.0), (2.0, 0.03), (4.0, 0.03)])
def test_the_shown_input_is_fresh(input_hz: float, jitter_ms: float, loss: float) -> None:
    waits, pictures = waits_ms(input_hz, jitter_ms, loss)
    assert mean(waits) < 4.0, "half an input would be 8 ms at 60 inputs a second"
    assert pictures == pytest.approx(20 * FPS, rel=0.02), "and no more pictures are drawn"


def test_where_each_picture_has_its_own_input_nothing_is_moved() -> None:
    phase = InputPhase()
    for number in range(10):
        phase.on_input(round(number * 1e9 / FPS))
    assert phase.step_ns(round(9.5e9 / FPS), round(1e9 / FPS)) == 0


def test_the_next_picture_comes_earlier_or_later_whichever_is_nearer() -> None:
    phase = InputPhase()
    for number in range(10):
        phase.on_input(5000 * MS + (number - 9) * 16 * MS)
    assert phase.step_ns(5000 * MS + TARGET_NS, 33 * MS) == 0, "in phase"
    assert phase.step_ns(5000 * MS + 6 * MS, 33 * MS) > 0
    assert phase.step_ns(5000 * MS + 12 * MS, 33 * MS) < 0, "the next input is nearer"


def test_a_few_inputs_after_a_rest_are_no_rhythm_yet() -> None:
    phase = InputPhase()
    for number in range(10):
        phase.on_input(number * 16 * MS)
    assert phase.step_ns(9 * 16 * MS + 6 * MS, 33 * MS) > 0
    phase.on_input(5000 * MS)
    assert phase.step_ns(5000 * MS + 6 * MS, 33 * MS) == 0
