"""An admin without its network: real database, real application, and a browser-like client."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from control.admin.access.accounts import add_account
from control.admin.access.actor import SYSTEM, Role
from control.admin.admin_node import open_parts
from control.admin.app import create_admin_app
from control.admin.parts import AdminParts
from control.admin.settings import AdminSettings

PASSWORD = "correct horse battery"
NewClient = Callable[[], TestClient]
LogIn = Callable[[str], TestClient]


@pytest.fixture
def settings(tmp_path: Path) -> AdminSettings:
    return AdminSettings(data_folder=tmp_path, public_url="http://admin.test")


@pytest.fixture
def app(settings: AdminSettings) -> Iterator[FastAPI]:
    application = create_admin_app(lambda: open_parts(settings))
    with TestClient(application):
        yield application


@pytest.fixture
def parts(app: FastAPI) -> AdminParts:
    """Of the running application, with one account of each role, whose password is PASSWORD."""
    parts: AdminParts = app.state.parts
    password_hash = parts.passwords.hash_new(PASSWORD, "x")
    with parts.database.session() as session:
        for name, role in (
            ("vera", Role.VIEWER),
            ("edda", Role.EDITOR),
            ("paul", Role.PUBLISHER),
            ("anna", Role.ADMINISTRATOR),
        ):
            add_account(session, SYSTEM, name, role, parts.now(), password_hash=password_hash)
    return parts


@pytest.fixture
def new_client(app: FastAPI, parts: AdminParts) -> Iterator[NewClient]:
    """Makes browsers with cookies of their own. They do not start the application: it runs."""
    with ExitStack() as stack:

        def make() -> TestClient:
            client = TestClient(app, base_url="http://admin.test", follow_redirects=False)
            stack.callback(client.close)
            return client

        yield make


@pytest.fixture
def log_in(new_client: NewClient) -> LogIn:
    """A browser that is logged in, and sends its CSRF token."""

    def made(name: str) -> TestClient:
        client = new_client()
        reply = client.post("/api/v1/session", json={"name": name, "password": PASSWORD})
        assert reply.status_code == 201, reply.text
        client.headers["X-CSRF-Token"] = reply.json()["csrf_token"]
        return client

    return made
