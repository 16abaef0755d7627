"""The options of the load test, beside locust's own: on the command line, in its environment and on its web page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bench.network.profiles import PROFILES
from bench.visitors.ramp import Bounds, Schedule
from bench.visitors.walk_path import path_names

WIDTH, HEIGHT = 640, 360


def add_options(parser: Any) -> None:
    """Add them to locust's parser; locust calls this."""
    group = parser.add_argument_group("Visitors of an edge node")
    schedule, bounds = Schedule(), Bounds()
    group.add_argument("--path", default="stroll", help=f"recorded path: {', '.join(path_names())}, or a file (.json)")
    group.add_argument("--seed", type=int, default=1, help="of the visitors' ways; the same seed repeats a run")
    group.add_argument("--picture", default=f"{WIDTH}x{HEIGHT}", help="pixels that a visitor can show")
    group.add_argument(
        "--network",
        default="",
        choices=["", *PROFILES],
        help="put this network before a node on the same machine; a link of its own for each visitor",
    )
    group.add_argument(
        "--hold", type=int, default=0, help="so many visitors all the time, in the place of the ramp; 0 ramps"
    )
    group.add_argument("--hold-seconds", type=float, default=60.0, help="how long with --hold")
    group.add_argument("--from-visitors", type=int, default=schedule.first, help="the ramp's first step")
    group.add_argument("--step-visitors", type=int, default=schedule.step, help="how many more with each step")
    group.add_argument("--to-visitors", type=int, default=schedule.last, help="the ramp's last step")
    group.add_argument("--settle-seconds", type=float, default=schedule.settle_s, help="not judged, in each step")
    group.add_argument("--window-seconds", type=float, default=schedule.window_s, help="judged, in each step")
    group.add_argument(
        "--max-delay-p95-ms", type=float, default=bounds.delay_p95_ms, help="bound: input to frame, 95th percentile"
    )
    group.add_argument("--min-fps", type=float, default=bounds.fps, help="bound: frames a second while moving")
    group.add_argument(
        "--max-frozen", type=float, default=bounds.frozen_share, help="bound: share of moving time that is frozen"
    )
    group.add_argument("--max-failed", type=int, default=bounds.failed, help="bound: visits that failed, in a window")
    group.add_argument("--node-pid", type=int, default=0, help="of a node on the same machine, to tell its CPU")
    group.add_argument("--about", default="", help="said in the report of what was measured: node, content, place")
    group.add_argument("--record", default="", help="write what was measured to this file, for bench.visitors.report")


@dataclass(frozen=True, slots=True)
class PictureSize:
    width: int
    height: int


def picture_size(text: str) -> PictureSize:
    """Reads ``640x360``. Raises ValueError."""
    width, separator, height = text.partition("x")
    if not (separator and width.isdigit() and height.isdigit()):
        raise ValueError(f"--picture {text}: give it as WIDTHxHEIGHT, such as {WIDTH}x{HEIGHT}")
    return PictureSize(int(width), int(height))


def schedule_of(options: Any) -> Schedule:
    """What the ramp is to do."""
    if options.hold:
        return Schedule(options.hold, 1, options.hold, options.settle_seconds, options.hold_seconds, 1)
    return Schedule(
        options.from_visitors,
        options.step_visitors,
        options.to_visitors,
        options.settle_seconds,
        options.window_seconds,
    )


def bounds_of(options: Any) -> Bounds:
    """What the visitors must get."""
    return Bounds(options.max_delay_p95_ms, options.min_fps, options.max_frozen, options.max_failed)
