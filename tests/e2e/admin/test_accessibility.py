"""The pages of showrooms for those who can't see them, and on narrow screens."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser

from bench.admin_process import COOKIE, AdminProcess, Person
from control.admin.access.actor import Role
from control.admin.publishing.report import Finding, Report, SceneCost
from control.admin.publishing.showrooms import create_showroom
from control.admin.tables import Version
from control.content.names import Title
from tests.control.admin.publishing.packages import draft_of, small_package

pytestmark = pytest.mark.browser

Scheme: TypeAlias = Literal["light", "dark"]
TITLE = Title(en="City branch", zh="城市网点")
PAGES = (
    "/showrooms", "/showrooms/branch", "/showrooms/branch/upload",
    "/versions/1", "/versions/2", "/versions/2/comparison", "/versions/2/editor",
)  # fmt: skip


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminProcess]:
    # Without previews: what the frame shows is another page, and the note on the picture is to be looked at as well.
    with AdminProcess(tmp_path_factory.mktemp("admin") / "data", previews="0") as started:
        yield started


@pytest.fixture(scope="module")
def paul(admin: AdminProcess) -> Person:
    """A publisher; version 1 has a report with all kinds of findings and budgets."""
    person = admin.person("paul", Role.PUBLISHER)
    finding = {"file": "hall.glb", "place": "meshes.0.primitives.1", "message": "has no normals", "code": "NORMALS"}
    report = Report(
        revision=1,
        title=TITLE,
        findings=tuple(
            Finding.model_validate({**finding, "severity": severity}) for severity in ("error", "defect", "warning")
        ),
        costs=tuple(
            SceneCost(scene=scene, type="model", triangles=triangles, textures=1, texture_bytes=9, texture_px_max=9)
            for scene, triangles in (("hall", 90), ("cellar", 200), ("roof", 10))
        ),
        budget={"triangles": 100, "file_bytes": 2**30},
        budgets={"software": {"triangles": 100}, "small-gpu": {"triangles": 210}, "big-gpu": {"triangles": 1000}},
    )
    with admin.database.session() as session:
        create_showroom(session, person.actor, 1.0, "branch", TITLE)
        first = draft_of(session, admin.blobs, person.actor, "branch", small_package())
        draft_of(session, admin.blobs, person.actor, "branch", small_package(readme__txt=b"hello"))
        version = session.get_one(Version, first.id)
        version.state, version.report = "rejected", report.model_dump(mode="json")
    return person


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_axe_finds_nothing_and_no_page_scrolls_sideways(
    browser: Browser, admin: AdminProcess, paul: Person, scheme: Scheme, width: int
) -> None:
    found: dict[str, str] = {}
    with browser.new_context(
        locale="en-GB", color_scheme=scheme, viewport={"width": width, "height": 844}, bypass_csp=True
    ) as context:
        context.add_cookies([{"name": COOKIE, "value": paul.cookie, "url": admin.url}])
        page = context.new_page()
        for path in PAGES:
            page.goto(f"{admin.url}{path}")
            if path.endswith("editor"):
                page.locator("#hotspots-title").wait_for()
                page.locator("#entries button").first.click()
            results = Axe().run(page)
            if results.violations_count:
                found[path] = str(results.generate_report())
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
    assert found == {}


def test_findings_are_filtered_by_severity_and_words(browser: Browser, admin: AdminProcess, paul: Person) -> None:
    with browser.new_context(locale="en-GB") as context:
        context.add_cookies([{"name": COOKIE, "value": paul.cookie, "url": admin.url}])
        page = context.new_page()
        page.goto(f"{admin.url}/versions/1")
        shown = page.locator(".findings li:visible")
        assert shown.count() == 3
        page.get_by_role("checkbox", name="Warnings").uncheck()
        assert shown.count() == 2
        page.get_by_label("Find").fill("no such words")
        assert shown.count() == 0
        assert page.locator("#nothing-found").is_visible()
