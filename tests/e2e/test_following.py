"""A node in a process of its own follows its site; a visitor in a real browser sees it open and switch."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bench.kills.site_stand_in import SITE, TOKEN, SiteStandIn
from bench.node_process import NodeProcess
from control.content.edge_api import VisitReport, VisitTotals
from control.content.release import OrderedRelease
from tests.control.node.test_edge_http import write_package
from tests.control.sync.stage_stand_in import read_folder

pytestmark = pytest.mark.browser

Result = TypeVar("Result")


class AdminThread:
    """An admin on an event loop of its own, as Playwright has this thread's."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self.admin = SiteStandIn()

    def do(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def __enter__(self) -> AdminThread:
        self._thread.start()
        self.do(self.admin.__aenter__())
        return self

    def __exit__(self, *_: object) -> None:
        self.do(self.admin.__aexit__(None, None, None))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def publish(self, version: int) -> OrderedRelease:
        """A version of the test's showroom, which bears its number as its title."""
        place = self._folder / str(version)
        place.mkdir()
        write_package(place)
        manifest = json.loads((place / "showroom.json").read_text("utf-8"))
        title = {"en": f"Branch {version}", "zh": f"网点 {version}"}
        (place / "showroom.json").write_text(json.dumps(manifest | {"title": title}), "utf-8")
        return self.admin.publish("branch", version, read_folder(place))

    def order(self, *releases: OrderedRelease) -> None:
        self._loop.call_soon_threadsafe(self.admin.order, *releases)

    def totals(self) -> list[VisitTotals]:
        return [totals for report in self.admin.visits for totals in report.totals]


@pytest.fixture
def site(tmp_path: Path) -> Iterator[AdminThread]:
    folder = tmp_path / "packages"
    folder.mkdir()
    with AdminThread(folder) as opened:
        yield opened


@pytest.fixture
def node(site: AdminThread, tmp_path: Path) -> Iterator[NodeProcess]:
    """Not started yet."""
    key = site.admin.key.public
    options = {
        "--admin-url": site.admin.url,
        "--site": SITE,
        "--site-token": TOKEN,
        "--trusted-key": f"ed25519:{key.public_key}",
        "--content-folder": str(tmp_path / "content"),
        "--pixel-format": "rgba",
        "--max-width": "320",
        "--max-height": "192",
    }
    process = NodeProcess(None, *(word for option in options.items() for word in option))
    yield process
    process.stop()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    return context.new_page()


def until_live(page: Page, title: str) -> None:
    page.wait_for_function("window.edgeRender?.state === 'live'")
    expect(page.locator("#title")).to_have_text(title)


def test_a_page_opens_with_the_first_order_and_comes_back_into_the_new_edition_where_it_was(
    site: AdminThread, node: NodeProcess, page: Page, tmp_path: Path
) -> None:
    node.launch()
    page.goto(node.url)
    expect(page.locator("#status")).to_contain_text("just opening")
    site.order(site.publish(1))
    until_live(page, "Branch 1")
    page.locator("#stage").press("KeyW", delay=400)
    page.wait_for_function("window.edgeRender.lastFrame.position[2] < 1.9 && window.edgeRender.lastFrame.still")
    where = page.evaluate("window.edgeRender.lastFrame.position")
    site.order(site.publish(2))
    site.do(site.admin.reported("showing", version=2))
    expect(page.locator("#title")).to_have_text("Branch 1")
    page.evaluate("window.edgeRender.loseConnection()")
    page.wait_for_function("window.edgeRender.state !== 'live'")
    until_live(page, "Branch 2")
    page.wait_for_function("window.edgeRender.lastFrame?.still === true")
    assert page.evaluate("window.edgeRender.lastFrame.position") == pytest.approx(where, abs=0.05)
    page.locator("#products-button").click()
    page.locator("#products button", has_text="Box").first.click()
    expect(page.locator("#card")).to_be_visible()
    page.goto("about:blank")
    node.stop()
    assert kept(tmp_path / "content", site.totals(), 2) == {"box": 1}


def kept(content: Path, told: list[VisitTotals], version: int) -> dict[str, int]:
    """How often each hotspot was opened, from what was told and what the node has kept on disk to tell it next time."""
    reports = [VisitReport.model_validate_json(path.read_bytes()) for path in (content / "visits").glob("*.json")]
    taps: Counter[str] = Counter()
    for totals in [*told, *(totals for report in reports for totals in report.totals)]:
        if totals.version == version:
            for scene in totals.scenes:
                taps.update(scene.taps)
    return dict(taps)
