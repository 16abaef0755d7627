"""Visitors of a fleet in a real browser: a gateway, two renderers with a place each, and what they notice when one of
these goes. How long it takes is for ``make bench-recovery``."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bench.gateway_process import DRAIN_OPTIONS, Fleet, GatewayProcess, fleet
from bench.watched_picture import watch_picture
from tests.control.node.test_edge_http import write_package

pytestmark = pytest.mark.browser

OpenPage = Callable[[str], Page]
SECRET = "what only the bank's own server knows"
LIVE = "window.edgeRender.state === 'live'"


@pytest.fixture(scope="module")
def two_renderers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    package = write_package(tmp_path_factory.mktemp("package"))
    with fleet(package, tmp_path_factory.mktemp("keys"), 2, "--max-visits", "1", *DRAIN_OPTIONS) as started:
        yield started


@pytest.fixture
def here(two_renderers: Fleet) -> Fleet:
    """All of the fleet is there, whatever the test before has ended."""
    for renderer in two_renderers.renderers:
        if not renderer.running:
            renderer.start()
    return two_renderers


def frame(page: Page) -> dict[str, Any]:
    return dict(page.evaluate("window.edgeRender.lastFrame"))


def walk_off(page: Page) -> dict[str, Any]:
    """Go somewhere that is no entry pose, look aside, and stand; returns the frame that is seen then."""
    page.keyboard.down("KeyW")
    page.wait_for_function("window.edgeRender.lastFrame?.position[2] < 1.4")
    page.keyboard.up("KeyW")
    page.keyboard.down("ArrowLeft")
    page.wait_for_function("window.edgeRender.lastFrame.yaw > 0.3")
    page.keyboard.up("ArrowLeft")
    page.wait_for_function("window.edgeRender.lastFrame?.still === true")
    return frame(page)


def same_pose(page: Page, before: dict[str, Any]) -> None:
    """What is seen is seen from the same place, in the same direction."""
    page.wait_for_function("window.edgeRender.lastFrame?.still === true")
    after = frame(page)
    assert np.allclose(after["position"], before["position"], atol=0.05)
    assert after["yaw"] == pytest.approx(before["yaw"], abs=0.01)
    assert after["pitch"] == pytest.approx(before["pitch"], abs=0.01)


def moved_from(page: Page, reference: str) -> str:
    """Wait until the page is live in another visit; returns what that one is called."""
    page.wait_for_function(f"{LIVE} && ![null, {json.dumps(reference)}].includes(window.edgeRender.visit)")
    return str(page.evaluate("window.edgeRender.visit"))


def test_a_killed_renderer_is_replaced_at_the_same_pose_and_nothing_is_clicked(
    here: Fleet, open_page: OpenPage
) -> None:
    page = open_page(here.gateway.url)
    before, reference = walk_off(page), str(page.evaluate("window.edgeRender.visit"))
    killed = here.renderer_of(reference)
    killed.kill()
    other = moved_from(page, reference)
    assert here.renderer_of(other) is not killed
    same_pose(page, before)
    # And the visitor goes on as if nothing had been.
    page.keyboard.down("ArrowLeft")
    page.wait_for_function(f"window.edgeRender.lastFrame.yaw > {before['yaw'] + 0.2}")
    page.keyboard.up("ArrowLeft")


def test_a_killed_gateway_is_noticed_by_nobody_who_is_inside(here: Fleet, open_page: OpenPage) -> None:
    page = open_page(here.gateway.url)
    before, reference = walk_off(page), page.evaluate("window.edgeRender.visit")
    here.gateway.kill()
    page.keyboard.down("ArrowLeft")
    page.wait_for_function(f"window.edgeRender.lastFrame.yaw > {before['yaw'] + 0.2}")
    page.keyboard.up("ArrowLeft")
    page.wait_for_function("window.edgeRender.lastFrame?.still === true")
    assert page.evaluate("[edgeRender.state, edgeRender.visit]") == ["live", reference]
    # Another one, which has never heard of this visitor, takes them back to their renderer.
    here.gateway.start()
    turned = frame(page)
    page.evaluate("window.edgeRender.loseConnection()")
    again = moved_from(page, str(reference))
    assert here.renderer_of(again) is here.renderer_of(str(reference))
    same_pose(page, turned)


def test_a_renderer_that_drains_hands_its_visitors_over_and_the_picture_stays(here: Fleet, open_page: OpenPage) -> None:
    page = open_page(here.gateway.url)
    before, reference = walk_off(page), str(page.evaluate("window.edgeRender.visit"))
    pictures = watch_picture(page)
    draining = here.renderer_of(reference)
    draining.stop()  # returns when it has ended, by itself
    other = moved_from(page, reference)
    assert here.renderer_of(other) is not draining
    assert page.evaluate("window.edgeRender.moves") == 1
    page.keyboard.down("ArrowLeft")
    page.wait_for_function(f"window.edgeRender.lastFrame.yaw > {before['yaw'] + 0.2}")
    page.keyboard.up("ArrowLeft")
    seen = pictures.seen()
    assert len(seen) > 10
    assert min(picture.brightest for picture in seen) > 60, "there was something to see at any time"
    assert {picture.state for picture in seen} == {"live"}


def test_who_finds_all_places_taken_waits_in_line_and_comes_in(
    here: Fleet, context: BrowserContext, open_page: OpenPage
) -> None:
    first, _second = open_page(here.gateway.url), open_page(here.gateway.url)
    waiting = [context.new_page() for _ in range(2)]
    for number, page in enumerate(waiting, 1):
        page.goto(here.gateway.url)
        place = "You are next in line" if number == 1 else "You are number 2 in line"
        expect(page.locator("#status")).to_contain_text(place)
    waiting[1].locator("#language-button").click()
    expect(waiting[1].locator("#status")).to_contain_text("您排在第 2 位")
    waiting[0].close()  # who leaves is in line no more
    expect(waiting[1].locator("#status")).to_contain_text("下一位就是您")
    first.close()
    waiting[1].wait_for_function(LIVE)


def test_a_page_that_is_loaded_again_comes_back_to_its_renderer(here: Fleet, open_page: OpenPage) -> None:
    page = open_page(here.gateway.url)
    before = here.renderer_of(str(page.evaluate("window.edgeRender.visit")))
    page.reload()
    page.wait_for_function("window.edgeRender?.state === 'live'")
    assert here.renderer_of(str(page.evaluate("window.edgeRender.visit"))) is before


def test_an_invitation_lets_in_once_and_is_seen_by_nobody(
    here: Fleet, context: BrowserContext, open_page: OpenPage
) -> None:
    with GatewayProcess(here.keys, here.renderers, "--join", "invited", "--issuer-secrets", SECRET) as gateway:
        asked = urllib.request.Request(
            f"{gateway.url}/join", b"{}", {"Authorization": f"Bearer {SECRET}", "Content-Type": "application/json"}
        )
        with urllib.request.urlopen(asked) as answer:
            token = json.loads(answer.read())["token"]
        page = open_page(f"{gateway.url}/#token={token}")
        assert page.url == f"{gateway.url}/"
        page.reload()  # without the token: by what the page remembers
        page.wait_for_function("window.edgeRender?.state === 'live'")
        for address in ("/", f"/#token={token}"):
            other = context.new_page()
            other.goto(gateway.url + address)
            expect(other.locator("#status")).to_contain_text("This link is no longer valid")
            other.close()
