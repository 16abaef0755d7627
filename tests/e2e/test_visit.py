"""What a visitor does, in a real browser, with the real server and the real showroom."""

from __future__ import annotations

import io
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bench.node_process import NodeProcess
from tests.e2e.waiting import wait_until, wait_until_metric

pytestmark = pytest.mark.browser

OpenPage = Callable[[str], Page]

HEARTBEATS = 'edge_render_control_messages_total{type="ping"}'
"""One a second."""


def picture(page: Page) -> np.ndarray:
    """The video as the visitor sees it, (height, width, 3)."""
    page.wait_for_function("getComputedStyle(document.getElementById('picture')).opacity === '1'")
    page.add_style_tag(content="header, #labels, #hint, #status, #statistics { visibility: hidden !important; }")
    return np.asarray(Image.open(io.BytesIO(page.screenshot())).convert("RGB")).astype(int)


def yaw(page: Page) -> float:
    return float(page.evaluate("window.edgeRender.lastFrame.yaw"))


def wait_until_still(page: Page) -> None:
    """Wait for the still picture: all that was asked for has been drawn then."""
    page.wait_for_function("window.edgeRender.lastFrame?.still === true")


def test_the_first_picture_is_the_showroom(server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(server.url)
    wait_until_still(page)
    pixels = picture(page)
    assert pixels.std() > 30, "the picture is not one flat colour"
    colorful = np.ptp(pixels, axis=2) > 40
    assert colorful.mean() > 0.05, "wood, plants and brass are not grey"
    wood = (pixels[..., 0] > pixels[..., 2] + 40) & (pixels[..., 0] > 90)
    assert wood[150:330, 120:430].mean() > 0.1, "the wooden wall behind the counter is on the left"
    floor = pixels[430:, :]
    assert floor.mean() > 140, "the terrazzo is light"
    expect(page.locator("#title")).to_have_text("The branch of tomorrow")


def test_the_page_keeps_to_its_content_security_policy(server: NodeProcess, browser: Browser) -> None:
    with browser.new_context(viewport={"width": 640, "height": 360}) as strict:
        page = strict.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(server.url)
        expect(page.locator("body")).to_have_attribute("data-state", "live")
        assert complaints == []


def test_dragging_turns_the_view_with_the_finger(server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(server.url)
    wait_until_still(page)
    before, yaw_before = picture(page), yaw(page)
    page.mouse.move(300, 300)
    page.mouse.down()
    page.mouse.move(540, 300, steps=12)
    page.mouse.up()
    page.wait_for_function(f"window.edgeRender.lastFrame.yaw > {yaw_before + 0.3}")
    wait_until_still(page)
    after, turned = picture(page), yaw(page) - yaw_before
    assert turned == pytest.approx(math.radians(60) * 240 / 540, rel=0.15), "pixels become angles of the picture"
    assert np.abs(after - before).mean() > 12
    # What was in the middle has followed the finger to the right.
    shifts = range(120, 320, 8)
    patch = before[200:340, 400:520]
    errors = [np.abs(after[200:340, 400 + dx : 520 + dx] - patch).mean() for dx in shifts]
    assert 176 <= shifts[int(np.argmin(errors))] <= 304


def test_the_keys_walk_and_the_walls_hold(server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(server.url)
    start = page.evaluate("window.edgeRender.lastFrame.position")
    page.keyboard.down("KeyS")
    page.wait_for_function(f"window.edgeRender.lastFrame.position[2] > {start[2] + 0.4}")
    wait_until_still(page)  # although the key is still held: the front wall is reached
    page.keyboard.up("KeyS")
    position = page.evaluate("window.edgeRender.lastFrame.position")
    assert position[2] < 5.5
    assert position[1] == pytest.approx(1.6)


def test_a_tap_on_a_product_shows_its_card(server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(server.url)
    page.locator("#hint-button").click()
    wait_until_still(page)
    box = page.locator("#labels button[data-hotspot=car-loan]").bounding_box()
    assert box is not None
    # The model car stands below its label.
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] + 34)
    card = page.locator("#card")
    expect(card).to_be_visible()
    expect(card.locator("h2")).to_have_text("Car loan")
    expect(card.locator("dl")).to_contain_text("1 to 5 years")
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()


def test_a_tap_on_the_floor_goes_there(server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(server.url)
    page.locator("#hint-button").click()
    wait_until_still(page)
    start = page.evaluate("window.edgeRender.lastFrame.position")
    page.mouse.click(480, 470)
    page.wait_for_function(
        f"Math.hypot(edgeRender.lastFrame.position[0] - {start[0]}, "
        f"edgeRender.lastFrame.position[2] - {start[2]}) > 0.8",
        timeout=20_000,
    )


def test_everything_can_be_reached_by_keyboard_in_chinese(server: NodeProcess, context: BrowserContext) -> None:
    page = context.new_page()
    page.add_init_script("Object.defineProperty(navigator, 'languages', {get: () => ['zh-CN', 'en']})")
    page.goto(server.url)
    page.wait_for_function("window.edgeRender?.state === 'live'")
    expect(page.locator("html")).to_have_attribute("lang", "zh-CN")
    page.locator("#products-button").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#products button").first).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#card h2")).to_have_text("多币种储蓄")
    expect(page.get_by_role("dialog")).to_contain_text("12 种")


def test_a_still_visitor_costs_no_frames(server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(server.url)
    wait_until_still(page)
    drawn = server.metric('edge_render_frames_total{event="drawn"}')
    wait_until_metric(page, HEARTBEATS, server.metric(HEARTBEATS) + 2)
    assert server.metric('edge_render_frames_total{event="drawn"}') == drawn


def test_hostile_messages_get_errors_and_harm_nobody(server: NodeProcess, open_page: OpenPage) -> None:
    other, page = open_page(server.url), open_page(server.url)
    page.evaluate(
        """async () => {
            const socket = new WebSocket(`ws://${location.host}/visits/${edgeRender.visit}/control`);
            await new Promise((resolve) => (socket.onopen = resolve));
            const bad = ['garbage', '{"type":"fly"}', '{"type":"tap","id":1,"x":9,"y":0}', 'x'.repeat(60000)];
            for (const text of bad) socket.send(text);
            socket.send(new Uint8Array([255, 254, 0]));
        }"""
    )
    wait_until_metric(page, 'edge_render_control_messages_total{type="refused"}', 5)
    for one in (page, other):
        before = yaw(one)
        one.keyboard.down("ArrowRight")
        one.wait_for_function(f"window.edgeRender.lastFrame.yaw < {before - 0.05}")
        one.keyboard.up("ArrowRight")


def test_one_visit_too_many_is_told_so_in_the_page(
    server: NodeProcess, context: BrowserContext, open_page: OpenPage
) -> None:
    first, second = open_page(server.url), open_page(server.url)
    third = context.new_page()
    third.goto(server.url)
    expect(third.locator("#status")).to_contain_text("All places in this showroom are taken")
    second.close()
    third.wait_for_function("window.edgeRender.state === 'live'")
    assert first.evaluate("window.edgeRender.state") == "live"


def test_the_page_comes_back_to_the_same_place_when_the_server_does(demo_package: Path, open_page: OpenPage) -> None:
    with NodeProcess(demo_package) as server:
        page = open_page(server.url)
        page.keyboard.down("KeyW")
        page.wait_for_function("window.edgeRender.lastFrame.position[2] < 3.2")
        page.keyboard.up("KeyW")
        wait_until_still(page)
        before = page.evaluate("window.edgeRender.lastFrame")
        server.kill()
        page.wait_for_function("window.edgeRender.state === 'reconnecting'")
        expect(page.locator("#status")).to_contain_text("connection was lost")
        server.start()
        page.wait_for_function("window.edgeRender.state === 'live'")
        wait_until_still(page)
        after = page.evaluate("window.edgeRender.lastFrame")
        assert np.allclose(after["position"], before["position"], atol=0.1)
        assert after["yaw"] == pytest.approx(before["yaw"], abs=0.02)


def test_a_closed_tab_gives_its_place_back(server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(server.url)
    assert server.metric("edge_render_visits") >= 1
    page.close()
    probe = open_page(server.url)
    wait_until(probe, "async () => (await (await fetch('/metrics')).text()).includes('\\nedge_render_visits 1.0')")
    assert json.loads(server.get("/readyz")) == {"ready": True, "opened": 1.0}
