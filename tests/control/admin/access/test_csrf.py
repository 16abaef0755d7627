"""What another site's page can't have a browser do."""

from __future__ import annotations

import pytest

from control.admin.access.csrf import check_source, check_token
from control.admin.errors import NotAllowed
from tests.control.admin.conftest import PASSWORD, LogIn, NewClient


def test_a_change_by_cookie_needs_the_sessions_token(log_in: LogIn) -> None:
    browser = log_in("anna")
    body = {"language": "zh"}
    token = browser.headers.pop("X-CSRF-Token")
    assert browser.patch("/api/v1/me", json=body).status_code == 403
    assert browser.patch("/api/v1/me", json=body, headers={"X-CSRF-Token": "x" * len(token)}).status_code == 403
    assert browser.patch("/api/v1/me", json=body, headers={"X-CSRF-Token": token}).status_code == 200


def test_the_token_of_another_session_is_not_taken(log_in: LogIn) -> None:
    anna, paul = log_in("anna"), log_in("paul")
    foreign = {"X-CSRF-Token": paul.headers["X-CSRF-Token"]}
    assert anna.patch("/api/v1/me", json={"language": "zh"}, headers=foreign).status_code == 403


@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.test"}]
)
def test_a_change_from_another_site_is_refused_whatever_it_has(log_in: LogIn, headers: dict[str, str]) -> None:
    refused = log_in("anna").patch("/api/v1/me", json={"language": "zh"}, headers=headers)
    assert refused.status_code == 403
    assert "another site" in refused.json()["error"]["message"]


def test_another_site_can_not_log_a_browser_in(new_client: NewClient) -> None:
    body = {"name": "anna", "password": PASSWORD}
    foreign = {"Origin": "https://evil.test", "Sec-Fetch-Site": "cross-site"}
    assert new_client().post("/api/v1/session", json=body, headers=foreign).status_code == 403


def test_a_form_that_is_sent_as_text_is_no_json(new_client: NewClient) -> None:
    sneaked = '{"name": "anna", "password": "correct horse battery"}'
    reply = new_client().post("/api/v1/session", content=sneaked, headers={"Content-Type": "text/plain"})
    assert reply.status_code == 422


def test_reading_needs_no_token(log_in: LogIn) -> None:
    browser = log_in("anna")
    del browser.headers["X-CSRF-Token"]
    assert browser.get("/api/v1/me").status_code == 200


@pytest.mark.parametrize(
    ("headers", "public_url"),
    [
        ({}, None),
        ({"origin": "http://localhost:8090", "host": "localhost:8090"}, None),
        ({"origin": "https://testserver", "host": "backend:8090"}, "https://testserver"),
        ({"sec-fetch-site": "same-origin", "origin": "https://other.name", "host": "backend"}, None),
    ],
)
def test_ones_own_pages_and_programs_are_let_in(headers: dict[str, str], public_url: str | None) -> None:
    check_source(headers, public_url)


@pytest.mark.parametrize(
    ("headers", "public_url"),
    [
        ({"origin": "null", "host": "localhost:8090"}, None),
        ({"origin": "http://localhost:8091", "host": "localhost:8090"}, None),
        ({"origin": "http://testserver"}, "https://testserver"),
    ],
)
def test_other_origins_are_not(headers: dict[str, str], public_url: str | None) -> None:
    with pytest.raises(NotAllowed):
        check_source(headers, public_url)


@pytest.mark.parametrize("sent", [None, "", "ab\udc00"])
def test_what_is_no_token_is_refused(sent: str | None) -> None:
    with pytest.raises(NotAllowed):
        check_token("expected", sent)
