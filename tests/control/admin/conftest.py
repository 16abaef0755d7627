"""An admin to test: its settings, its database (SQLite and a real PostgreSQL), and a client of the real application."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Protocol, TypeAlias

import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

from bench.servers.postgresql import PostgresqlServer, postgresql_server
from bench.servers.s3 import S3Server, s3_server
from control.admin.access.accounts import add_account
from control.admin.access.actor import SYSTEM, Actor, Role
from control.admin.access.passwords import Passwords
from control.admin.admin_node import open_parts
from control.admin.app import create_admin_app
from control.admin.database import Database
from control.admin.keys import SigningKeys
from control.admin.migrations import migrate
from control.admin.parts import AdminParts
from control.admin.settings import AdminSettings
from control.admin.sites.change_bell import ChangeBell
from control.admin.sites.orders import Orders
from control.admin.storage.blob_store import BlobStore
from tests.control.admin.sites.world import START, person

PASSWORD = "correct horse battery"
NewClient: TypeAlias = Callable[[], TestClient]
LogIn: TypeAlias = Callable[[str], TestClient]


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """The server that this run's tests share."""
    with postgresql_server() as server:
        yield server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """The server that this run's tests share."""
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file with the admin's tables, to be copied: as ``PostgresqlServer`` has one."""
    file = tmp_path_factory.mktemp("sqlite") / "migrated.sqlite3"
    with Database(f"sqlite:///{file}") as database:
        migrate(database)
    return file


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path) -> Iterator[AdminSettings]:
    """SQLite and a folder; or PostgreSQL and S3 where a test asks for it by ``on_both_storages``."""
    folder = tmp_path / "data"
    folder.mkdir()
    if getattr(request, "param", "sqlite-folder") == "sqlite-folder":
        shutil.copy(migrated_sqlite, folder / "admin.sqlite3")
        yield AdminSettings(data_folder=folder)
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    objects: S3Server = request.getfixturevalue("s3")
    with server.database() as url:
        yield AdminSettings(data_folder=folder, database_url=SecretStr(url), **objects.settings())


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path, migrated_sqlite: Path) -> Iterator[Database]:
    """With the admin's tables, empty; a test that takes it runs on both. Not the ``client``'s: see ``parts``."""
    if request.param == "sqlite":
        shutil.copy(migrated_sqlite, tmp_path / "test.sqlite3")
        with Database(f"sqlite:///{tmp_path / 'test.sqlite3'}") as opened:
            yield opened
        return
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    with server.database() as url, Database(url) as opened:
        yield opened


@pytest.fixture(params=["folder", "s3"])
def blob_store(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    """Empty; a test that takes it runs on both. Not the ``client``'s: see ``parts``."""
    if request.param == "folder":
        return BlobStore.open(AdminSettings(data_folder=tmp_path / "blobs"))
    server: S3Server = request.getfixturevalue("s3")
    return BlobStore.open(AdminSettings(data_folder=tmp_path / "blobs", **server.settings()))


@pytest.fixture
def keys(database: Database, tmp_path: Path) -> SigningKeys:
    """Of the ``database``: one, which signs since START."""
    keys = SigningKeys(tmp_path / "keys")
    with database.session() as session:
        keys.start(session, START)
    return keys


@pytest.fixture
def orders(keys: SigningKeys) -> Orders:
    return Orders(keys, ChangeBell())


@pytest.fixture
def boss(database: Database) -> Actor:
    """An administrator in the ``database``."""
    with database.session() as session:
        return person(session, "boss", Role.ADMINISTRATOR)


class RunApp(Protocol):
    """A context manager: the application runs with these settings until its end."""

    def __call__(self, settings: AdminSettings) -> AbstractContextManager[TestClient]: ...


@pytest.fixture(scope="session")
def run_app() -> RunApp:
    """One application for all tests, one after the other: it makes its routes once, which takes longer than most tests.
    All else is opened anew each time."""
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))  # nobody attacks these
    of_this_test: list[AdminSettings] = []
    app = create_admin_app(lambda: open_parts(of_this_test[0], passwords))

    @contextmanager
    def run(settings: AdminSettings) -> Iterator[TestClient]:
        of_this_test[:] = [settings]
        with TestClient(app) as client:
            yield client

    return run


@pytest.fixture
def client(settings: AdminSettings, run_app: RunApp) -> Iterator[TestClient]:
    """Of the whole application, which runs as long."""
    with run_app(settings) as opened:
        yield opened


@pytest.fixture
def parts(client: TestClient) -> AdminParts:
    """What the client's application works with."""
    assert isinstance(client.app, FastAPI)
    found = client.app.state.parts
    assert isinstance(found, AdminParts)
    return found


@pytest.fixture
def people(parts: AdminParts) -> AdminParts:
    """The same parts, with an account of each role, whose password is PASSWORD: vera is a viewer, edda an editor,
    paul a publisher, anna an administrator."""
    password_hash = parts.passwords.hash_new(PASSWORD, "-")
    with parts.database.session() as session:
        for name, role in zip(("vera", "edda", "paul", "anna"), Role, strict=True):
            add_account(session, SYSTEM, name, role, parts.now(), password_hash=password_hash)
    return parts


@pytest.fixture
def new_client(client: TestClient) -> Iterator[NewClient]:
    """Makes browsers with cookies of their own. They do not start the application: it runs."""
    with ExitStack() as stack:

        def make() -> TestClient:
            made = TestClient(client.app, follow_redirects=False)
            stack.callback(made.close)
            return made

        yield make


@pytest.fixture
def log_in(people: AdminParts, new_client: NewClient) -> LogIn:
    """A browser in which one of the ``people`` is logged in; it sends its CSRF token along."""

    def made(name: str) -> TestClient:
        browser = new_client()
        reply = browser.post("/api/v1/session", json={"name": name, "password": PASSWORD})
        assert reply.status_code == 201, reply.text
        browser.headers["X-CSRF-Token"] = reply.json()["csrf_token"]
        return browser

    return made
