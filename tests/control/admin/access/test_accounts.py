"""Accounts: who makes them, and that an administrator always remains."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from control.admin.admin_node import open_parts
from control.admin.app import create_admin_app
from control.admin.settings import AdminSettings
from tests.control.admin.conftest import PASSWORD, LogIn, NewClient
from tests.control.admin.kinds import on_both_storages


def _ids(browser: TestClient) -> dict[str, int]:
    return {account["name"]: account["id"] for account in browser.get("/api/v1/accounts").json()}


def test_an_administrator_makes_accounts(log_in: LogIn, new_client: NewClient) -> None:
    anna = log_in("anna")
    made = anna.post("/api/v1/accounts", json={"name": "zoe", "role": "editor", "password": "a long new password"})
    assert (made.status_code, made.json()["role"]) == (201, "editor")
    login = new_client().post("/api/v1/session", json={"name": "zoe", "password": "a long new password"})
    assert login.status_code == 201


@on_both_storages
def test_a_name_is_taken_once(log_in: LogIn) -> None:
    body = {"name": "paul", "role": "editor", "password": "a long new password"}
    assert log_in("anna").post("/api/v1/accounts", json=body).status_code == 409


@pytest.mark.parametrize("name", ["", "Anna", "a b", "ä", "-x", "x" * 65, "a\x00"])
def test_names_are_plain(log_in: LogIn, name: str) -> None:
    body = {"name": name, "role": "editor", "password": "a long new password"}
    assert log_in("anna").post("/api/v1/accounts", json=body).status_code == 422


@on_both_storages
def test_who_is_disabled_is_out_at_once(log_in: LogIn, new_client: NewClient) -> None:
    anna, paul = log_in("anna"), log_in("paul")
    ids = _ids(anna)
    assert anna.patch(f"/api/v1/accounts/{ids['paul']}", json={"disabled": True}).status_code == 200
    assert paul.get("/api/v1/me").status_code == 401
    login = new_client().post("/api/v1/session", json={"name": "paul", "password": PASSWORD})
    assert login.status_code == 401
    assert anna.patch(f"/api/v1/accounts/{ids['paul']}", json={"disabled": False}).status_code == 200
    log_in("paul")


def test_a_role_counts_at_once(log_in: LogIn) -> None:
    anna, paul = log_in("anna"), log_in("paul")
    anna.patch(f"/api/v1/accounts/{_ids(anna)['paul']}", json={"role": "viewer"})
    assert paul.get("/api/v1/me").json()["role"] == "viewer"


@pytest.mark.parametrize("change", [{"role": "publisher"}, {"disabled": True}])
def test_the_last_administrator_stays(log_in: LogIn, change: dict[str, object]) -> None:
    anna = log_in("anna")
    ids = _ids(anna)
    refused = anna.patch(f"/api/v1/accounts/{ids['anna']}", json=change)
    assert refused.status_code == 409
    assert "last administrator" in refused.json()["error"]["message"]
    anna.patch(f"/api/v1/accounts/{ids['paul']}", json={"role": "administrator"})
    assert anna.patch(f"/api/v1/accounts/{ids['anna']}", json=change).status_code == 200


@on_both_storages
def test_an_administrator_gives_a_new_password_and_the_sessions_end(log_in: LogIn) -> None:
    anna, paul = log_in("anna"), log_in("paul")
    path = f"/api/v1/accounts/{_ids(anna)['paul']}/password"
    assert anna.put(path, json={"password": "short"}).status_code == 422
    assert anna.put(path, json={"password": "a long new password"}).status_code == 200
    assert paul.get("/api/v1/me").status_code == 401


def test_the_first_administrator_comes_by_the_link_that_was_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = AdminSettings(data_folder=tmp_path, public_url="http://testserver")
    with TestClient(create_admin_app(lambda: open_parts(settings)), base_url="http://testserver") as client:
        link = next(word for word in capsys.readouterr().err.split() if "/setup?token=" in word)
        body = {"token": "guessed", "name": "anna", "password": PASSWORD}
        assert client.post("/api/v1/setup", json=body).status_code == 401
        body["token"] = link.partition("token=")[2]
        made = client.post("/api/v1/setup", json=body)
        assert (made.status_code, made.json()["account"]["role"]) == (201, "administrator")
        assert client.get("/api/v1/me").status_code == 200
        assert client.post("/api/v1/setup", json={**body, "name": "eve"}).status_code == 409
    with TestClient(create_admin_app(lambda: open_parts(settings))) as client:
        assert "/setup" not in capsys.readouterr().err
        assert client.post("/api/v1/setup", json=body).status_code == 404
