"""A real admin in a process of its own, and the command line as pipelines run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.control.admin_client.admin_process import AdminProcess


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def admin(tmp_path: Path) -> Iterator[AdminProcess]:
    """With an administrator, whose token it has."""
    with AdminProcess(tmp_path / "admin") as running:
        yield running


@pytest.fixture
def run(admin: AdminProcess) -> Run:
    """Runs ``edge-render …`` against it, with the token in the environment."""

    def ran(*arguments: str, **environment: str) -> Ran:
        known = {**os.environ, "EDGE_RENDER_ADMIN_URL": admin.url, "EDGE_RENDER_TOKEN": admin.token, **environment}
        command = [sys.executable, "-c", "from control.cli import main; main()", *arguments]
        done = subprocess.run(command, env=known, capture_output=True, text=True, check=False, timeout=110)
        assert admin.token not in done.stdout + done.stderr
        return Ran(done.returncode, done.stdout, done.stderr)

    return ran
