"""The ramp goes on while all bounds hold, and believes in a bad window when a second one follows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from bench.visitors.ramp import Bounds, Histogram, Ramp, Schedule, Snapshot, StepFigures, figures_of
from bench.visitors.samples import Tally, What

SCHEDULE = Schedule(first=1, step=2, last=9, settle_s=3.0, window_s=5.0)
BOUNDS = Bounds()


def seconds_of(visitors: int, delay_ms: int, gap_ms: int = 33, failed: int = 0) -> Snapshot:
    """What comes in one second."""
    frames = visitors * 1000 // gap_ms
    return Snapshot(
        {
            What.INPUT_TO_FRAME: Histogram({delay_ms: frames}, float(delay_ms * frames)),
            What.FRAME_GAP: Histogram({gap_ms: frames}, float(gap_ms * frames)),
            What.STEP_LATE: Histogram({1: 30 * visitors}, 30.0 * visitors),
        },
        failed,
        Tally(packets_expected=100 * visitors, packets_lost=visitors, received_bytes=125_000 * visitors),
    )


def plus(total: Snapshot, more: Snapshot) -> Snapshot:
    rows = {}
    for what in {*total.rows, *more.rows}:
        counts = dict(total.row(what).counts)
        for ms, count in more.row(what).counts.items():
            counts[ms] = counts.get(ms, 0) + count
        rows[what] = Histogram(counts, total.row(what).total_ms + more.row(what).total_ms)
    tally = replace(total.tally)
    tally.add(more.tally)
    return Snapshot(rows, total.failed + more.failed, tally)


def run(ramp: Ramp, each_second: Callable[[int, int], Snapshot]) -> list[StepFigures]:
    """``each_second`` is given the second and how many visitors there are."""
    total, figures = Snapshot(), list[StepFigures]()
    for second in range(1000):
        if ramp.finished:
            return figures
        total = plus(total, each_second(second, ramp.visitors))
        if (step := ramp.tick(float(second), ramp.visitors, total)) is not None:
            figures.append(step)
    raise AssertionError("the ramp does not end")


def test_the_capacity_is_the_last_step_that_held() -> None:
    ramp = Ramp(SCHEDULE, BOUNDS)
    steps = run(ramp, lambda _, visitors: seconds_of(visitors, 60 if visitors <= 5 else 200))
    assert [(step.visitors, bool(step.broken)) for step in steps] == [
        (1, False),
        (3, False),
        (5, False),
        (7, True),
        (7, True),
    ]
    assert ramp.capacity == 5
    assert ramp.limited_by == "input to frame p95 200 ms, at most 150"


def test_one_bad_window_is_no_breakage() -> None:
    ramp = Ramp(SCHEDULE, BOUNDS)
    # The first step settles until second 3 and is judged until 8.
    run(ramp, lambda second, visitors: seconds_of(visitors, 400 if 3 < second <= 8 else 60))
    assert [(step.visitors, bool(step.broken)) for step in ramp.steps[:3]] == [(1, True), (1, False), (3, False)]
    assert ramp.capacity == 9
    assert ramp.limited_by == "the ramp's end: all bounds still held with 9 visitors"


def test_what_comes_while_a_step_settles_does_not_count() -> None:
    ramp = Ramp(SCHEDULE, BOUNDS)
    joined = {1: 0, 3: 8, 5: 16, 7: 24, 9: 32}
    run(ramp, lambda second, visitors: seconds_of(visitors, 900 if second - joined[visitors] <= 2 else 60))
    assert not any(step.broken for step in ramp.steps)


def test_a_step_begins_when_all_have_come() -> None:
    ramp = Ramp(SCHEDULE, BOUNDS)
    for second in range(60):
        assert ramp.tick(float(second), 0, Snapshot()) is None
    assert ramp.steps == []
    assert ramp.limited_by == "the run was stopped before the ramp was through"


def test_a_node_that_shows_nothing_has_no_capacity() -> None:
    ramp = Ramp(SCHEDULE, BOUNDS)
    run(ramp, lambda *_: Snapshot())
    assert ramp.capacity == 0
    assert "no input was seen" in ramp.limited_by


@pytest.mark.parametrize(
    ("window", "broken"),
    [
        (seconds_of(2, 100), ()),
        (seconds_of(2, 100, gap_ms=50), ("20.0 frames/s while moving, at least 24",)),
        (seconds_of(2, 100, failed=2), ("2 visits failed, at most 0",)),
        (
            replace(seconds_of(2, 100), tally=Tally(freezes=1, frozen_ms=500.0)),
            ("frozen 25.3 % of the time, at most 2",),
        ),
    ],
)
def test_each_bound_can_break(window: Snapshot, broken: tuple[str, ...]) -> None:
    assert figures_of(2, 1.0, window, BOUNDS).broken == broken


def test_the_figures_of_a_window() -> None:
    figures = figures_of(2, 1.0, seconds_of(2, 80), BOUNDS)
    assert (figures.delay_p50_ms, figures.delay_p95_ms) == (80.0, 80.0)
    assert figures.fps == pytest.approx(1000 / 33)
    assert figures.lost_share == pytest.approx(0.01)
    assert figures.kbps == pytest.approx(1000.0)


def test_percentiles_by_the_nearest_rank() -> None:
    histogram = Histogram({10: 90, 20: 9, 500: 1}, 1580.0)
    assert [histogram.percentile(share) for share in (0.0, 0.5, 0.9, 0.98, 0.99, 1.0)] == [10, 10, 20, 20, 500, 500]
    assert histogram.minus(Histogram({10: 90}, 900.0)).counts == {20: 9, 500: 1}


def test_a_late_load_generator_is_named() -> None:
    late = {What.STEP_LATE: Histogram({50: 30}, 1500.0)}
    ramp = Ramp(SCHEDULE, BOUNDS)
    run(ramp, lambda _, visitors: replace(s := seconds_of(visitors, 300), rows={**s.rows, **late}))
    assert "load generator itself was late" in ramp.limited_by
