"""A version that is not published yet, seen in a real browser through the admin."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Browser

from bench.admin_process import COOKIE, AdminProcess
from control.admin.access.actor import Role
from control.admin.publishing.showrooms import create_showroom
from tests.control.admin.publishing.conftest import TITLE
from tests.control.admin.publishing.packages import draft_of, small_package

pytestmark = pytest.mark.browser

HOST_PAGE = "<!doctype html><title>editor</title><iframe id=live src='{url}' width=640 height=360></iframe>"


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminProcess]:
    with AdminProcess(tmp_path_factory.mktemp("admin") / "data") as started:
        yield started


def test_it_is_walked_through_in_a_frame_of_the_admins_pages(
    admin: AdminProcess, browser: Browser, tmp_path: Path
) -> None:
    editor = admin.person("edda", Role.EDITOR)
    with admin.database.session() as session:
        create_showroom(session, editor.actor, 1.0, "branch", TITLE)
        version_id = draft_of(session, admin.blobs, editor.actor, "branch", small_package()).id
    made = httpx2.post(
        f"{admin.url}/api/v1/versions/{version_id}/preview", headers=editor.headers, trust_env=False, timeout=30.0
    ).json()
    with browser.new_context(viewport={"width": 800, "height": 450}, bypass_csp=True) as context:
        context.add_cookies([{"name": COOKIE, "value": editor.cookie, "url": admin.url}])
        page = context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"script error in the page: {error}"))
        # A page of the admin's own origin, as its editor is.
        page.route(
            f"{admin.url}/editor-of-the-test",
            lambda route: route.fulfill(body=HOST_PAGE.format(url=made["url"]), content_type="text/html"),
        )
        page.goto(f"{admin.url}/editor-of-the-test")
        handle = page.wait_for_selector("#live")
        frame = None if handle is None else handle.content_frame()
        assert frame is not None
        frame.wait_for_function("window.edgeRender?.state === 'live'")
        assert frame.locator("#title").text_content() == "Branch"
        frame.wait_for_function("window.edgeRender.lastFrame?.position[2] === 1")
        frame.locator("#stage").focus()
        page.keyboard.down("ArrowDown")
        frame.wait_for_function("window.edgeRender.lastFrame.position[2] > 1.2")
        page.keyboard.up("ArrowDown")
