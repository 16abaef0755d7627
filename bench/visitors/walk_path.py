"""A recorded walk, and how one visitor walks it. Pure: a seed and the visitor's number decide everything.

The file is what the page sent while somebody walked through a showroom (``python -m bench.visitors.record_path``), 30
states of the input a second. Yaw counts from where the visitor looked on entering, so that a path fits any showroom;
the node keeps visitors between the walls.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATHS = Path(__file__).with_name("paths")
RATE_HZ = 30.0


class PathError(ValueError):
    """The file is no recorded path; the text tells why."""


@dataclass(frozen=True, slots=True)
class Step:
    """The input's state at one thirtieth of a second: radians, and the walking stick from -1 to 1."""

    yaw_rad: float
    pitch_rad: float
    right: float
    forward: float
    tap: tuple[float, float] | None = None
    """Where the visitor taps the picture at this step; 0..1 from the top left."""

    def mirrored(self) -> Step:
        """Left for right."""
        tap = None if self.tap is None else (1.0 - self.tap[0], self.tap[1])
        return Step(-self.yaw_rad, self.pitch_rad, -self.right, self.forward, tap)

    def looks_as(self, other: Step) -> bool:
        """Whether both look in the same direction."""
        return (self.yaw_rad, self.pitch_rad) == (other.yaw_rad, other.pitch_rad)

    def same_state(self, other: Step) -> bool:
        return self.looks_as(other) and (self.right, self.forward) == (other.right, other.forward)


@dataclass(frozen=True, slots=True)
class WalkPath:
    """A recording."""

    name: str
    steps: tuple[Step, ...]

    @property
    def seconds(self) -> float:
        return len(self.steps) / RATE_HZ

    @property
    def moving_share(self) -> float:
        """Share of steps that change the view."""
        changes = sum(not now.looks_as(before) for before, now in zip(self.steps, self.steps[1:], strict=False))
        return changes / max(1, len(self.steps) - 1)

    def walk(self, seed: int, visitor: int, visit: int) -> Iterator[Step]:
        """One visit's steps, as many as the path has: from a place of its own in the path, mirrored or not.

        Where the path begins anew it goes on from where it ended, without a jump of the view."""
        # A text, as tuples of numbers are hashed, and hashes may differ between versions of Python.
        randomness = random.Random(f"{seed}-{visitor}-{visit}")
        begin, mirrored = randomness.randrange(len(self.steps)), randomness.random() < 0.5
        origin, base_rad = self.steps[begin].yaw_rad, 0.0
        for index in range(len(self.steps)):
            at = (begin + index) % len(self.steps)
            if at == 0 and index > 0:
                base_rad += self.steps[-1].yaw_rad - origin
                origin = self.steps[0].yaw_rad
            step = self.steps[at]
            turned = Step(base_rad + step.yaw_rad - origin, step.pitch_rad, step.right, step.forward, step.tap)
            yield turned.mirrored() if mirrored else turned


def path_names() -> list[str]:
    """Those that come with the bench."""
    return sorted(file.stem for file in PATHS.glob("*.json"))


def load_path(name_or_file: str) -> WalkPath:
    """A path that comes with the bench, by name, or a file. Raises PathError."""
    file = Path(name_or_file) if name_or_file.endswith(".json") else PATHS / f"{name_or_file}.json"
    try:
        content: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PathError(f"no path '{name_or_file}': give a file, or one of {', '.join(path_names())}") from error
    except ValueError as error:
        raise PathError(f"{file} is not JSON: {error}") from error
    return parse_path(content, file.stem)


def parse_path(content: Any, name: str) -> WalkPath:
    """Raises PathError."""
    try:
        if content["rate_hz"] != RATE_HZ:
            raise PathError(f"{name} has {content['rate_hz']} steps a second; {RATE_HZ:g} are needed")
        taps = {int(index): (float(x), float(y)) for index, x, y in content["taps"]}
        steps = tuple(
            Step(float(yaw), float(pitch), float(right), float(forward), taps.get(index))
            for index, (yaw, pitch, right, forward) in enumerate(content["steps"])
        )
    except PathError:
        raise
    except (KeyError, TypeError, ValueError) as error:
        raise PathError(f"{name} is no recorded path: {type(error).__name__}: {error}") from error
    if len(steps) < RATE_HZ:
        raise PathError(f"{name} is shorter than a second")
    return WalkPath(name, steps)


def path_content(steps: list[Step], recorded: str) -> dict[str, Any]:
    """What a path's file holds. ``recorded`` says how it was made."""
    return {
        "recorded": recorded,
        "rate_hz": RATE_HZ,
        "taps": [[index, *step.tap] for index, step in enumerate(steps) if step.tap is not None],
        "steps": [
            [round(step.yaw_rad, 4), round(step.pitch_rad, 4), round(step.right, 3), round(step.forward, 3)]
            for step in steps
        ],
    }
