"""The note over a live scene in a real browser: there while the camera is away, and gone when it is back."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bench.node_process import NodeProcess
from tests.control.showroom.test_live_scene import write_live
from tests.edge_render.video.live_servers import RtspServer

pytestmark = pytest.mark.browser


def test_the_page_says_that_the_camera_is_away_and_since_when(tmp_path: Path, open_page: Callable[[str], Page]) -> None:
    with (
        RtspServer() as camera,
        NodeProcess(
            write_live(tmp_path), "--pixel-format", "rgba", "--live-sources", f"square={camera.address}"
        ) as node,
    ):
        page = open_page(node.url)
        note = page.locator("#source")
        page.wait_for_function("edgeRender.framesShown >= 10")
        expect(note).to_be_hidden()
        camera.stop()
        expect(note).to_be_visible()
        expect(note).to_have_text(re.compile(r"not reachable, showing the last picture of \d\d:\d\d\."))
        page.locator("#language-button").click()
        expect(note).to_have_text(re.compile(r"摄像头.*\d\d:\d\d"))
        camera.start()
        expect(note).to_be_hidden()
        shown = page.evaluate("edgeRender.framesShown")
        page.wait_for_function(f"edgeRender.framesShown >= {shown + 10}")
