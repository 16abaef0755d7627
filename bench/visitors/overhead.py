"""``make bench-load-overhead``: does locust's delay agree with a browser's?

One visitor of locust and one of Chromium walk the same steps on the same node at the same time. Compared is the same
span: from sending an input to the arrival of the last packet of the first picture that shows it. Chromium tells that
arrival as ``receiveTime`` of requestVideoFrameCallback's metadata (WICG video-rvfc); the join is the same code for
both. The node's pictures are drawn ahead of time, so that drawing does not blur the comparison.

Judged is that span less the input's wait for its turn, which the node tells with each frame: 30 inputs a second meet 30
frames a second, and at which phase is a matter of chance, other for each visitor and worth up to 33 ms. The visitors
look around and do not walk, as a walking visitor's pictures change between inputs too.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from bench.network.figures import percentile
from bench.node_process import CHROMIUM_FLAGS, NodeProcess, chromium_path
from bench.visitors.__main__ import load_node, run_locust
from bench.visitors.access_units import Picture
from bench.visitors.frame_timing import FrameTiming
from bench.visitors.options import HEIGHT, WIDTH
from bench.visitors.run_record import Row
from bench.visitors.samples import What
from bench.visitors.walk_path import Step, load_path
from edge_render.demo import build_demo

MAX_DIFFERENCE_MS = 5.0
SETTLE_S = 3.0
CHROMIUM, LOCUST = "Chromium, less the wait", "locust, less the wait"
LIVE_TIMEOUT_MS = 30_000
PROBE = Path(__file__).with_name("overhead_probe.js")


@dataclass(frozen=True, slots=True)
class Delays:
    """Of one visitor, milliseconds."""

    median_ms: float
    p95_ms: float
    mean_ms: float
    count: int


@dataclass(frozen=True, slots=True)
class Notes:
    """What the page's probe has noted; times in milliseconds of the page's clock."""

    inputs: list[tuple[int, float]]
    frames: dict[int, tuple[int, float]]
    """Input and its wait for a turn, by RTP timestamp."""
    pictures: list[tuple[int, float]]
    """RTP timestamp and arrival, or display."""


def delays_of(notes: Notes, what: What) -> list[float]:
    """In milliseconds, joined by the code that the load's visitors use."""
    timing, delays = FrameTiming(), list[float]()
    inputs = ((at_ms, 0, seq) for seq, at_ms in notes.inputs)
    pictures = ((at_ms, 1, timestamp) for timestamp, at_ms in notes.pictures)
    for at_ms, kind, number in sorted([*inputs, *pictures]):
        if kind == 0:
            timing.input_sent(number, at_ms / 1e3)
            continue
        samples = timing.picture(Picture(number, at_ms / 1e3, key_frame=False, packets=1, size_bytes=0))
        if number in notes.frames:
            samples += timing.described(number, *notes.frames[number])
        delays += [sample.ms for sample in samples if sample.what is what and sample.ms is not None]
    return delays


def summary(delays_ms: list[float]) -> Delays:
    """Raises ValueError where there is nothing to sum up."""
    if not delays_ms:
        raise ValueError("no input was seen in a picture")
    return Delays(median(delays_ms), percentile(delays_ms, 0.95), fmean(delays_ms), len(delays_ms))


def of_row(row: Row) -> Delays:
    """What locust kept; it rounds to milliseconds."""
    return Delays(row.percentiles["p50"], row.percentiles["p95"], row.mean, row.count)


def compare(browser: Browser, node: NodeProcess, steps: list[Step], record: Path, options: Any) -> dict[str, Delays]:
    """Both visitors at the same time; returns what each says."""
    with browser.new_context(viewport={"width": WIDTH, "height": HEIGHT}, bypass_csp=True) as context:
        page = context.new_page()
        page.add_init_script(path=PROBE)
        page.goto(node.url)
        page.wait_for_function("window.edgeRender?.state === 'live'", timeout=LIVE_TIMEOUT_MS)
        walk = [(step.yaw_rad, step.pitch_rad, step.right, step.forward) for step in steps]
        page.evaluate(
            "(steps) => { (async () => { for (;;) await overheadProbe.walk(steps); })(); }",
            walk,
        )
        hold = ("--hold", "1", "--hold-seconds", str(options.seconds), "--settle-seconds", str(SETTLE_S))
        same = ("--path", options.path, "--seed", str(options.seed), "--picture", f"{WIDTH}x{HEIGHT}")
        began_ms = float(page.evaluate("performance.now()")) + SETTLE_S * 1e3
        run = run_locust(node, record, *hold, *same, quiet=True)
        taken: dict[str, list[list[float]]] = page.evaluate("overheadProbe")
    if run is None or not run.steps:
        sys.exit("bench-load-overhead: locust has measured nothing")
    inputs = [(int(seq), at_ms) for seq, at_ms in taken["inputs"]]
    frames = {int(rtp): (int(seq), wait_ms) for rtp, seq, wait_ms in taken["frames"]}
    late = [(int(rtp), received, shown) for rtp, received, shown in taken["pictures"] if shown > began_ms]
    received = Notes(inputs, frames, [(rtp, received_ms) for rtp, received_ms, _ in late])
    shown = Notes(inputs, frames, [(rtp, shown_ms) for rtp, _, shown_ms in late])
    return {
        "Chromium": summary(delays_of(received, What.INPUT_TO_FRAME)),
        "locust": of_row(run.rows[What.INPUT_TO_FRAME.value]),
        "Chromium, to its display callback": summary(delays_of(shown, What.INPUT_TO_FRAME)),
        CHROMIUM: summary(delays_of(received, What.WORK)),
        LOCUST: of_row(run.rows[What.WORK.value]),
    }


def main() -> None:
    """Measure and print; a goal that is missed is said, and is no error."""
    parser = argparse.ArgumentParser(prog="python -m bench.visitors.overhead", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=15.0, help="of each round")
    parser.add_argument("--path", default="look")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    steps = list(load_path(options.path).walk(options.seed, 0, 0))
    print("input to the last packet of the first picture that shows it, ms: median / p95 / mean", flush=True)
    differences = []
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        package = build_demo(Path(folder))
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        with load_node(package, f"{WIDTH}x{HEIGHT}", recorded=True) as node:
            for number in range(1, options.rounds + 1):
                found = compare(browser, node, steps, Path(folder) / f"{number}-{time.monotonic_ns()}.json", options)
                for name, delays in found.items():
                    figures = f"{delays.median_ms:6.1f} /{delays.p95_ms:6.1f} /{delays.mean_ms:6.1f}"
                    print(f"round {number}  {name:<36}{figures}  of {delays.count}", flush=True)
                differences.append(found[LOCUST].median_ms - found[CHROMIUM].median_ms)
        browser.close()
    difference_ms = median(differences)
    reached = "reached" if abs(difference_ms) <= MAX_DIFFERENCE_MS else "MISSED "
    each = ", ".join(f"{one:+.1f}" for one in differences)
    print(
        f"{reached}  locust less Chromium: {difference_ms:+.1f} ms ({each}), at most {MAX_DIFFERENCE_MS:g} either way"
    )


if __name__ == "__main__":
    main()
