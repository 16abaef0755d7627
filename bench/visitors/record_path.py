"""Records a path: what the page sends while a mouse and keys take a tour in it.

``python -m bench.visitors.record_path stroll --output FILE`` plays one of the tours below in a headless Chromium. With
``--by-hand URL`` a window opens on that node, and whoever sits there walks until they close it.
"""

from __future__ import annotations

import argparse
import json
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, sync_playwright

from bench.node_process import CHROMIUM_FLAGS, NodeProcess, chromium_path
from bench.visitors.walk_path import PATHS, RATE_HZ, Step, path_content
from edge_render.demo import build_demo

SIZE = (1280, 720)
CENTRE = (640.0, 380.0)
MOVE_INTERVAL_S = 1.0 / 60.0
LIVE_TIMEOUT_MS = 30_000
SAME_MOVEMENT_MS = 120.0
PROBE = """
(() => {
  const notes = { inputs: [], taps: [] };
  const send = RTCDataChannel.prototype.send;
  RTCDataChannel.prototype.send = function (data) {
    const { type, yaw, pitch, right, forward, x, y } = JSON.parse(data);
    if (type === "input") notes.inputs.push([performance.now(), yaw, pitch, right, forward]);
    if (type === "tap") notes.taps.push([performance.now(), x, y]);
    return send.call(this, data);
  };
  window.pathNotes = notes;
})();
"""


class Hand:
    """Moves a mouse as a hand does: it speeds up, slows down and is never quite straight."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def drag(self, dx_px: float, dy_px: float, seconds: float) -> None:
        """Press in the middle, drag and let go."""
        mouse = self._page.mouse
        mouse.move(*CENTRE)
        mouse.down()
        began_s = time.monotonic()
        while (share := (time.monotonic() - began_s) / seconds) < 1.0:
            eased = 0.5 - 0.5 * math.cos(math.pi * share)
            wobble = 6.0 * math.sin(5.0 * math.pi * share)
            mouse.move(CENTRE[0] + dx_px * eased, CENTRE[1] + dy_px * eased + wobble)
            time.sleep(MOVE_INTERVAL_S)
        mouse.up()

    def walk(self, key: str, dx_px: float, dy_px: float, seconds: float) -> None:
        """Walk by a key and look around meanwhile."""
        self._page.keyboard.down(key)
        self.drag(dx_px, dy_px, seconds)
        self._page.keyboard.up(key)

    def tap(self, x: float, y: float) -> None:
        self._page.mouse.click(x * SIZE[0], y * SIZE[1])

    def stand(self, seconds: float) -> None:
        time.sleep(seconds)


def stroll(hand: Hand) -> None:
    """In, look around, to the counter, to a product, stand before it, tap the floor, and back."""
    hand.drag(420.0, 30.0, 2.2)
    hand.walk("w", -260.0, -40.0, 3.2)
    hand.drag(-380.0, 20.0, 1.8)
    hand.walk("w", 300.0, 30.0, 3.5)
    hand.stand(0.8)
    hand.tap(0.45, 0.85)
    hand.stand(0.8)
    hand.drag(250.0, -60.0, 1.6)
    hand.tap(0.5, 0.8)
    hand.drag(-500.0, 40.0, 2.6)
    hand.walk("d", -320.0, 0.0, 2.6)
    hand.walk("w", 340.0, 20.0, 3.4)
    hand.stand(1.0)
    hand.tap(0.55, 0.85)
    hand.stand(1.2)
    hand.drag(460.0, -30.0, 2.4)
    hand.walk("s", -240.0, 30.0, 2.2)
    hand.drag(-420.0, -20.0, 2.4)
    hand.walk("w", 380.0, 0.0, 3.0)
    hand.stand(1.0)


def look(hand: Hand) -> None:
    """Stand in one place and look around all the time."""
    for turn in range(6):
        side = 1.0 if turn % 2 else -1.0
        hand.drag(side * 480.0, 40.0, 2.4)
        hand.drag(-side * 400.0, -40.0, 2.0)


TOURS: dict[str, Callable[[Hand], None]] = {"stroll": stroll, "look": look}


def steps_of(notes: dict[str, Any], began_ms: float, ended_ms: float) -> list[Step]:
    """From what was sent when to a state for each thirtieth of a second; yaw and pitch count from the first.

    Between two inputs of one movement the view is interpolated: the page sends none while it waits for a redraw."""
    inputs = [note for note in notes["inputs"] if note[0] <= ended_ms]
    _, first_yaw, first_pitch, *_ = inputs[0]
    steps: list[Step] = []
    taps = [(at_ms, (x, y)) for at_ms, x, y in notes["taps"]]
    newest = 0
    for index in range(int((ended_ms - began_ms) / 1e3 * RATE_HZ)):
        at_ms = began_ms + 1e3 * index / RATE_HZ
        while newest + 1 < len(inputs) and inputs[newest + 1][0] <= at_ms:
            newest += 1
        sent_ms, yaw, pitch, right, forward = inputs[newest]
        if newest + 1 < len(inputs) and (lasts_ms := inputs[newest + 1][0] - sent_ms) < SAME_MOVEMENT_MS:
            share = max(0.0, at_ms - sent_ms) / max(1e-9, lasts_ms)
            yaw += share * (inputs[newest + 1][1] - yaw)
            pitch += share * (inputs[newest + 1][2] - pitch)
        tap = next((point for tapped_ms, point in taps if at_ms - 1e3 / RATE_HZ < tapped_ms <= at_ms), None)
        steps.append(Step(yaw - first_yaw, pitch - first_pitch, right, forward, tap))
    return steps


def record(page: Page, tour: Callable[[Hand], None] | None) -> list[Step]:
    """Take the tour; without one, wait until the visitor closes the page."""
    page.wait_for_function("window.edgeRender?.state === 'live'", timeout=LIVE_TIMEOUT_MS)
    began_ms = float(page.evaluate("performance.now()"))
    notes: dict[str, Any] = {}
    if tour is not None:
        page.evaluate("document.getElementById('hint').hidden = true")
        tour(Hand(page))
        notes = page.evaluate("pathNotes")
        return steps_of(notes, began_ms, float(page.evaluate("performance.now()")))
    ended_ms = began_ms
    while True:
        try:
            page.wait_for_timeout(200.0)
            notes, ended_ms = page.evaluate("pathNotes"), float(page.evaluate("performance.now()"))
        except PlaywrightError:
            return steps_of(notes, began_ms, ended_ms)


def main() -> None:
    """Record and write."""
    parser = argparse.ArgumentParser(prog="python -m bench.visitors.record_path", description=__doc__)
    parser.add_argument("name", help=f"of the path; a tour without --by-hand: {', '.join(TOURS)}")
    parser.add_argument("--by-hand", metavar="URL", help="of a node; opens a window to walk in")
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    if not options.by_hand and options.name not in TOURS:
        parser.error(f"there is no tour '{options.name}': {', '.join(TOURS)}")
    output = options.output or PATHS / f"{options.name}.json"
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(
            executable_path=chromium_path(), args=list(CHROMIUM_FLAGS), headless=not options.by_hand
        )
        page = browser.new_page(viewport={"width": SIZE[0], "height": SIZE[1]}, bypass_csp=True)
        page.add_init_script(PROBE)
        if options.by_hand:
            page.goto(options.by_hand)
            steps, how = record(page, None), "by hand"
        else:
            with NodeProcess(build_demo(Path(folder)).root) as node:
                page.goto(node.url)
                steps, how = record(page, TOURS[options.name]), f"the tour '{options.name}' of record_path, Chromium"
        browser.close()
    output.write_text(json.dumps(path_content(steps, how)) + "\n", encoding="utf-8")
    print(f"{output}: {len(steps)} steps")


if __name__ == "__main__":
    main()
