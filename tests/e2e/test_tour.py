"""A tour of two panoramas in a real browser: looking around, labels where things are, links, cross-fades."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Page, expect

from bench.node_process import NodeProcess
from edge_render.look_around import direction
from tests.edge_render.panorama.pictures import equirect, saved

pytestmark = pytest.mark.browser

OpenPage = Callable[[str], Page]
BLUE, YELLOW = (40, 60, 200), (220, 200, 60)
RED, GREEN = (220, 40, 40), (40, 180, 60)
TO_GARDEN, TO_BOOK = (25.0, 8.0), (-120.0, 0.0)
"""Yaw and pitch, degrees, of coloured spots and of the hotspots on them."""
NORTH_OF_GARDEN = 30.0
FADE_MS = 1500


def spots(ground: tuple[int, ...], *placed: tuple[tuple[float, float], tuple[int, ...]]) -> NDArray[np.uint8]:
    """A picture all around in one colour, with round spots of six degrees."""

    def colors(directions: NDArray[np.float64]) -> NDArray[np.float64]:
        found = np.broadcast_to(np.array(ground, float), directions.shape).copy()
        for (yaw_deg, pitch_deg), color in placed:
            near = directions @ direction(math.radians(yaw_deg), math.radians(pitch_deg)) > math.cos(math.radians(6))
            found[near] = color
        return found

    return equirect(2048, colors)


def text(words: str) -> dict[str, str]:
    return {"en": words, "zh": words}


@pytest.fixture(scope="module")
def tour(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tour")
    saved(folder, spots(BLUE, (TO_GARDEN, RED), (TO_BOOK, GREEN)), "lobby.png")
    saved(folder, spots(YELLOW, ((0.0, 0.0), GREEN)), "garden.jpg")
    to_garden = {"type": "scene", "scene": "garden", "transition": {"type": "fade", "ms": FADE_MS}}
    to_lobby = {"type": "scene", "scene": "lobby", "entry": "desk", "transition": {"type": "cut"}}
    to_desk = {"type": "scene", "scene": "lobby", "entry": "desk", "transition": {"type": "fade", "ms": 300}}
    card = {"type": "card", "title": text("Guest book"), "body": text("Write something.")}
    scenes = {
        "lobby": {
            "type": "panorama",
            "image": "lobby.png",
            "entryViews": [{"name": "door"}, {"name": "desk", "yawDeg": -115}],
            "hotspots": [
                hotspot("garden", TO_GARDEN, to_garden),
                hotspot("book", TO_BOOK, card),
                hotspot("round", (150.0, 0.0), to_desk),
            ],
        },
        "garden": {
            "type": "panorama",
            "image": "garden.jpg",
            "northYawDeg": NORTH_OF_GARDEN,
            "hotspots": [hotspot("back", (NORTH_OF_GARDEN, -20.0), to_lobby)],
        },
    }
    manifest = {"format": 1, "title": text("Tour"), "entryScene": "lobby", "scenes": scenes}
    (folder / "showroom.json").write_text(json.dumps(manifest), "utf-8")
    return folder


def hotspot(name: str, where: tuple[float, float], action: dict[str, object]) -> dict[str, object]:
    return {"id": name, "yawDeg": where[0], "pitchDeg": where[1], "label": text(name), "action": action}


@pytest.fixture(scope="module")
def tour_server(tour: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    cache = tmp_path_factory.mktemp("cache")
    with NodeProcess(tour, "--max-visits", "2", "--pixel-format", "rgba", "--cache-folder", str(cache)) as started:
        yield started


def shown(page: Page) -> NDArray[np.int64]:
    """The video as the visitor sees it, (height, width, 3), once nothing moves any more."""
    page.wait_for_function("window.edgeRender.lastFrame?.still === true")
    page.wait_for_function("getComputedStyle(document.getElementById('picture')).opacity === '1'")
    hidden = page.add_style_tag(
        content="header, #labels, #hint, #status, #statistics { visibility: hidden !important; }"
    )
    pixels = np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(np.int64)
    hidden.evaluate("tag => tag.remove()")
    return pixels


def middle_of(pixels: NDArray[np.int64], color: tuple[int, ...]) -> tuple[float, float]:
    """Where a spot is, x and y in pixels."""
    y, x = np.nonzero(np.abs(pixels - color).max(axis=2) < 30)
    assert len(x) > 100, "the spot is in the picture"
    return float(x.mean()), float(y.mean())


def frame(page: Page) -> dict[str, float]:
    return dict(page.evaluate("window.edgeRender.lastFrame"))


def turn_to(page: Page, yaw_deg: float) -> None:
    """Drag until the middle of the picture is about there."""
    box = page.locator("#stage").bounding_box()
    assert box is not None
    for _ in range(40):
        page.wait_for_function("window.edgeRender.lastFrame?.still === true")
        now = frame(page)
        left_rad = (math.radians(yaw_deg) - now["yaw"] + math.pi) % math.tau - math.pi
        if abs(left_rad) < 0.06:  # less than what is taken for a tap
            return
        step_px = max(-300.0, min(300.0, left_rad / now["fov_y"] * box["height"]))
        page.mouse.move(480, 270)
        page.mouse.down()
        page.mouse.move(480 + step_px / 2, 270, steps=4)
        page.mouse.move(480 + step_px, 270, steps=4)
        page.mouse.up()
        page.wait_for_function("yaw => window.edgeRender.lastFrame.yaw !== yaw", arg=now["yaw"])
    raise AssertionError("the picture did not turn there")


def test_a_label_points_at_its_thing_and_follows_it(tour_server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(tour_server.url)
    for yaw_deg in (0.0, 35.0):
        turn_to(page, yaw_deg)
        pixels = shown(page)
        x, y = middle_of(pixels, RED)
        label = page.locator("#labels button", has_text="garden").bounding_box()
        assert label is not None
        assert abs(label["x"] + label["width"] / 2 - x) < 4
        assert abs(label["y"] + label["height"] - y) < 4
        assert np.abs(np.median(pixels.reshape(-1, 3), axis=0) - BLUE).max() < 12


def test_a_visitor_looks_around_and_stays_where_the_camera_was(tour_server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(tour_server.url)
    page.locator("#stage").focus()
    page.keyboard.down("ArrowUp")
    page.wait_for_function("window.edgeRender.lastFrame.pitch > 0.1")
    page.keyboard.up("ArrowUp")
    assert page.evaluate("window.edgeRender.lastFrame.position") == [0, 0, 0]
    expect(page.locator("#stick")).to_be_hidden()


def test_zooming_shows_less_and_larger_and_its_label_stays(tour_server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(tour_server.url)
    turn_to(page, TO_GARDEN[0])
    before = np.abs(shown(page) - RED).max(axis=2) < 30
    fov = frame(page)["fov_y"]
    page.mouse.move(480, 270)
    page.mouse.wheel(0, -400)
    page.wait_for_function("fov => window.edgeRender.lastFrame.fov_y < 0.7 * fov", arg=fov)
    pixels = shown(page)
    zoom = math.tan(fov / 2) / math.tan(frame(page)["fov_y"] / 2)
    area = (np.abs(pixels - RED).max(axis=2) < 30).sum() / before.sum()
    assert area == pytest.approx(zoom**2, rel=0.1)
    x, y = middle_of(pixels, RED)
    label = page.locator("#labels button", has_text="garden").bounding_box()
    assert label is not None
    assert abs(label["x"] + label["width"] / 2 - x) < 5
    page.mouse.click(x, y + 20)
    page.wait_for_function("window.edgeRender.hotspots.includes('back')")


def test_a_link_fades_to_the_next_panorama_and_keeps_the_heading(tour_server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(tour_server.url)
    turn_to(page, TO_GARDEN[0])
    x, y = middle_of(shown(page), RED)
    page.evaluate(
        """() => {
          const video = document.getElementById("video");
          const canvas = new OffscreenCanvas(1, 1).getContext("2d");
          window.colors = [];
          const record = () => {
            canvas.drawImage(video, 0, 0, video.videoWidth / 8, video.videoHeight / 8, 0, 0, 1, 1);
            window.colors.push([...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)]);
            video.requestVideoFrameCallback(record);
          };
          video.requestVideoFrameCallback(record);
        }"""
    )
    before = frame(page)["yaw"]
    page.mouse.click(x, y)
    page.wait_for_function("window.edgeRender.hotspots.includes('back')")
    page.wait_for_function("yaw => window.edgeRender.lastFrame.yaw !== yaw", arg=before)
    pixels = shown(page)
    assert np.abs(np.median(pixels.reshape(-1, 3), axis=0) - YELLOW).max() < 12
    assert frame(page)["yaw"] == pytest.approx(before + math.radians(NORTH_OF_GARDEN), abs=1e-3)
    reds = np.array(page.evaluate("window.colors"))[:, 0]
    between = (reds > BLUE[0] + 30) & (reds < YELLOW[0] - 30)
    assert between.sum() >= 3, "there were pictures of both"


def test_a_link_with_an_entry_view_leads_there(tour_server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(tour_server.url)
    page.locator("#products-button").click()
    page.locator("#products button", has_text="garden").click()
    page.wait_for_function("window.edgeRender.hotspots.includes('back')")
    page.locator("#products button", has_text="back").click()
    page.wait_for_function("window.edgeRender.hotspots.includes('book')")
    page.wait_for_function("Math.abs(window.edgeRender.lastFrame.yaw + 115 * Math.PI / 180) < 0.01")
    x, y = middle_of(shown(page), GREEN)
    page.mouse.click(x, y)
    expect(page.locator("#card-title")).to_have_text("Guest book")


def test_a_link_to_another_entry_view_of_the_same_panorama_turns_there(
    tour_server: NodeProcess, open_page: OpenPage
) -> None:
    page = open_page(tour_server.url)
    turn_to(page, 60.0)
    page.locator("#products-button").click()
    page.locator("#products button", has_text="round").click()
    page.wait_for_function("Math.abs(window.edgeRender.lastFrame.yaw + 115 * Math.PI / 180) < 0.01")
    middle_of(shown(page), GREEN)
    assert frame(page)["yaw"] == pytest.approx(math.radians(-115.0), abs=0.01), "and it stays there"
