"""``make bench-cluster``: what visitors notice of what happens to a site in a cluster, each case with its bound.

A real control plane, our manifests, gateways and renderers as processes, and visitors who turn their heads all the
time. Renderers show recorded pictures, so that drawing is not the bound: ``make bench-recovery`` measures the same in a
browser with a real renderer.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import platform
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Final

from bench.cluster import cases
from bench.cluster.control_plane import control_plane
from bench.cluster.crowd import Crowd, crowd
from bench.cluster.errors import ClusterBenchError
from bench.cluster.outcome import Outcome, table
from bench.cluster.overlay import SiteOptions
from bench.cluster.site import Site, running_site
from bench.cluster.small_room import build_small_room
from bench.recorded_renderer import record_turn
from bench.visitors.fleet_stay import SIZE

RENDERERS: Final = 3
CASE_TIMEOUT_S: Final = 240.0
VIEWS: Final = 60
OPTIONS: Final = {
    "EDGE_RENDER_FPS": "10",
    "EDGE_RENDER_CODECS": "h264",
    "EDGE_RENDER_DRAIN_WAIT_S": "2",
    "EDGE_RENDER_HAND_OVER_S": "10",
}

CASES: Final = (
    "killed_renderer",
    "killed_gateway",
    "restarted_api_server",
    "evicted_renderer",
    "new_version",
    "scaled_down",
    "scaled_up",
)
Case = Callable[[Site, Crowd], Awaitable[Outcome]]


def main() -> int:
    """Measure and print; the exit status says whether all bounds were reached."""
    parser = argparse.ArgumentParser(prog="python -m bench.cluster", description=__doc__)
    parser.add_argument("--visitors", type=int, default=12)
    parser.add_argument("--kills", type=int, default=5, help="how often a renderer is killed")
    parser.add_argument("--cases", nargs="+", choices=CASES, help="only these; scaled_up comes after scaled_down")
    parser.add_argument("--logs", type=Path, help="keep the pods' logs in this folder")
    options = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("aioice").setLevel(logging.ERROR)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, {os.getloadavg()[0]:.1f} programs at work beside us"
    print(f"{machine}; {options.visitors} visitors at {SIZE[0]}x{SIZE[1]}")
    try:
        outcomes = asyncio.run(_measure(options.visitors, options.kills, options.cases, options.logs))
    except ClusterBenchError as error:
        print(f"bench-cluster: {error}", file=sys.stderr)
        return 2
    print(table(outcomes))
    return 1 if any(one.missed for one in outcomes) else 0


async def _measure(visitors: int, kills: int, names: list[str] | None, logs: Path | None) -> list[Outcome]:
    with tempfile.TemporaryDirectory() as made, control_plane(controllers=True) as plane:
        folder = Path(made)
        package = build_small_room(folder / "room")
        turn = record_turn(package, folder, *SIZE, VIEWS)
        site_options = SiteOptions(
            renderer_command=[
                *("python", "-m", "bench.cluster.recorded_renderer"),
                *("--package", str(package.root), "--turn", str(turn)),
            ],
            renderers=RENDERERS,
            # Without one renderer the others have room for all, and for those who come and go.
            renderer_options={**OPTIONS, "EDGE_RENDER_MAX_VISITS": str(2 * visitors)},
        )
        newer = replace(site_options, renderer_options={**site_options.renderer_options, "EDGE_RENDER_FPS": "11"})
        todo: list[Case] = [
            partial(cases.killed_renderer, times=kills),
            cases.killed_gateway,
            cases.restarted_api_server,
            cases.evicted_renderer,
            partial(cases.new_version, options=newer),
            partial(cases.scaled_down, renderers=RENDERERS - 1),
            partial(cases.scaled_up, renderers=RENDERERS),
        ]
        outcomes = []
        async with running_site(plane, logs or folder / "site", site_options, ["node-a", "node-b"]) as site:
            for case in [case for name, case in zip(CASES, todo, strict=True) if names is None or name in names]:
                async with asyncio.timeout(CASE_TIMEOUT_S), crowd(site.url) as visiting:
                    await visiting.enter(visitors)
                    found = await case(site, visiting)
                    outcomes.append(replace(found, late_s=visiting.late_s))
                    print(table(outcomes[-1:]), flush=True)
                await site.rolled_out()
        return outcomes


if __name__ == "__main__":
    sys.exit(main())
