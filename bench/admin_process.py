"""``edge-render admin`` in a process of its own, which can be killed and started again: for benches and tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import httpx2

from bench.free_port import free_port
from control.admin.access.accounts import add_account
from control.admin.access.actor import SYSTEM, Actor, Role
from control.admin.access.sessions import start_session
from control.admin.access.tokens import make_token
from control.admin.database import Database, database_url
from control.admin.migrations import migrate
from control.admin.settings import AdminSettings
from control.admin.storage.blob_store import BlobStore

START_S: Final = 120.0
STOP_S: Final = 30.0
COOKIE: Final = "edge_render_session"


@dataclass(frozen=True)
class Person:
    """Somebody with an account, an API token and a browser's session."""

    actor: Actor
    token: str
    cookie: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class AdminProcess:
    """A context manager: entering starts it, leaving ends it. Its database and its blob store can be used beside it.

    ``administrator`` is anna."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """``folder`` is its data folder, which is made; ``settings``: others of AdminSettings."""
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        settings = {"data_folder": str(folder), "port": str(self.port), **settings}
        self.settings = AdminSettings.model_validate(settings)
        self.environment = {**os.environ, **{f"EDGE_RENDER_ADMIN_{name.upper()}": settings[name] for name in settings}}
        """What tells a process its settings."""
        self._process: subprocess.Popen[bytes] | None = None
        folder.mkdir(parents=True, exist_ok=True)
        self.database = Database(database_url(self.settings))
        migrate(self.database)
        self.blobs = BlobStore.open(self.settings)
        self.administrator = self.person("anna", Role.ADMINISTRATOR)

    def __enter__(self) -> Self:
        try:
            self.start()
        except BaseException:
            self.kill()  # one that does not answer must not stay behind
            raise
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        try:
            self.stop()
        finally:
            self.database.close()

    @property
    def pid(self) -> int:
        assert self._process is not None, "it was started"
        return self._process.pid

    def start(self) -> None:
        """Start it, and wait until it answers."""
        log = self.folder / "admin.log"
        with log.open("ab") as output:
            command = [str(Path(sys.executable).with_name("edge-render")), "admin"]
            self._process = subprocess.Popen(command, env=self.environment, stdout=output, stderr=output)
        deadline_s = time.monotonic() + START_S
        while True:
            assert self._process.poll() is None, f"the admin has ended: {log.read_text()}"
            assert time.monotonic() < deadline_s, "the admin does not answer"
            try:
                if httpx2.get(f"{self.url}/healthz", timeout=2.0, trust_env=False).is_success:
                    return
            except httpx2.HTTPError:
                time.sleep(0.05)  # another process: there is no event to wait for

    def kill(self) -> None:
        """As if the power went."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def stop(self) -> None:
        """End it as an operator does. Raises TimeoutExpired where it does not end by itself."""
        if self._process is not None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(STOP_S)
            finally:
                self.kill()

    def person(self, name: str, role: Role) -> Person:
        """Make an account, and log it in."""
        now = time.time()
        with self.database.session() as session:
            account = add_account(session, SYSTEM, name, role, now, password_hash="x")
            actor = Actor(account.id, name, role)
            token = make_token(session, actor, "pipeline", role, now + 3600.0, now).token
            return Person(actor, token, start_session(session, account, now, 3600.0, 3600.0).token)

    @property
    def token(self) -> str:
        """The administrator's."""
        return self.administrator.token

    def api(self) -> httpx2.Client:
        """The API, by the administrator's token."""
        return httpx2.Client(base_url=f"{self.url}/api/v1/", headers=self.administrator.headers, trust_env=False)

    def make_site(self, slug: str) -> str:
        """Make a site; returns the token of its nodes."""
        with self.api() as api:
            made = api.post("sites", json={"slug": slug, "title": slug.title(), "edge_class": "software"})
            made.raise_for_status()
        return str(made.json()["token"])

    def trusted_keys(self) -> str:
        """What its edges are told to trust."""
        with self.api() as api:
            return str(api.get("keys").raise_for_status().json()["trusted"])
