"""Statistics in a real browser: what the page shows, and that both ends count the same."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from bench.node_process import NodeProcess
from tests.e2e.waiting import wait_until, wait_until_metric

pytestmark = pytest.mark.browser

OpenPage = Callable[[str], Page]

SENT = 'edge_render_outbound_rtp_packets_sent_total{kind="video",visit="1"}'
RECEIVED = 'edge_render_inbound_rtp_packets_received_total{kind="video",visit="1"}'


def turn(page: Page, delays: int) -> None:
    """Turn until so many inputs have been seen in pictures."""
    page.keyboard.down("ArrowLeft")
    page.wait_for_function(f"window.edgeRender.inputToPhotonMs.length >= {delays}")
    page.keyboard.up("ArrowLeft")


def test_the_statistics_say_where_the_time_goes(server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(server.url)
    page.keyboard.press("i")
    expect(page.locator("#statistics-button")).to_have_attribute("aria-expanded", "true")
    turn(page, 5)
    panel = page.get_by_role("region", name="Statistics")
    for name in ("framesPerSecond", "bytesReceived", "packetsLost", "jitterBufferDelay"):
        expect(panel).to_contain_text(name)
    for row in ("Input to photon, median", "· drawing", "· encoding"):
        expect(panel).to_contain_text(row)
    expect(panel.get_by_role("row", name="Encoder encoderImplementation")).to_contain_text("libx264")
    expect(panel.get_by_role("row", name="Round trip roundTripTime")).to_contain_text("ms")
    assert page.evaluate("window.edgeRender.transport") == "data channels"
    page.locator("#language-button").click()
    expect(page.get_by_role("region", name="统计信息")).to_contain_text("操作到显示，中位数")
    page.locator("#statistics-button").click()
    expect(page.locator("#statistics")).to_be_hidden()


def test_both_ends_count_the_same_packets(server: NodeProcess, open_page: OpenPage) -> None:
    page = open_page(server.url)
    turn(page, 10)
    page.wait_for_function("window.edgeRender.lastFrame?.still === true")
    # Nothing is on its way for long: refinements of the still picture end.
    wait_until(
        page,
        f"""async () => {{
            const metrics = await (await fetch('/metrics')).text();
            const sent = parseFloat(metrics.split({SENT!r})[1]);
            const inbound = (await edgeRender.reports()).filter((one) => one.type === 'inbound-rtp');
            return sent > 50 && sent === inbound.find((one) => one.kind === 'video').packetsReceived;
        }}""",
    )
    wait_until_metric(page, RECEIVED, server.metric(SENT))
    assert server.metric('edge_render_inbound_rtp_frames_decoded_total{kind="video",visit="1"}') > 10
