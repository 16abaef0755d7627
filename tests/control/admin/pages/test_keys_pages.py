"""The page of signing keys, as forms without scripts."""

from __future__ import annotations

import re

from control.admin.key_changes import trusted_keys
from control.admin.parts import AdminParts
from control.content.trust import parse_keys
from tests.control.admin.conftest import LogIn
from tests.control.admin.pages.conftest import Post


def test_keys_are_rotated_and_an_old_one_revoked(look: LogIn, post: Post, people: AdminParts) -> None:
    browser = look("anna")
    (old,) = re.findall(r"<code>([0-9a-f]{16})</code>", browser.get("/keys").text)
    active = post(browser, f"/keys/{old}/revoke", {})
    assert (active.status_code, "rotate keys first" in active.text) == (409, True)
    assert post(browser, "/keys/rotate", {}).headers["location"] == "/keys"
    page = browser.get("/keys").text
    assert "Edges trust it no more" in page
    trusted = re.search(r"<output[^>]*>([^<]+)</output>", page)
    assert trusted is not None
    with people.database.reading() as session:
        assert parse_keys(trusted[1]) == trusted_keys(session)
    assert post(browser, f"/keys/{old}/revoke", {}).status_code == 303
    assert f"{old} is revoked; 0 releases are signed anew." in browser.get("/keys").text
    with people.database.reading() as session:
        assert old not in [key.key_id for key in trusted_keys(session)]


def test_who_is_no_administrator_sees_no_keys(look: LogIn, post: Post) -> None:
    browser = look("paul")
    assert browser.get("/keys").status_code == 403
    assert post(browser, "/keys/rotate", {}).status_code == 403
    assert "/keys" not in browser.get("/sites").text
