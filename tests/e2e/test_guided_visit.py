"""A guided visit in a real browser: the presenter's page, and that of a follower, show the same picture."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bench.node_process import NodeProcess
from tests.e2e.test_visit import picture, wait_until_still

pytestmark = pytest.mark.browser

OpenPage = Callable[[str], Page]

HIDE_GUIDE = "#guide, #notice { visibility: hidden !important; } #stage { box-shadow: none !important; }"


def lead(server: NodeProcess, open_page: OpenPage) -> tuple[Page, str]:
    """The page of a presenter, and the code to follow by."""
    presenter = open_page(f"{server.url}/?guide=new&name=Mei")
    presenter.wait_for_function("window.edgeRender.guideCode !== null")
    return presenter, str(presenter.evaluate("window.edgeRender.guideCode"))


def test_presenter_and_follower_see_the_same(server: NodeProcess, open_page: OpenPage) -> None:
    presenter, code = lead(server, open_page)
    expect(presenter.locator("#guide-text")).to_contain_text("0 followers")
    follower = open_page(f"{server.url}/?follow={code.lower()}")
    expect(follower.locator("#guide-text")).to_have_text("You follow Mei")
    expect(presenter.locator("#guide-text")).to_contain_text("1 follower")
    for page in (presenter, follower):
        page.locator("#hint-button").click()
    # The follower's keys move nothing; the presenter's do, for both.
    follower.keyboard.press("ArrowRight")
    presenter.keyboard.down("ArrowLeft")
    follower.wait_for_function("window.edgeRender.lastFrame?.yaw > 0.4")
    presenter.keyboard.up("ArrowLeft")
    for page in (presenter, follower):
        wait_until_still(page)
    yaw = presenter.evaluate("window.edgeRender.lastFrame.yaw")
    follower.wait_for_function(f"Math.abs(window.edgeRender.lastFrame.yaw - {yaw}) < 1e-6")
    for page in (presenter, follower):
        page.add_style_tag(content=HIDE_GUIDE)
    assert np.abs(picture(presenter) - picture(follower)).mean() < 3


def test_a_follower_reads_about_products_without_moving_anybody(server: NodeProcess, open_page: OpenPage) -> None:
    _, code = lead(server, open_page)
    follower = open_page(f"{server.url}/?follow={code}")
    wait_until_still(follower)
    follower.locator("#labels button[data-hotspot=car-loan]").click()
    expect(follower.locator("#card h2")).to_have_text("Car loan")


def test_when_the_presenter_leaves_the_follower_may_go_on_alone(server: NodeProcess, open_page: OpenPage) -> None:
    presenter, code = lead(server, open_page)
    follower = open_page(f"{server.url}/?follow={code}")
    wait_until_still(follower)
    presenter.close()
    expect(follower.locator("#status")).to_have_text("The guided visit has ended.")
    follower.locator("#alone-button").click()
    follower.wait_for_function("window.edgeRender.state === 'live'")
    expect(follower.locator("#guide")).to_be_hidden()
    assert "follow" not in follower.url
    follower.keyboard.down("ArrowLeft")
    follower.wait_for_function("window.edgeRender.lastFrame.yaw > 0.2")
    follower.keyboard.up("ArrowLeft")


def test_a_presenter_leads_on_after_a_lost_connection(server: NodeProcess, open_page: OpenPage) -> None:
    presenter, code = lead(server, open_page)
    follower = open_page(f"{server.url}/?follow={code}")
    before = presenter.evaluate("window.edgeRender.visit")
    # As the network would end it: nobody says goodbye.
    presenter.evaluate("window.edgeRender.loseConnection()")
    presenter.wait_for_function(f"![null, '{before}'].includes(window.edgeRender.visit)")
    presenter.wait_for_function("window.edgeRender.state === 'live'")
    assert presenter.evaluate("window.edgeRender.guideCode") == code
    presenter.keyboard.down("ArrowLeft")
    follower.wait_for_function("window.edgeRender.lastFrame?.yaw > 0.3")
    presenter.keyboard.up("ArrowLeft")


def test_a_code_that_nobody_leads_by_is_said_to_be_so(server: NodeProcess, context: BrowserContext) -> None:
    page = context.new_page()
    page.goto(f"{server.url}/?follow=AAAA-BBBB")
    expect(page.locator("#status")).to_contain_text("no guided visit with this code")
    expect(page.locator("#alone-button")).to_be_focused()
