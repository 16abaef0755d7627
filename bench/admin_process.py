"""``edge-render admin`` as a process that can be killed and started again: for benches and end-to-end tests."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from control.admin.access.accounts import add_account
from control.admin.access.actor import SYSTEM, Actor, Role
from control.admin.access.tokens import make_token
from control.admin.database import Database
from control.admin.migrations import migrate

_START_S = 60.0


class AdminProcess:
    """A context manager. ``token`` is an administrator's."""

    def __init__(self, folder: Path, **settings: str) -> None:
        self._folder = folder
        self._settings = settings
        self._process: subprocess.Popen[bytes] | None = None
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.token = ""

    def __enter__(self) -> Self:
        self._folder.mkdir()
        with Database(f"sqlite:///{self._folder / 'admin.sqlite3'}") as database:
            migrate(database)
            now = time.time()
            with database.session() as session:
                anna = add_account(session, SYSTEM, "anna", Role.ADMINISTRATOR, now)
                actor = Actor(anna.id, anna.name, Role.ADMINISTRATOR)
                self.token = make_token(session, actor, "pipeline", Role.ADMINISTRATOR, now + 3600, now).token
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        options = ["--data-folder", str(self._folder), "--port", str(self.port)]
        options += [part for name, value in self._settings.items() for part in (f"--{name.replace('_', '-')}", value)]
        program = "from control.cli import main; main()"
        self._process = subprocess.Popen(
            [sys.executable, "-c", program, "admin", *options], env={**os.environ}, stderr=subprocess.DEVNULL
        )
        until = time.monotonic() + _START_S
        while True:
            try:
                httpx2.get(f"{self.url}/healthz").raise_for_status()
            except httpx2.TransportError:
                assert self._process.poll() is None, "the admin has ended"
                assert time.monotonic() < until, "the admin does not answer"
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """As if the power went."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def api(self) -> httpx2.Client:
        """The API, by the token."""
        return httpx2.Client(base_url=f"{self.url}/api/v1/", headers={"Authorization": f"Bearer {self.token}"})

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
