"""Logging in, accounts and the log in a browser: by keyboard, without scripts, as those who can't see have them."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Literal, TypeAlias

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page, expect

from bench.admin_process import AdminProcess
from control.admin.access.accounts import find_account, set_password_hash
from control.admin.access.actor import SYSTEM
from control.admin.access.passwords import Passwords

pytestmark = pytest.mark.browser
NAME, PASSWORD = "anna", "correct horse battery"
Scheme: TypeAlias = Literal["light", "dark"]
TABS_MAX = 40
PAGES = ("/account", "/accounts", "/accounts/1", "/audit", "/audit/check", "/nothing")


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminProcess]:
    with AdminProcess(tmp_path_factory.mktemp("admin") / "data") as running:
        with running.database.session() as session:
            account = find_account(session, NAME)
            assert account is not None
            set_password_hash(session, SYSTEM, account, Passwords().hash_new(PASSWORD, NAME), time.time())
        yield running


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """What the pages' policy forbids, and errors of their scripts, fail the test."""
    context = browser.new_context(locale="en-GB", viewport={"width": 1000, "height": 800})
    opened = context.new_page()
    complaints: list[str] = []
    opened.on("pageerror", lambda error: complaints.append(str(error)))
    opened.on("console", lambda line: complaints.append(line.text) if "Content Security Policy" in line.text else None)
    yield opened
    context.close()
    assert complaints == []


@pytest.fixture
def scriptless(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(locale="en-GB", java_script_enabled=False)
    yield context.new_page()
    context.close()


def _tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until it has the focus."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        if page.locator(":focus").and_(wanted).count() == 1:
            return
    pytest.fail(f"{wanted} can't be reached by keyboard")


def _log_in(page: Page, admin: AdminProcess) -> None:
    page.goto(f"{admin.url}/login")
    page.get_by_label(re.compile("Name|账户名")).fill(NAME)
    page.get_by_label(re.compile("Password|密码")).fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{admin.url}/**")
    expect(page.get_by_role("navigation", name=re.compile("Main|主导航"))).to_be_visible()


def test_by_keyboard_and_without_scripts_one_logs_in_changes_the_language_and_makes_a_token(
    scriptless: Page, admin: AdminProcess
) -> None:
    page = scriptless
    page.goto(admin.url)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    _tab_to(page, page.get_by_label("Name"))
    page.keyboard.type(NAME)
    _tab_to(page, page.get_by_label("Password"))
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")

    expect(page.get_by_role("link", name="My account")).to_be_visible()
    page.goto(f"{admin.url}/account")
    _tab_to(page, page.get_by_role("button", name="中文"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("我的账户")
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")

    _tab_to(page, page.get_by_label("用途"))
    page.keyboard.type("nightly build")
    _tab_to(page, page.get_by_label("最高权限"))
    page.keyboard.press("ArrowDown")
    _tab_to(page, page.get_by_role("button", name="创建令牌"))
    page.keyboard.press("Space")
    expect(page.locator("output")).to_have_text(re.compile(r"^ert_[\w-]{43}$"))
    expect(page.get_by_role("row", name="nightly build")).to_contain_text("编辑者")

    _tab_to(page, page.get_by_role("button", name="English"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("My account")
    _tab_to(page, page.get_by_role("button", name="Revoke nightly build"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("The token is revoked.")
    _tab_to(page, page.get_by_role("button", name="Log out"))
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("You are logged out.")


def test_who_can_not_see_a_page_finds_its_parts(page: Page, admin: AdminProcess) -> None:
    _log_in(page, admin)
    page.goto(f"{admin.url}/accounts")
    for landmark in ("banner", "navigation", "main"):
        expect(page.get_by_role(landmark)).to_have_count(1)
    expect(page.get_by_role("link", name="Accounts", exact=True)).to_have_attribute("aria-current", "page")
    expect(page.get_by_role("region", name="Accounts; scrolls sideways")).to_be_visible()
    expect(page.get_by_role("rowheader", name=NAME)).to_be_visible()


def test_a_mistake_is_announced(page: Page, admin: AdminProcess) -> None:
    page.goto(f"{admin.url}/login")
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password").fill("not my password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_have_text("The name or the password is wrong.")
    expect(page.get_by_label("Name")).to_have_value(NAME)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1200])
def test_axe_finds_nothing(browser: Browser, admin: AdminProcess, scheme: Scheme, width: int) -> None:
    context = browser.new_context(
        locale="en-GB", color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True
    )
    page, found = context.new_page(), {}
    page.goto(f"{admin.url}/login")
    found["/login"] = _axe(page)
    _log_in(page, admin)
    for path in PAGES:
        page.goto(f"{admin.url}{path}")
        found[path] = _axe(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
    context.close()
    assert {path: told for path, told in found.items() if told} == {}


def _axe(page: Page) -> str:
    results = Axe().run(page)
    return str(results.generate_report()) if results.violations_count else ""
