"""The pages to log in, and for accounts; all by plain forms."""

from __future__ import annotations

import dataclasses
import html
import re

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from control.admin.access.limits import LimitRules, RequestLimits
from control.admin.access.login import Logins
from control.admin.pages.navigation import ITEMS
from control.admin.pages.page import own_path
from control.admin.parts import AdminParts
from tests.control.admin.conftest import PASSWORD, LogIn, NewClient
from tests.control.admin.pages.conftest import Post


def test_who_is_not_logged_in_is_sent_to_the_login_and_on_from_there(new_client: NewClient, people: AdminParts) -> None:
    browser = new_client()
    sent = browser.get("/accounts?x=1")
    assert (sent.status_code, sent.headers["location"]) == (303, "/login?next=%2Faccounts%3Fx%3D1")
    form = browser.get(sent.headers["location"])
    assert 'name="next" value="/accounts?x=1"' in form.text
    body = {"name": "anna", "password": PASSWORD, "next": "/accounts?x=1"}
    on = browser.post("/login", data=body)
    assert (on.status_code, on.headers["location"]) == (303, "/accounts?x=1")
    assert browser.get("/accounts?x=1").status_code == 200


def test_a_wrong_password_is_told_on_the_page_in_its_language(new_client: NewClient, people: AdminParts) -> None:
    browser = new_client()
    browser.headers["Accept-Language"] = "zh-CN"
    page = browser.post("/login", data={"name": "<b>anna", "password": "wrong"})
    assert page.status_code == 401
    assert '<html lang="zh-Hans">' in page.text
    assert 'role="alert">账户名或密码错误。' in page.text
    assert "<b>" not in page.text


def test_too_many_tries_are_told_with_the_time_to_wait(new_client: NewClient, people: AdminParts) -> None:
    browser = new_client()
    assert isinstance(browser.app, FastAPI)
    limits = RequestLimits(LimitRules(login_by_account="1/hour"))
    logins = Logins(people.settings, people.database, people.passwords, limits)
    browser.app.state.parts = dataclasses.replace(people, limits=limits, logins=logins)
    form = {"name": "anna", "password": "wrong"}
    assert browser.post("/login", data=form).status_code == 401
    page = browser.post("/login", data=form)
    assert page.status_code == 429
    assert f"Wait {page.headers['retry-after']} s" in page.text


def test_an_ended_session_is_told(look: LogIn, post: Post, people: AdminParts) -> None:
    browser = look("anna")
    assert isinstance(browser.app, FastAPI)
    browser.app.state.parts = dataclasses.replace(people, now=lambda: people.now() + 100_000)
    sent = browser.get("/account")
    assert sent.headers["location"] == "/login?next=%2Faccount&ended=1"
    assert "Your session has ended" in browser.get(sent.headers["location"]).text
    lost = post(browser, "/account/tokens", {"token_name": "x"})
    assert lost.headers["location"] == "/login"
    assert "nothing was changed" in browser.get("/login").text


def test_who_logs_out_is_out_and_told_so(look: LogIn, post: Post) -> None:
    browser = look("anna")
    assert post(browser, "/logout", {}).headers["location"] == "/login"
    assert "You are logged out." in browser.get("/login").text
    assert "You are logged out." not in browser.get("/login").text
    assert browser.get("/account").status_code == 303


def test_a_form_without_the_sessions_token_changes_nothing(look: LogIn) -> None:
    browser = look("anna")
    page = browser.post("/account/tokens", data={"token_name": "x"})
    assert page.status_code == 403
    assert "Load the page again" in page.text


def test_the_language_is_the_accounts(look: LogIn, post: Post, new_client: NewClient) -> None:
    browser = look("anna")
    assert post(browser, "/language", {"language": "zh", "next": "/accounts"}).headers["location"] == "/accounts"
    assert "<h1>账户</h1>" in browser.get("/accounts").text
    elsewhere = new_client()
    elsewhere.post("/login", data={"name": "anna", "password": PASSWORD})
    assert "我的账户" in elsewhere.get("/account").text


def test_what_is_sent_after_a_log_out_in_another_tab_is_told_not_to_be_done(look: LogIn, post: Post) -> None:
    browser = look("anna")
    post(browser, "/logout", {})
    assert post(browser, "/account/tokens", {"token_name": "x"}).headers["location"] == "/login"
    assert "nothing was changed" in browser.get("/login").text


def test_the_language_can_be_changed_where_there_is_no_page(look: LogIn) -> None:
    browser = look("anna")
    page = browser.get("/nothing").text
    assert f'value="{browser.csrf_token}"' in page  # type: ignore[attr-defined]
    assert "/account" in page, "and the pages that there are, are led to"


def test_the_language_is_the_browsers_before_login(new_client: NewClient, people: AdminParts) -> None:
    browser = new_client()
    browser.post("/language", data={"language": "zh", "next": "/login"})
    assert "<h1>登录</h1>" in browser.get("/login?next=/account").text


def test_a_token_is_made_shown_once_and_revoked(look: LogIn, post: Post, new_client: NewClient) -> None:
    browser = look("paul")
    page = post(browser, "/account/tokens", {"token_name": "nightly", "token_role": "editor", "token_days": "3"})
    token = re.search(r"ert_[\w-]+", page.text.partition("<output")[2])
    assert token is not None
    assert token[0] not in browser.get("/account").text
    bearer = {"Authorization": f"Bearer {token[0]}"}
    assert new_client().get("/api/v1/me", headers=bearer).json()["role"] == "editor"
    path = re.search(r"/account/tokens/\d+/revoke", page.text)
    assert path is not None
    assert post(browser, path[0], {}).status_code == 303
    assert "The token is revoked." in browser.get("/account").text
    assert new_client().get("/api/v1/me", headers=bearer).status_code == 401


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"token_name": "x", "token_role": "administrator"}, 403, "above yours"),
        ({"token_name": "x", "token_days": "0"}, 422, "must expire in the future"),
        ({"token_name": " "}, 422, "1 to 64 characters"),
    ],
)
def test_a_token_that_can_not_be_is_refused_on_the_page(
    look: LogIn, post: Post, form: dict[str, str], status: int, said: str
) -> None:
    page = post(look("paul"), "/account/tokens", form)
    assert page.status_code == status
    assert said in html.unescape(page.text)


def test_a_password_is_changed_and_this_browser_stays(look: LogIn, post: Post) -> None:
    browser = look("paul")
    form = {"old": PASSWORD, "new": "another long password", "again": "another long passwort"}
    assert "The two passwords differ" in post(browser, "/account/password", form).text
    form["again"] = form["new"]
    assert post(browser, "/account/password", form).headers["location"] == "/account"
    assert "The password is changed" in browser.get("/account").text


def test_an_administrator_adds_and_changes_accounts(look: LogIn, post: Post) -> None:
    browser = look("anna")
    page = post(browser, "/accounts", {"name": "zoe", "role": "editor", "password": "short"})
    assert (page.status_code, "12 to 200 characters" in page.text, 'value="zoe"' in page.text) == (422, True, True)
    added = post(browser, "/accounts", {"name": " Zoe ", "role": "editor", "password": "a long new password"})
    assert added.status_code == 303
    listed = browser.get("/accounts").text
    assert "zoe can log in now." in listed
    change = re.search(r'/accounts/\d+(?=" aria-label="Change zoe")', listed)
    assert change is not None
    assert browser.get(change[0]).status_code == 200
    assert post(browser, f"{change[0]}/role", {"role": "publisher"}).status_code == 303
    assert post(browser, f"{change[0]}/password", {"password": "yet another password"}).status_code == 303
    assert post(browser, f"{change[0]}/state", {"disabled": "yes"}).status_code == 303
    assert "Disabled" in browser.get("/accounts").text


def test_the_last_administrator_is_told_why_they_stay(look: LogIn, post: Post) -> None:
    browser = look("anna")
    change = re.search(r'/accounts/\d+(?=" aria-label="Change anna")', browser.get("/accounts").text)
    assert change is not None
    page = post(browser, f"{change[0]}/state", {"disabled": "yes"})
    assert page.status_code == 409
    assert "anna is the last administrator" in page.text


def test_who_may_not_see_a_page_is_told_so(look: LogIn) -> None:
    page = look("paul").get("/accounts")
    assert page.status_code == 403
    assert "This needs the role Administrator; yours is Publisher." in page.text


def test_all_that_is_in_the_navigation_is_there(look: LogIn) -> None:
    browser = look("anna")
    assert {item.path: browser.get(item.path).status_code for item in ITEMS} == {item.path: 200 for item in ITEMS}


def test_errors_are_pages_for_people_and_json_for_programs(new_client: NewClient, people: AdminParts) -> None:
    browser = new_client()
    page, reply = browser.get("/nothing"), browser.get("/api/v1/nothing")
    assert (page.status_code, page.headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "not-found")
    assert "There is no such page." in page.text


def test_the_first_administrator_is_made_on_a_page(client: TestClient, capsys: pytest.CaptureFixture[str]) -> None:
    assert client.get("/login", follow_redirects=False).headers["location"] == "/setup"
    assert "Open the link" in client.get("/setup").text


@pytest.mark.parametrize("page", ["/login", "/static/style.css", "/api/v1/me", "/nothing"])
def test_nothing_may_come_from_elsewhere(new_client: NewClient, people: AdminParts, page: str) -> None:
    headers = new_client().get(page).headers
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_files_have_tags_so_that_a_revisit_is_cheap(new_client: NewClient) -> None:
    browser = new_client()
    first = browser.get("/static/style.css")
    again = browser.get("/static/style.css", headers={"If-None-Match": first.headers["etag"]})
    assert (first.status_code, again.status_code) == (200, 304)


@pytest.mark.parametrize(
    "path",
    ["https://evil.test", "//evil.test", "/\\evil.test", "", "login", "/a\\b", "/a\r\nb", "javascript:x", "/\t/x"],
)
def test_nobody_is_sent_elsewhere(path: str) -> None:
    assert own_path(path) == "/"


@pytest.mark.parametrize("flash", ["", "x", "W10=", "WzEsMl0=", "WyJlcnJvci5yb2xlIiwge31d", "x" * 3000])
def test_a_flash_that_the_browser_made_up_is_passed_over(look: LogIn, flash: str) -> None:
    browser = look("anna")
    browser.cookies["edge_render_flash"] = flash
    assert browser.get("/account").status_code == 200
