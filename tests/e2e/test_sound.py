"""The scene's sound in a real browser: heard after a click, silent after another, and nothing is sent meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bench.node_process import NodeProcess
from tests.e2e.waiting import wait_until

pytestmark = pytest.mark.browser

OpenPage = Callable[[str], Page]

INBOUND = "(await edgeRender.reports()).find((one) => one.type === 'inbound-rtp' && one.kind === 'audio')"


PICTURES = 25
"""So many come in most of a second, in which a sound would have brought 40 packets."""


def received(page: Page) -> int:
    """Audio packets until now."""
    return int(page.evaluate(f"async () => ({INBOUND})?.packetsReceived ?? 0"))


def until_received(page: Page, count: int) -> None:
    wait_until(page, f"async () => (({INBOUND})?.packetsReceived ?? 0) >= {count}")


def until_shown(page: Page, count: int) -> None:
    """Turn until so many more pictures have come."""
    page.locator("#stage").focus()  # the arrow keys are the button's while that has the focus
    shown = page.evaluate("edgeRender.framesShown")
    page.keyboard.down("ArrowLeft")
    page.wait_for_function(f"edgeRender.framesShown >= {shown + count}")
    page.keyboard.up("ArrowLeft")


def test_sound_is_heard_after_a_click_and_sent_to_nobody_else(server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(server.url)
    button = page.locator("#sound-button")
    expect(button).to_have_accessible_name("Sound")
    expect(button).to_have_attribute("title", "Music in the hall")
    expect(button).to_have_attribute("aria-pressed", "false")
    until_shown(page, PICTURES)
    assert received(page) == 0, "nobody asked for it"
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    wait_until(page, f"async () => (({INBOUND})?.totalAudioEnergy ?? 0) > 1e-4")
    until_received(page, 100)
    stats = page.evaluate(f"async () => {INBOUND}")
    assert stats["packetsLost"] == 0
    codec = page.evaluate("async (id) => (await edgeRender.reports()).find((one) => one.id === id)", stats["codecId"])
    assert codec["mimeType"] == "audio/opus"
    assert "stereo=1" in codec["sdpFmtpLine"]
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    # Pictures drawn for inputs that were sent after the click: the node has been told by then.
    until_shown(page, PICTURES)
    before = received(page)
    until_shown(page, PICTURES)
    assert received(page) == before, "nobody listens any more"


def test_the_choice_is_remembered_and_begins_with_the_first_touch(
    server: NodeProcess, context: BrowserContext, open_page: OpenPage
) -> None:
    page = open_page(server.url)
    page.locator("#sound-button").click()
    until_received(page, 10)
    page.close()
    again = open_page(server.url)
    again.mouse.click(480, 100)
    until_received(again, 10)
    expect(again.locator("#sound-button")).to_have_attribute("aria-pressed", "true")
