"""A seed repeats a walk to the step."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.visitors.walk_path import (
    PathError,
    Step,
    WalkPath,
    load_path,
    parse_path,
    path_content,
    path_names,
)

TURN = WalkPath("turn", tuple(Step(0.01 * index, 0.0, 0.0, 0.5) for index in range(90)))


def test_the_same_seed_gives_the_same_walk() -> None:
    path = load_path("stroll")
    assert list(path.walk(3, 5, 1)) == list(path.walk(3, 5, 1))
    walks = {tuple(path.walk(seed, visitor, visit)) for seed in (1, 2) for visitor in (0, 1) for visit in (0, 1)}
    assert len(walks) == 8, "another seed, visitor or visit walks another way"


def test_what_a_seed_means_stays() -> None:
    # Reports of different days are compared by their seeds.
    first = next(iter(TURN.walk(1, 0, 0)))
    steps = list(TURN.walk(1, 0, 0))
    assert first.yaw_rad == 0.0
    assert len(steps) == len(TURN.steps)
    assert [round(step.yaw_rad, 4) for step in steps[:3]] == [0.0, -0.01, -0.02]


@given(st.integers(), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_view_never_jumps(seed: int, visitor: int, visit: int) -> None:
    steps = list(TURN.walk(seed, visitor, visit))
    assert steps[0].yaw_rad == 0.0, "a visitor begins where the node lets them look"
    assert all(abs(now.yaw_rad - before.yaw_rad) <= 0.0101 for before, now in pairwise(steps))


def test_left_and_right_are_swapped_together() -> None:
    step = Step(0.5, 0.1, 0.7, 0.3, (0.25, 0.6))
    assert step.mirrored() == Step(-0.5, 0.1, -0.7, 0.3, (0.75, 0.6))
    assert step.mirrored().mirrored() == step


def test_a_path_is_read_as_it_was_written(tmp_path: Path) -> None:
    steps = [Step(0.1 * index, 0.0, 0.0, 1.0, (0.5, 0.5) if index == 3 else None) for index in range(40)]
    file = tmp_path / "mine.json"
    file.write_text(json.dumps(path_content(steps, "by hand")))
    path = load_path(str(file))
    assert (path.name, len(path.steps), path.steps[3].tap) == ("mine", 40, (0.5, 0.5))
    assert path.moving_share == 1.0


@pytest.mark.parametrize("name", path_names())
def test_paths_that_come_with_the_bench(name: str) -> None:
    path = load_path(name)
    assert path.seconds >= 20.0
    assert path.moving_share > 0.5
    assert all(-1.0 <= step.right <= 1.0 and -1.0 <= step.forward <= 1.0 for step in path.steps)


def test_the_usual_path_has_all_that_visitors_do() -> None:
    steps = load_path("stroll").steps
    assert any(step.tap is not None for step in steps)
    assert any(step.forward != 0.0 for step in steps)
    assert any(now == before for before, now in pairwise(steps)), "they stand"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({}, "no recorded path"),
        ({"rate_hz": 60.0, "taps": [], "steps": []}, "30 are needed"),
        ({"rate_hz": 30.0, "taps": [], "steps": [[0, 0, 0, 0]]}, "shorter than a second"),
        ({"rate_hz": 30.0, "taps": [], "steps": [[0, 0, 0]] * 40}, "no recorded path"),
        ([], "no recorded path"),
    ],
)
def test_what_is_no_path_is_refused(content: object, message: str) -> None:
    with pytest.raises(PathError, match=message):
        parse_path(content, "mine")


def test_a_missing_path_names_those_that_there_are(tmp_path: Path) -> None:
    with pytest.raises(PathError, match="stroll"):
        load_path("nowhere")
    broken = tmp_path / "broken.json"
    broken.write_text("{")
    with pytest.raises(PathError, match="not JSON"):
        load_path(str(broken))
