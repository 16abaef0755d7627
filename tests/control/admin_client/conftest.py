"""A real admin in a process of its own, and the command line as pipelines run it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import pytest

from bench.admin_process import AdminProcess


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminProcess]:
    """With an administrator, whose token it has. A module's tests share it: each names showrooms and sites of its own.
    A site is healthy there as soon as it shows what was ordered."""
    with AdminProcess(tmp_path_factory.mktemp("admin") / "data", healthy_s="0") as running:
        yield running


@pytest.fixture
def run(admin: AdminProcess) -> Run:
    """Runs ``edge-render …`` against it."""
    return partial(run_command, admin.url, admin.token)


@pytest.fixture
def run_alone() -> Run:
    """Runs ``edge-render …`` where no admin is asked."""
    return partial(run_command, "http://127.0.0.1:9", "ert_a-token")


def run_command(url: str, token: str, *arguments: str, **environment: str) -> Ran:
    """With the address and the token in the environment."""
    known = {**os.environ, "EDGE_RENDER_ADMIN_URL": url, "EDGE_RENDER_TOKEN": token, **environment}
    command = [sys.executable, "-c", "from control.cli import main; main()", *arguments]
    done = subprocess.run(command, env=known, capture_output=True, text=True, check=False, timeout=250)
    assert token not in done.stdout + done.stderr
    return Ran(done.returncode, done.stdout, done.stderr)
