"""API tokens: what pipelines come with."""

from __future__ import annotations

import dataclasses

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from control.admin.access.accounts import find_account, set_disabled, set_role
from control.admin.access.actor import SYSTEM, Role
from control.admin.access.limits import LimitRules, RequestLimits
from control.admin.parts import AdminParts
from tests.control.admin.conftest import LogIn, NewClient
from tests.control.admin.kinds import on_both_storages


def _make(browser: TestClient, role: str = "publisher") -> dict[str, str]:
    made = browser.post("/api/v1/tokens", json={"name": "nightly build", "role": role})
    assert made.status_code == 201, made.text
    return {"Authorization": f"Bearer {made.json()['token']}"}


@on_both_storages
def test_a_pipeline_comes_with_a_token_and_needs_no_csrf_token(log_in: LogIn, new_client: NewClient) -> None:
    bearer = _make(log_in("paul"))
    assert bearer["Authorization"].startswith("Bearer ert_")
    pipeline = new_client()
    me = pipeline.get("/api/v1/me", headers=bearer).json()
    assert (me["account"]["name"], me["role"], me["csrf_token"]) == ("paul", "publisher", None)
    assert pipeline.patch("/api/v1/me", json={"language": "zh"}, headers=bearer).status_code == 200


def test_it_is_shown_once(log_in: LogIn) -> None:
    browser = log_in("paul")
    token = _make(browser)["Authorization"].removeprefix("Bearer ")
    listed = browser.get("/api/v1/tokens")
    assert [row["name"] for row in listed.json()] == ["nightly build"]
    assert token not in listed.text


def test_it_may_do_less_than_its_account_and_never_more(
    log_in: LogIn, new_client: NewClient, people: AdminParts
) -> None:
    anna = log_in("anna")
    as_viewer, as_administrator = _make(anna, "viewer"), _make(anna, "administrator")
    pipeline = new_client()
    assert pipeline.get("/api/v1/accounts", headers=as_viewer).status_code == 403
    assert pipeline.get("/api/v1/accounts", headers=as_administrator).status_code == 200
    with people.database.session() as session:
        paul, account = find_account(session, "paul"), find_account(session, "anna")
        assert paul is not None
        assert account is not None
        set_role(session, SYSTEM, paul, Role.ADMINISTRATOR, people.now())
        set_role(session, SYSTEM, account, Role.EDITOR, people.now())
    assert pipeline.get("/api/v1/accounts", headers=as_administrator).status_code == 403
    assert pipeline.get("/api/v1/me", headers=as_administrator).json()["role"] == "editor"
    refused = log_in("paul").post("/api/v1/tokens", json={"name": "x", "role": "administrator"})
    assert refused.status_code == 201


def test_nobody_makes_one_above_their_own_role(log_in: LogIn) -> None:
    refused = log_in("edda").post("/api/v1/tokens", json={"name": "x", "role": "publisher"})
    assert refused.status_code == 403


def test_a_token_makes_no_tokens_and_changes_no_password(log_in: LogIn, new_client: NewClient) -> None:
    bearer = _make(log_in("paul"))
    pipeline = new_client()
    assert pipeline.post("/api/v1/tokens", json={"name": "another"}, headers=bearer).status_code == 403
    assert pipeline.get("/api/v1/tokens", headers=bearer).status_code == 403
    passwords = {"old": "x", "new": "another long password"}
    assert pipeline.put("/api/v1/me/password", json=passwords, headers=bearer).status_code == 403


@on_both_storages
def test_a_revoked_one_is_out_at_once(log_in: LogIn, new_client: NewClient) -> None:
    browser = log_in("paul")
    bearer = _make(browser)
    token_id = browser.get("/api/v1/tokens").json()[0]["id"]
    assert log_in("edda").delete(f"/api/v1/tokens/{token_id}").status_code == 404
    assert browser.delete(f"/api/v1/tokens/{token_id}").status_code == 204
    assert new_client().get("/api/v1/me", headers=bearer).status_code == 401


def test_one_of_a_disabled_account_is_out_at_once(log_in: LogIn, new_client: NewClient, people: AdminParts) -> None:
    bearer = _make(log_in("paul"))
    with people.database.session() as session:
        paul = find_account(session, "paul")
        assert paul is not None
        set_disabled(session, SYSTEM, paul, True, people.now())
    assert new_client().get("/api/v1/me", headers=bearer).status_code == 401


def test_it_ends(log_in: LogIn, new_client: NewClient, app: FastAPI, people: AdminParts) -> None:
    bearer = _make(log_in("paul"))
    app.state.parts = dataclasses.replace(people, now=lambda: people.now() + 91 * 86_400)
    assert new_client().get("/api/v1/me", headers=bearer).status_code == 401


@pytest.mark.parametrize("lifetime_s", [0, 59, 367 * 86_400, "Infinity", None])
def test_it_has_no_other_lifetimes(log_in: LogIn, lifetime_s: object) -> None:
    assert log_in("paul").post("/api/v1/tokens", json={"name": "x", "lifetime_s": lifetime_s}).status_code == 422


@pytest.mark.parametrize("name", ["", "   ", "x" * 65, "a\x00b", "a\nb"])
def test_it_has_a_name(log_in: LogIn, name: str) -> None:
    assert log_in("paul").post("/api/v1/tokens", json={"name": name}).status_code == 422


def test_too_many_wrong_ones_from_an_address_make_it_wait(app: FastAPI, people: AdminParts) -> None:
    app.state.parts = dataclasses.replace(people, limits=RequestLimits(LimitRules(bad_tokens_by_address="3/hour")))
    client = TestClient(app)
    tried = [client.get("/api/v1/me", headers={"Authorization": f"Bearer ert_{n}"}) for n in range(4)]
    assert [reply.status_code for reply in tried] == [401, 401, 401, 429]
    assert int(tried[3].headers["retry-after"]) > 0


def test_too_many_requests_of_an_account_make_it_wait(log_in: LogIn, app: FastAPI, people: AdminParts) -> None:
    browser, other = log_in("paul"), log_in("edda")
    app.state.parts = dataclasses.replace(people, limits=RequestLimits(LimitRules(requests_by_actor="3/hour")))
    assert [browser.get("/api/v1/me").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert other.get("/api/v1/me").status_code == 200
