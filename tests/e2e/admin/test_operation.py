"""What an operator does, in a real browser with a real admin: makes sites, rolls out in waves, rolls back."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Literal, TypeAlias

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from bench.admin_process import COOKIE, AdminProcess
from control.admin.keys import SigningKeys
from control.admin.tables import VisitHour
from control.content.edge_api import Quality, SceneInterest, VisitTotals
from tests.control.admin.sites.world import publish
from tests.control.admin_client.edge import Edge

pytestmark = pytest.mark.browser

SLOW_MS = 60_000
Scheme: TypeAlias = Literal["light", "dark"]
Open: TypeAlias = Callable[[str], Page]


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminProcess]:
    """With versions 1 and 2 of a showroom, which are published, and an hour of visits."""
    with AdminProcess(tmp_path_factory.mktemp("admin") / "data", healthy_s="0") as started:
        keys, boss = SigningKeys.of(started.settings), started.administrator
        with started.database.session() as session:
            for number in (1, 2):
                publish(session, keys, boss.actor, "branch", number, str(number).encode())
        yield started


@pytest.fixture
def open_page(admin: AdminProcess, browser: Browser) -> Iterator[Open]:
    """As the administrator sees it; what its policy forbids and errors of its scripts fail the test."""
    complaints: list[str] = []
    with browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900}) as context:
        context.add_cookies([{"name": COOKIE, "value": admin.administrator.cookie, "url": admin.url}])

        def opened(path: str) -> Page:
            page = context.new_page()
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.on("console", lambda line: complaints.append(line.text) if "Security Policy" in line.text else None)
            page.on("dialog", lambda dialog: dialog.accept())
            page.goto(f"{admin.url}{path}")
            return page

        yield opened
    assert complaints == []


def _make_site(admin: AdminProcess, page: Page, slug: str, title: str) -> Edge:
    """By the form; its only node has the token that the page shows once."""
    page.goto(f"{admin.url}/sites")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Name in commands").fill(slug)
    page.get_by_role("button", name="Make it").click()
    expect(page.get_by_role("heading", level=1)).to_have_text(f"Start a node at {title}")
    expect(page.locator("#command")).to_contain_text(f"--site {slug}")
    edge = Edge(admin, slug, page.locator("#token").inner_text())
    edge.report("showing")
    return edge


def _roll_out(admin: AdminProcess, page: Page, number: int) -> None:
    page.goto(f"{admin.url}/rollouts/new")
    page.get_by_label("Version", exact=True).select_option(label=f"branch · version {number}")
    page.get_by_role("button", name="Show sites for it").click()
    expect(page.get_by_label("Wave of First")).to_have_value("first:1")
    expect(page.get_by_label("Wave of Second")).to_have_value("second:2")
    page.get_by_role("button", name="Roll it out").click()
    expect(page.get_by_role("status").first).to_have_text("The roll-out is made.")


def test_a_version_goes_out_in_two_waves_and_one_site_back_with_a_click(admin: AdminProcess, open_page: Open) -> None:
    page = open_page("/sites")
    first = _make_site(admin, page, "first", "First")
    second = _make_site(admin, page, "second", "Second")
    for number in (1, 2):
        _roll_out(admin, page, number)
        expect(page.get_by_role("row", name="first")).to_contain_text("Ordered", timeout=SLOW_MS)
        first.report("fetching")
        expect(page.get_by_role("row", name="first")).to_contain_text("1.5 MB of 3.0 MB", timeout=SLOW_MS)
        expect(page.get_by_role("row", name="second")).to_contain_text("Waiting")
        first.report("showing")
        expect(page.get_by_role("row", name="second")).to_contain_text("Ordered", timeout=SLOW_MS)
        expect(page.get_by_role("row", name="first")).to_contain_text("Healthy")
        second.report("showing")
        expect(page.locator("#facts")).to_contain_text("Done", timeout=SLOW_MS)

    page.goto(f"{admin.url}/sites/first")
    page.get_by_role("button", name="Roll branch back from version 2 to version 1").click()
    expect(page.get_by_role("status").first).to_contain_text("branch goes back to version 1 here.")
    assert [item.version for item in first.order().showrooms] == [1]
    first.report("showing")
    expect(page.locator("#facts")).to_contain_text("As ordered", timeout=SLOW_MS)
    assert [item.version for item in second.order().showrooms] == [2]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(
    browser: Browser, admin: AdminProcess, scheme: Scheme, width: int
) -> None:
    site = f"lounge-{width}-{scheme}"
    Edge(admin, site).report("showing")
    _visits(admin, site)
    found: dict[str, str] = {}
    with browser.new_context(
        locale="en-GB", color_scheme=scheme, viewport={"width": width, "height": 844}, bypass_csp=True
    ) as context:
        context.add_cookies([{"name": COOKIE, "value": admin.administrator.cookie, "url": admin.url}])
        page = context.new_page()
        for path in ("/overview", "/sites", f"/sites/{site}", "/rollouts", "/rollouts/new", "/visits", "/keys"):
            page.goto(f"{admin.url}{path}")
            for summary in page.locator("summary").all():
                summary.click()
            results = Axe().run(page)
            if results.violations_count:
                found[path] = results.generate_report()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
    assert found == {}


def _visits(admin: AdminProcess, site: str) -> None:
    hour = int(time.time() // 3600)
    totals = VisitTotals(
        showroom="branch",
        version=1,
        hour=hour,
        visits=3,
        visit_s=90.0,
        devices={"phone": 3},
        scenes=(SceneInterest(scene="hall", entered=3, dwell_s=80.0, taps={"gold": 2}),),
        quality=Quality(visits_measured=3, round_trip_ms_sum=40.0, input_to_photon_ms_sum=180.0),
    ).model_dump(mode="json")
    with admin.database.session() as session:
        session.add(VisitHour(site=site, showroom="branch", version=1, hour=hour, totals=totals))
