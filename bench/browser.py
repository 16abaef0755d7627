"""What a visitor in Chromium on the same machine gets: delay, first picture, and what standing still costs."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from playwright.sync_api import Page, sync_playwright

from bench.node_process import CHROMIUM_FLAGS, NodeProcess, chromium_path

SIZE = (1280, 720)
OPENINGS = 8
MOTION_S = 15.0
STILL_S = 8.0
PAUSE_S = 3.0
"""In which the resting picture gets its finest coding."""


@dataclass(frozen=True, slots=True)
class BrowserFigures:
    """Milliseconds, unless the name says otherwise."""

    input_to_photon: list[float]
    stages: dict[str, float]
    shown_fps: float
    skipped_frames: int
    first_picture: list[float]
    page_to_first_picture: list[float]
    still_frames: float
    still_cpu_percent: float


def measure_browser(package: Path) -> BrowserFigures:
    """One visitor, one browser; the browser's own decoding shares the machine's cores."""
    with NodeProcess(package) as node, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]}, bypass_csp=True)
        page = context.new_page()
        first, from_page = [], []
        for _ in range(OPENINGS):
            page.goto(node.url)
            _wait(page, "window.edgeRender?.state === 'live'")
            first.append(float(page.evaluate("edgeRender.firstFrameAtMs")))
            from_page.append(float(page.evaluate("edgeRender.liveAtMs")))
        _wait(page, "window.edgeRender.lastFrame?.still === true")
        time.sleep(PAUSE_S)
        process = psutil.Process(node.pid)
        drawn = node.metric('edge_render_frames_total{event="drawn"}')
        process.cpu_percent()
        time.sleep(STILL_S)
        still_cpu = process.cpu_percent()
        still_frames = node.metric('edge_render_frames_total{event="drawn"}') - drawn
        shown = int(page.evaluate("edgeRender.framesShown"))
        page.keyboard.down("ArrowLeft")
        time.sleep(MOTION_S)
        page.keyboard.up("ArrowLeft")
        figures = BrowserFigures(
            input_to_photon=[float(ms) for ms in page.evaluate("edgeRender.inputToPhotonMs")],
            stages={str(name): float(ms) for name, ms in page.evaluate("edgeRender.stages").items()},
            shown_fps=(int(page.evaluate("edgeRender.framesShown")) - shown) / MOTION_S,
            skipped_frames=int(page.evaluate("edgeRender.framesSkipped")),
            first_picture=first,
            page_to_first_picture=from_page,
            still_frames=still_frames,
            still_cpu_percent=still_cpu,
        )
        browser.close()
    return figures


def _wait(page: Page, condition: str) -> None:
    page.wait_for_function(condition, timeout=60_000)


def percentile(samples: list[float], share: float) -> float:
    """By the nearest rank."""
    ordered = sorted(samples)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
