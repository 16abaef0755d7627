"""``make bench-network``: every sender through every profile, in one run on one machine."""

from __future__ import annotations

import argparse
import os
import platform
import sys
import tempfile
import time
from pathlib import Path

import structlog
from playwright.sync_api import Browser, sync_playwright
from playwright.sync_api import Error as PlaywrightError

from bench.network.figures import Figures, figures_of
from bench.network.profiles import PROFILES, QUICK, Profile
from bench.network.report import HEADER, goals, line, write_json
from bench.network.senders import COMPARED, SENDERS
from bench.network.trace import write_trace
from bench.network.visitor import SIZE, record_visit
from bench.node_process import CHROMIUM_FLAGS, NodeProcess, chromium_path
from bench.recorded_renderer import RecordedTurn, record_turn
from edge_render.demo import build_demo

KEPT = Path("var/bench-network")
SWITCH_INTERVAL_S = 0.0005
"""So that the relay's thread is not held up for the interpreter's usual 5 ms."""


def main() -> None:
    """Measure and print; a goal that is missed is said, and is no error."""
    options = _options()
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(30))
    profiles = [PROFILES[name] for name in options.profiles]
    if options.seconds is not None:
        profiles = [profile.lasting(options.seconds) for profile in profiles]
    minutes = len(options.senders) * sum(profile.lasts_s + 3.0 for profile in profiles) / 60.0
    print(
        f"{platform.machine()}, {os.cpu_count()} cores; {SIZE[0]}x{SIZE[1]} at 30 frames/s, the visitor turns; ", end=""
    )
    print(f"seed {options.seed}; about {minutes:.0f} minutes. ms, kbit/s\n\n{HEADER}", flush=True)
    results: list[Figures] = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        package = build_demo(Path(folder))
        file = record_turn(package, KEPT, *SIZE)
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        for sender in options.senders:
            program = (sys.executable, "-m", "bench.network.node")
            with NodeProcess(package.root, "--turn", str(file), "--sender", sender, program=program) as node:
                results += _through(browser, node, sender, profiles, RecordedTurn(file), options)
        browser.close()
    for sender in options.senders:
        print(f"\nmust reach: {sender}")
        for what, value, reached in goals(figures for figures in results if figures.sender == sender):
            print(f"{'reached' if reached else 'MISSED ':<9}{what}: {value}")
    out = KEPT / f"{time.strftime('%Y%m%d-%H%M%S')}.json"
    write_json(out, results, {"seed": options.seed, "cores": os.cpu_count(), "machine": platform.machine()})
    print(f"\nall figures: {out}")


def _through(
    browser: Browser,
    node: NodeProcess,
    sender: str,
    profiles: list[Profile],
    turn: RecordedTurn,
    options: argparse.Namespace,
) -> list[Figures]:
    """One sender through the profiles, each with a row of the table; what shows nothing is said, and has no row."""
    results: list[Figures] = []
    for profile in profiles:
        try:
            recording = record_visit(browser, node, sender, profile, options.seed, keep_packets=options.trace)
            cap_bps = profile.down.rates[0].rate_bps if profile.down.rates else None
            figures = figures_of(recording, turn, cap_bps)
        except (PlaywrightError, ValueError) as error:
            print(f"{profile.name:<13}{sender:<10}no figures: {str(error).splitlines()[0]}", flush=True)
            continue
        results.append(figures)
        clean = next((one for one in results if one.profile == "clean"), None)
        print(line(figures, clean), flush=True)
        if options.trace:
            print(f"{'':<13}  trace: {write_trace(KEPT, recording)}")
    return results


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.network", description=__doc__)
    parser.add_argument("--profiles", nargs="+", choices=PROFILES, default=list(PROFILES), metavar="NAME")
    parser.add_argument("--senders", nargs="+", choices=SENDERS, default=list(COMPARED), metavar="NAME")
    parser.add_argument("--quick", action="store_true", help=f"only {', '.join(QUICK)}")
    parser.add_argument("--seconds", type=float, help="of each profile without a schedule, from opening the page")
    parser.add_argument("--seed", type=int, default=1, help="of losses and jitter")
    parser.add_argument("--trace", action="store_true", help=f"write every frame and packet to {KEPT}/")
    options = parser.parse_args()
    if options.quick:
        options.profiles = list(QUICK)
    return options


if __name__ == "__main__":
    main()
