"""What a visitor in Chromium sees who stands still: how soon and how good the final picture is, and how quick the first
move after it."""

from __future__ import annotations

import base64
import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from playwright.sync_api import Page, sync_playwright

from bench.node_process import CHROMIUM_FLAGS, NodeProcess, chromium_path
from bench.ssim import ssim
from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.pose import Pose
from edge_render.renderer import View
from edge_render.scene import Scene

SIZE = (1280, 720)
ROUNDS = 12
PICTURES = 3
"""Of how many rests the picture is compared: the reference takes seconds each."""
MOTION_S = 0.7
REST_S = 2.5
"""From the final picture until its finest coding has come, and nothing more."""
LARGER = 4
"""The reference has so many times the width and height, and is averaged."""

_LUMA_OF_SHOWN = """async () => {
    const frame = new VideoFrame(document.getElementById("video"));
    const { width, height } = frame.visibleRect;
    const bytes = new Uint8Array(frame.allocationSize());
    const [{ offset, stride }] = await frame.copyTo(bytes);
    frame.close();
    const plane = new Uint8Array(width * height);
    for (let row = 0; row < height; row += 1) {
        plane.set(bytes.subarray(offset + row * stride, offset + row * stride + width), row * width);
    }
    const url = await new Promise((resolve) => {
        const reader = new FileReader();
        reader.onload = () => resolve(reader.result);
        reader.readAsDataURL(new Blob([plane]));
    });
    return { width, height, plane: url.slice(url.indexOf(",") + 1), shows: edgeRender.lastFrame };
}"""

Plane = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class RestFigures:
    """Input to photon in milliseconds, by when the move came."""

    first_after_rest: list[float] = field(default_factory=list)
    first_while_refining: list[float] = field(default_factory=list)
    later: list[float] = field(default_factory=list)
    final_after_ms: list[float] = field(default_factory=list)
    """From letting go of the key to the final picture on the screen."""
    shown_ssim: list[float] = field(default_factory=list)
    """Of the picture shown in the end and the supersampled reference, luma."""


@dataclass(frozen=True, slots=True)
class _Shown:
    luma: Plane
    message: dict[str, Any]
    """The ``frame`` message of the picture."""


def measure_resting(package: Path, scene: Scene) -> RestFigures:
    """One visitor, one browser: moves for a moment, and rests, again and again."""
    figures = RestFigures()
    shown: list[_Shown] = []
    with NodeProcess(package) as node, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium_path(), args=list(CHROMIUM_FLAGS))
        page = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]}, bypass_csp=True).new_page()
        page.goto(node.url)
        _wait(page, "window.edgeRender?.state === 'live'")
        _wait_final(page)
        for _ in range(ROUNDS):
            time.sleep(REST_S)
            if len(shown) < PICTURES:
                shown.append(_picture(page))
            first, *others = _move(page)
            figures.first_after_rest.append(first)
            figures.later.extend(others)
            _wait(page, "edgeRender.lastFrame.resting && !edgeRender.lastFrame.still")
            first, *others = _move(page)
            figures.first_while_refining.append(first)
            figures.later.extend(others)
            let_go = time.monotonic()
            _wait_final(page)
            figures.final_after_ms.append((time.monotonic() - let_go) * 1e3)
        browser.close()
    figures.shown_ssim.extend(_compare(shown, scene))
    return figures


def _move(page: Page) -> list[float]:
    """Turn for a moment; the delays of the pictures that showed it."""
    before = int(page.evaluate("edgeRender.inputToPhotonMs.length"))
    page.keyboard.down("ArrowLeft")
    time.sleep(MOTION_S)
    page.keyboard.up("ArrowLeft")
    return [float(ms) for ms in page.evaluate(f"edgeRender.inputToPhotonMs.slice({before})")]


def _picture(page: Page) -> _Shown:
    seen = page.evaluate(_LUMA_OF_SHOWN)
    luma = np.frombuffer(base64.b64decode(seen["plane"]), np.uint8).reshape(seen["height"], seen["width"])
    return _Shown(luma, seen["shows"])


def _compare(pictures: list[_Shown], scene: Scene) -> list[float]:
    renderer = GlRenderer(GlContext.open(), PixelFormat.RGBA)
    try:
        handle = renderer.load(scene)
        similarities = []
        for shown in pictures:
            height, width = shown.luma.shape
            message = shown.message
            pose = Pose.from_yaw_pitch(tuple(message["position"]), message["yaw"], message["pitch"])
            view = View(pose, message["fov_y"], LARGER * width, LARGER * height)
            # One drawing of each of its pixels, as they are averaged afterwards.
            renderer.quality = replace(renderer.quality, samples=1, motion_scale=1.0)
            large = renderer.draw(handle, view).pixels
            similarities.append(ssim(shown.luma, _averaged_luma(large, width, height)))
    finally:
        renderer.close()
    return similarities


def _averaged_luma(large: Plane, width: int, height: int) -> Plane:
    """RGBA to the Y plane (ITU-R BT.709, limited range) of a picture of LARGER times fewer pixels each way."""
    rgb = large[..., :3].reshape(height, LARGER, width, LARGER, 3).mean(axis=(1, 3), dtype=np.float32)
    luma = 16.0 + rgb @ np.array([0.2126, 0.7152, 0.0722], np.float32) * (219.0 / 255.0)
    plane: Plane = np.rint(luma).astype(np.uint8)
    return plane


def _wait_final(page: Page) -> None:
    _wait(page, "window.edgeRender.lastFrame?.still === true")


def _wait(page: Page, condition: str) -> None:
    page.wait_for_function(condition, timeout=60_000)
