"""Logging in with a password, what a session is, and when it ends."""

from __future__ import annotations

import dataclasses

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select

from control.admin.access.limits import LimitRules, RequestLimits
from control.admin.access.login import Logins
from control.admin.access.sessions import sha256_of
from control.admin.parts import AdminParts
from control.admin.settings import AdminSettings
from control.admin.tables import Account, AuditEntry, LoginSession
from tests.control.admin.conftest import PASSWORD, LogIn, NewClient


def _log_in(client: TestClient, name: str, password: str = PASSWORD) -> int:
    return client.post("/api/v1/session", json={"name": name, "password": password}).status_code


def _at(app: FastAPI, people: AdminParts, later_s: float) -> None:
    app.state.parts = dataclasses.replace(people, now=lambda: people.now() + later_s)


def test_who_logs_in_is_known_from_then_on(log_in: LogIn) -> None:
    me = log_in("anna").get("/api/v1/me").json()
    assert (me["account"]["name"], me["role"]) == ("anna", "administrator")


def test_names_are_taken_in_any_case(new_client: NewClient, people: AdminParts) -> None:
    assert _log_in(new_client(), " Anna ") == 201


def test_the_cookie_is_for_this_server_alone_and_only_its_digest_is_kept(
    new_client: NewClient, people: AdminParts
) -> None:
    reply = new_client().post("/api/v1/session", json={"name": "anna", "password": PASSWORD})
    cookie = reply.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "Path=/" in cookie
    assert "Domain" not in cookie
    token = reply.cookies["edge_render_session"]
    with people.database.session() as session:
        kept = session.scalars(select(LoginSession)).one()
        assert kept.token_sha256 == sha256_of(token)


def test_behind_https_the_cookie_is_secure_and_of_this_host(app: FastAPI, people: AdminParts) -> None:
    settings = people.settings.model_copy(update={"public_url": "https://testserver"})
    app.state.parts = dataclasses.replace(people, settings=settings)
    with TestClient(app, base_url="https://testserver") as client:
        app.state.parts = dataclasses.replace(people, settings=settings)
        reply = client.post("/api/v1/session", json={"name": "anna", "password": PASSWORD})
    assert reply.headers["set-cookie"].startswith("__Host-edge_render_session=")
    assert "Secure" in reply.headers["set-cookie"]


@pytest.mark.parametrize(("name", "password"), [("anna", "wrong password"), ("nobody", PASSWORD), ("", "")])
def test_all_that_is_wrong_gets_the_same_answer(new_client: NewClient, name: str, password: str) -> None:
    reply = new_client().post("/api/v1/session", json={"name": name, "password": password})
    assert reply.status_code == 401
    assert reply.json()["error"]["message"] == "the name or the password is wrong"


def test_each_login_has_a_token_of_its_own(log_in: LogIn) -> None:
    browser = log_in("anna")
    first = browser.cookies["edge_render_session"]
    assert _log_in(browser, "anna") == 201
    assert browser.cookies["edge_render_session"] != first


def test_who_logs_out_is_out(log_in: LogIn) -> None:
    browser = log_in("anna")
    cookie = browser.cookies["edge_render_session"]
    assert browser.delete("/api/v1/session").status_code == 204
    assert "edge_render_session" not in browser.cookies
    browser.cookies["edge_render_session"] = cookie
    assert browser.get("/api/v1/me").json()["error"]["code"] == "session-ended"


def test_a_session_that_rests_ends_and_one_in_use_goes_on(log_in: LogIn, app: FastAPI, people: AdminParts) -> None:
    browser = log_in("anna")
    idle_s = people.settings.session_idle_s
    _at(app, people, idle_s - 10)
    assert browser.get("/api/v1/me").status_code == 200
    _at(app, people, 2 * idle_s - 30)
    assert browser.get("/api/v1/me").status_code == 200
    _at(app, people, 3 * idle_s)
    ended = browser.get("/api/v1/me")
    assert (ended.status_code, ended.json()["error"]["code"]) == (401, "session-ended")


def test_a_session_ends_in_any_case(log_in: LogIn, app: FastAPI, people: AdminParts) -> None:
    browser = log_in("anna")
    at_s = 0
    while at_s + 3000 < people.settings.session_max_s:
        at_s += 3000
        _at(app, people, at_s)
        assert browser.get("/api/v1/me").status_code == 200
    _at(app, people, people.settings.session_max_s + 1)
    assert browser.get("/api/v1/me").status_code == 401


def test_a_new_password_ends_all_sessions_but_the_new_one(log_in: LogIn) -> None:
    here, elsewhere = log_in("anna"), log_in("anna")
    wrong = here.put("/api/v1/me/password", json={"old": "what was it?", "new": "another long password"})
    assert wrong.status_code == 401
    changed = here.put("/api/v1/me/password", json={"old": PASSWORD, "new": "another long password"})
    assert changed.status_code == 200
    assert here.get("/api/v1/me").status_code == 200
    assert elsewhere.get("/api/v1/me").status_code == 401
    assert _log_in(here, "anna", PASSWORD) == 401
    assert _log_in(here, "anna", "another long password") == 201


def test_an_outdated_hash_is_made_anew_at_login(new_client: NewClient, people: AdminParts) -> None:
    old = PasswordHasher(time_cost=2, memory_cost=16, parallelism=1).hash(PASSWORD)
    with people.database.session() as session:
        session.scalars(select(Account).where(Account.name == "anna")).one().password_hash = old
    assert _log_in(new_client(), "anna") == 201
    with people.database.session() as session:
        kept = session.scalars(select(Account.password_hash).where(Account.name == "anna")).one()
    assert kept is not None
    assert not people.passwords.is_outdated(kept)


def test_too_many_wrong_passwords_of_an_account_make_it_wait(app: FastAPI, people: AdminParts) -> None:
    app.state.parts = _with_limits(people, LimitRules(login_by_account="3/hour"))
    client = TestClient(app, base_url="http://testserver")
    assert [_log_in(client, "anna", "wrong password") for _ in range(3)] == [401, 401, 401]
    refused = client.post("/api/v1/session", json={"name": "anna", "password": PASSWORD})
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 3600
    assert _log_in(client, "paul") == 201


def test_a_right_password_forgives_the_wrong_ones_before(app: FastAPI, people: AdminParts) -> None:
    app.state.parts = _with_limits(people, LimitRules(login_by_account="3/hour"))
    client = TestClient(app, base_url="http://testserver")
    tried = ["wrong password", "wrong password", PASSWORD] * 2
    assert [_log_in(client, "anna", password) for password in tried] == [401, 401, 201] * 2


def test_too_many_names_from_one_address_make_it_wait(app: FastAPI, people: AdminParts) -> None:
    app.state.parts = _with_limits(people, LimitRules(login_by_address="3/hour"))
    client = TestClient(app, base_url="http://testserver")
    assert [_log_in(client, f"name{n}") for n in range(4)] == [401, 401, 401, 429]


def test_logins_are_in_the_audit_log(log_in: LogIn, people: AdminParts) -> None:
    log_in("paul").delete("/api/v1/session")
    with people.database.session() as session:
        logged = session.scalars(select(AuditEntry).order_by(AuditEntry.seq.desc()).limit(2)).all()
    assert [(entry.action, entry.actor) for entry in logged] == [
        ("session.end", "account:paul"),
        ("session.start", "account:paul"),
    ]


def _with_limits(people: AdminParts, rules: LimitRules) -> AdminParts:
    limits = RequestLimits(rules)
    logins = Logins(people.settings, people.database, people.passwords, limits)
    return dataclasses.replace(people, limits=limits, logins=logins)


@pytest.fixture
def settings(settings: AdminSettings) -> AdminSettings:
    """Shorter sessions make fewer steps."""
    return settings.model_copy(update={"session_max_s": 4 * 3600})
