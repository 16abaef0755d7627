"""``edge-render admin`` in a process of its own, which can be killed and started again; on SQLite and a folder."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx2

from control.admin.access.accounts import add_account
from control.admin.access.actor import SYSTEM, Actor, Role
from control.admin.access.sessions import start_session
from control.admin.access.tokens import make_token
from control.admin.database import Database, database_url
from control.admin.migrations import migrate
from control.admin.settings import AdminSettings
from control.admin.storage.blob_store import BlobStore

_START_S = 60.0
COOKIE = "edge_render_session"


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
    """A context manager: entering starts it, leaving ends it. Its database can be used beside it."""

    def __init__(self, folder: Path, *options: str) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self.folder = folder
        self.settings = AdminSettings(data_folder=folder)
        folder.mkdir(parents=True, exist_ok=True)
        self.database = Database(database_url(self.settings))
        migrate(self.database)
        self.blobs = BlobStore.open(self.settings)
        edge_render = str(Path(sys.executable).with_name("edge-render"))
        self._command = [edge_render, "admin", "--data-folder", str(folder), "--port", str(self.port), *options]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        assert self._process is not None, "it was started"
        return self._process.pid

    def person(self, name: str, role: Role) -> Person:
        """Make an account, and log it in."""
        now = time.time()
        with self.database.session() as session:
            account = add_account(session, SYSTEM, name, role, now, password_hash="x")
            actor = Actor(account.id, name, role)
            token = make_token(session, actor, "test", role, now + 3600.0, now).token
            return Person(actor, token, start_session(session, account, now, 3600.0, 3600.0).token)

    def start(self) -> None:
        """Start, and wait until it answers."""
        with (self.folder / "admin.log").open("ab") as log:
            self._process = subprocess.Popen(self._command, stderr=log, stdout=log)
        deadline_s = time.monotonic() + _START_S
        while True:
            assert self._process.poll() is None, (self.folder / "admin.log").read_text()
            assert time.monotonic() < deadline_s, "it does not answer"
            try:
                if httpx2.get(f"{self.url}/healthz", timeout=2.0, trust_env=False).is_success:
                    return
            except httpx2.HTTPError:
                time.sleep(0.05)

    def kill(self) -> None:
        """As a power failure would."""
        assert self._process is not None, "it was started"
        os.kill(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        assert self._process is not None, "it was started"
        self._process.terminate()
        try:
            self._process.wait(30.0)
        except subprocess.TimeoutExpired:
            self.kill()
            raise
        finally:
            self.database.close()
