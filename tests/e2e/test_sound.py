"""The scene's sound in a real browser: heard after a click, silent after another, and nothing is sent meanwhile."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bench.node_process import NodeProcess

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

OpenPage = Callable[[str], Page]

INBOUND = "(await edgeRender.reports()).find((one) => one.type === 'inbound-rtp' && one.kind === 'audio')"


def received(page: Page) -> int:
    """Audio packets until now."""
    return int(page.evaluate(f"async () => ({INBOUND})?.packetsReceived ?? 0"))


def until_received(page: Page, count: int) -> None:
    page.wait_for_function(f"async () => (({INBOUND})?.packetsReceived ?? 0) >= {count}", timeout=30_000)


def test_sound_is_heard_after_a_click_and_sent_to_nobody_else(server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(server.url)
    button = page.locator("#sound-button")
    expect(button).to_have_accessible_name("Sound")
    expect(button).to_have_attribute("title", "Music in the hall")
    expect(button).to_have_attribute("aria-pressed", "false")
    page.evaluate("new Promise((resolve) => setTimeout(resolve, 500))")
    assert received(page) == 0, "nobody asked for it"
    button.click()
    expect(button).to_have_attribute("aria-pressed", "true")
    page.wait_for_function(f"async () => (({INBOUND})?.totalAudioEnergy ?? 0) > 1e-4", timeout=30_000)
    until_received(page, 100)
    stats = page.evaluate(f"async () => {INBOUND}")
    assert stats["packetsLost"] == 0
    assert stats["concealedSamples"] - stats["silentConcealedSamples"] < 0.1 * stats["totalSamplesReceived"]
    codec = page.evaluate("async (id) => (await edgeRender.reports()).find((one) => one.id === id)", stats["codecId"])
    assert codec["mimeType"] == "audio/opus"
    assert "stereo=1" in codec["sdpFmtpLine"]
    button.click()
    expect(button).to_have_attribute("aria-pressed", "false")
    # Silence takes a moment to come about; then half a second brings nothing.
    page.wait_for_function(
        f"""async () => {{
            const before = ({INBOUND}).packetsReceived;
            await new Promise((resolve) => setTimeout(resolve, 500));
            return ({INBOUND}).packetsReceived === before;
        }}""",
        timeout=15_000,
    )


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
