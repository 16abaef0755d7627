"""An editor's page of another origin embeds the viewer, and places things on the live picture: in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Frame, Page

from bench.node_process import NodeProcess
from tests.control.node.test_edge_http import write_package

pytestmark = pytest.mark.browser

EDITOR = """<!doctype html><title>Editor</title>
<iframe id="viewer" width="640" height="360" style="border:0"></iframe>
<script>
  window.told = [];
  window.addEventListener("message", (event) => window.told.push({ origin: event.origin, ...event.data }));
  window.viewer = (message) => document.getElementById("viewer").contentWindow.postMessage(message, "*");
  document.getElementById("viewer").src = location.hash.slice(1);
</script>"""


@pytest.fixture(scope="module")
def editor() -> Iterator[str]:
    """The origin of a page that embeds what its address says behind the #."""

    class Pages(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(EDITOR.encode())

        def log_message(self, *_: object) -> None:
            """Tests are quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Pages) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://localhost:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def node(editor: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[NodeProcess]:
    folder = write_package(tmp_path_factory.mktemp("edited"))
    options = ("--pixel-format", "rgba", "--editing", "--editor-origin", editor)
    with NodeProcess(folder, *options) as started:
        yield started


def told(page: Page, kind: str, request: object = None) -> dict[str, Any]:
    """Wait for what the viewer says to the editor's page."""
    condition = "([kind, request]) => told.find((one) => one.edgeRender === kind && (one.request ?? null) === request)"
    found = page.wait_for_function(condition, arg=[kind, request]).json_value()
    assert isinstance(found, dict)
    return found


def opened(context: BrowserContext, editor: str, node: NodeProcess) -> tuple[Page, Frame]:
    page = context.new_page()
    page.goto(f"{editor}/#{node.url}")
    assert told(page, "scene")["scene"] == "hall"
    told(page, "pose")
    frame = page.frames[1]
    frame.wait_for_function("window.edgeRender.state === 'live' && window.edgeRender.lastFrame.still")
    return page, frame


def test_clicks_are_located_and_marks_lie_on_the_picture(
    context: BrowserContext, editor: str, node: NodeProcess
) -> None:
    page, frame = opened(context, editor, node)
    page.evaluate("viewer({ edgeRender: 'locate', request: 1, x: 320, y: 180 })")
    box = told(page, "located", 1)
    assert (box["origin"], box["node"], box["hotspot"]) == (node.url, "box", "box")
    page.evaluate("viewer({ edgeRender: 'pick', on: true })")
    page.evaluate("viewer({ edgeRender: 'pose', request: 2 })")
    before = told(page, "pose", 2)["pose"]
    page.locator("#viewer").click(position={"x": 320, "y": 340})
    floor = told(page, "picked")
    assert (floor["node"], floor["floor"]) == ("floor", True)
    page.evaluate("viewer({ edgeRender: 'pose', request: 3 })")
    assert told(page, "pose", 3)["pose"]["position"] == before["position"], "picking moves nobody"
    page.evaluate(
        "([point]) => viewer({ edgeRender: 'mark', markers: [{ id: 'new', label: 'Neu', position: point }] })",
        [floor["point"]],
    )
    mark = frame.locator("[data-marker=new]")
    mark.wait_for(state="visible")
    place = mark.evaluate("(one) => { const at = one.getBoundingClientRect(); return [at.left + 7, at.top + 7]; }")
    assert place == pytest.approx([320, 340], abs=3), "where it was clicked"


def test_a_page_of_another_origin_can_not_embed_the_viewer(
    context: BrowserContext, editor: str, node: NodeProcess
) -> None:
    page = context.new_page()
    refusals: list[str] = []
    page.on("console", lambda message: refusals.append(message.text))
    with page.expect_event("console", lambda message: "frame-ancestors" in message.text or "frame" in message.text):
        page.goto(f"{editor.replace('localhost', '127.0.0.1')}/#{node.url}")
    assert any("frame-ancestors" in text for text in refusals)
