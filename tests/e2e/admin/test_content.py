"""A package's way through the admin's pages in a real browser: uploaded through a crash, validated, edited on the live
picture, published."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bench.admin_process import COOKIE, AdminProcess, Person
from control.admin.access.actor import Role
from control.admin.publishing.drafts import Drafts
from control.admin.publishing.showrooms import create_showroom
from control.admin.tables import Version
from control.content.names import Title
from control.content.package_files import scan_package
from tests.control.admin.publishing.packages import draft_of
from tests.control.node.test_edge_http import write_package

pytestmark = pytest.mark.browser

READY = "body[data-picture=ready]"
SLOW_MS = 90_000
OpenAs = Callable[[Person, str], Page]


@pytest.fixture(scope="module", autouse=True)
def patience() -> Iterator[None]:
    """Other tests and the admin's renderers share the machine."""
    expect.set_options(timeout=SLOW_MS)
    yield
    expect.set_options(timeout=None)


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminProcess]:
    with AdminProcess(tmp_path_factory.mktemp("admin") / "data", four_eyes="true") as started:
        yield started


@pytest.fixture(scope="module")
def edda(admin: AdminProcess) -> Person:
    person = admin.person("edda", Role.EDITOR)
    with admin.database.session() as session:
        create_showroom(session, person.actor, 1.0, "branch", Title(en="City branch", zh="城市网点"))
    return person


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "branch"
    folder.mkdir()
    return write_package(folder)


@pytest.fixture
def open_as(admin: AdminProcess, browser: Browser) -> Iterator[OpenAs]:
    """A page of the admin, as somebody sees it; what its policy forbids and errors of its scripts fail the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def opened(person: Person, path: str) -> Page:
        context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
        contexts.append(context)
        context.add_cookies([{"name": COOKIE, "value": person.cookie, "url": admin.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if "Security Policy" in line.text else None)
        page.goto(f"{admin.url}{path}")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def _draft(admin: AdminProcess, person: Person, package: Path) -> Version:
    files = {path.name: path.read_bytes() for path in package.iterdir()}
    with admin.database.session() as session:
        return draft_of(session, admin.blobs, person.actor, "branch", files)


def _file(admin: AdminProcess, person: Person, version_id: int) -> str:
    answer = httpx2.get(
        f"{admin.url}/api/v1/versions/{version_id}/files/showroom.json", headers=person.headers, trust_env=False
    )
    return answer.raise_for_status().text


def test_an_upload_goes_on_over_a_pause_a_crash_and_a_reload_and_sends_nothing_twice(
    admin: AdminProcess, edda: Person, package: Path, open_as: OpenAs
) -> None:
    (package / "tour.bin").write_bytes(os.urandom(24 * 2**20))
    page = open_as(edda, "/showrooms/branch/upload")
    page.locator("#folder").set_input_files(package)
    expect(page.locator("#plan")).to_contain_text("3 files, 25.2 MB to send")

    with page.expect_response(lambda response: response.request.method == "PATCH", timeout=SLOW_MS):
        page.get_by_role("button", name="Upload and make the draft").click()
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("heading", name="Paused")).to_be_visible()
    with page.expect_response(lambda response: response.request.method == "PATCH", timeout=SLOW_MS):
        page.get_by_role("button", name="Resume").click()
    admin.kill()
    expect(page.locator("#waiting")).to_be_visible(timeout=SLOW_MS)

    page.on("dialog", lambda dialog: dialog.accept())  # whether to leave the page
    admin.start()
    page.reload()
    page.locator("#folder").set_input_files(package)
    page.get_by_role("button", name="Upload and make the draft").click(timeout=SLOW_MS)
    page.wait_for_url("**/versions/*", timeout=SLOW_MS)
    expect(page.get_by_role("heading", level=1)).to_have_text("City branch · Version 1")
    expect(page.locator("#live")).to_contain_text("3 files")

    (package / "showroom.json").write_text((package / "showroom.json").read_text() + "\n")
    page.goto(f"{admin.url}/showrooms/branch/upload")
    page.locator("#folder").set_input_files(package)
    expect(page.locator("#plan")).to_contain_text("1 of 3 files changed since version 1")
    expect(page.locator("#kept")).to_contain_text("25.2 MB are stored already")
    page.get_by_label("Note").fill("A new line")
    page.get_by_role("button", name="Upload and make the draft").click()
    page.wait_for_url("**/versions/*", timeout=SLOW_MS)
    page.get_by_role("link", name="Compare with version 1").click()
    expect(page.get_by_role("row", name="showroom.json")).to_contain_text("Changed")


def test_what_is_no_package_is_told_before_anything_is_sent(edda: Person, tmp_path: Path, open_as: OpenAs) -> None:
    (tmp_path / "holiday").mkdir()
    (tmp_path / "holiday" / "beach.jpg").write_bytes(b"sand")
    page = open_as(edda, "/showrooms/branch/upload")
    page.locator("#folder").set_input_files(tmp_path / "holiday")
    expect(page.get_by_role("alert")).to_contain_text("There is no showroom.json among these 1 files")


def test_a_zip_is_unpacked_into_a_draft(edda: Person, package: Path, open_as: OpenAs, tmp_path: Path) -> None:
    shutil.make_archive(str(tmp_path / "packed"), "zip", package)
    page = open_as(edda, "/showrooms/branch/upload")
    page.locator("#archive").set_input_files(tmp_path / "packed.zip")
    page.get_by_role("button", name="Upload and make the draft").click(timeout=SLOW_MS)
    page.wait_for_url("**/versions/*", timeout=SLOW_MS)
    expect(page.locator("#live")).to_contain_text("2 files")


def test_what_a_draft_lacks_is_sent_to_it(admin: AdminProcess, edda: Person, package: Path, open_as: OpenAs) -> None:
    (package / "readme.txt").write_text("not uploaded yet")
    with admin.database.session() as session:
        draft = Drafts(2**30).create(session, edda.actor, 1.0, "branch", scan_package(package))
    page = open_as(edda, f"/versions/{draft.id}")
    page.get_by_role("link", name="Go on with the upload").click()
    page.locator("#folder").set_input_files(package)
    page.get_by_role("button", name="Upload", exact=True).click(timeout=SLOW_MS)
    page.wait_for_url(f"**/versions/{draft.id}", timeout=SLOW_MS)
    expect(page.get_by_role("button", name="Validate")).to_be_visible()
    expect(page.get_by_role("link", name="Go on with the upload")).to_have_count(0)


def test_a_validation_is_followed_on_the_page_and_another_person_publishes(
    admin: AdminProcess, edda: Person, package: Path, open_as: OpenAs
) -> None:
    draft = _draft(admin, edda, package)
    page = open_as(edda, f"/versions/{draft.id}")
    page.get_by_role("button", name="Validate").click()
    expect(page.locator("#live")).to_have_attribute("data-state", "validated")
    expect(page.get_by_role("img", name="Scene hall from door")).to_be_visible()
    expect(page.locator("#announcement")).to_have_text("The validation has ended: it can be published.")
    expect(page.get_by_role("button", name="Publish")).to_have_count(0)

    publisher = open_as(admin.person("paul", Role.PUBLISHER), f"/versions/{draft.id}")
    publisher.get_by_role("button", name="Publish").click()
    expect(publisher.get_by_role("status").first).to_contain_text("is signed and published")
    expect(publisher.get_by_role("link", name="Open the editor")).to_have_count(0)


def test_a_hotspot_is_placed_by_clicking_the_live_picture_and_all_else_stays_as_it_was(
    admin: AdminProcess, edda: Person, package: Path, open_as: OpenAs
) -> None:
    text = (package / "showroom.json").read_text()
    draft = _draft(admin, edda, package)
    page = open_as(edda, f"/versions/{draft.id}/editor")
    page.wait_for_selector(READY, timeout=SLOW_MS)
    page.get_by_role("button", name="Box").nth(1).click()
    page.get_by_role("button", name="Place by clicking").click()
    box = page.locator("#picture").bounding_box()
    assert box is not None
    page.locator("#picture").click(position={"x": box["width"] / 2, "y": box["height"] * 0.9})
    expect(page.locator("#announcement")).to_have_text("It is placed.")
    page.get_by_label("Label, English").fill("Stairs")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("#saving")).to_have_text("All is saved.")

    saved = _file(admin, edda, draft.id)
    stairs: dict[str, Any] = json.loads(saved)["scenes"]["hall"]["hotspots"][1]
    assert stairs["label"] == {"en": "Stairs", "zh": "盒子"}
    x, y, z = stairs["position"]
    assert (x, y) == (pytest.approx(0, abs=0.1), pytest.approx(0, abs=0.02))
    assert 0 < z < 2, "on the floor before the visitor"
    changed = json.loads(text)
    changed["scenes"]["hall"]["hotspots"][1] = stairs
    assert saved == json.dumps(changed)


def test_by_keyboard_a_new_hotspot_is_placed_at_the_cross_and_taken_back(
    admin: AdminProcess, edda: Person, package: Path, open_as: OpenAs
) -> None:
    draft = _draft(admin, edda, package)
    page = open_as(edda, f"/versions/{draft.id}/editor")
    page.wait_for_selector(READY, timeout=SLOW_MS)
    page.get_by_role("button", name="Add a hotspot").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="New")).to_be_focused()
    expect(page.get_by_label("Name in the file")).to_have_value("box-2")
    expect(page.locator("iframe").content_frame.locator(".marker[data-selected=true]")).to_have_text("New")
    page.get_by_label("Name in the file").fill("box")
    expect(page.get_by_text("Another one has that name.")).to_be_visible()
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    expect(page.locator("#hotspots button")).to_have_count(2)


def test_what_somebody_else_saved_meanwhile_is_not_overwritten_unasked(
    admin: AdminProcess, edda: Person, package: Path, open_as: OpenAs
) -> None:
    draft = _draft(admin, edda, package)
    page = open_as(edda, f"/versions/{draft.id}/editor")
    page.locator("#hotspots button").first.click()
    page.get_by_label("Label, English").fill("Mine")
    httpx2.put(
        f"{admin.url}/api/v1/versions/{draft.id}/manifest",
        headers={**edda.headers, "If-Match": '"1"'},
        content=_file(admin, edda, draft.id).replace('"Box"', '"Theirs"'),
        trust_env=False,
    ).raise_for_status()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("alert")).to_contain_text("Somebody else has changed this draft meanwhile")
    expect(page.get_by_label("Label, English")).to_have_value("Mine")
    assert '"Theirs"' in _file(admin, edda, draft.id)
    page.get_by_role("button", name="Put mine in place of theirs").click()
    expect(page.locator("#saving")).to_have_text("All is saved.")
    assert '"Mine"' in _file(admin, edda, draft.id)
