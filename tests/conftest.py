"""What tests of several packages share."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from edge_render.demo import build_demo

pytest_plugins = ["tests.control_plane_fixtures"]


@pytest.fixture(scope="session")
def demo_package(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """The demo showroom, which takes seconds to make: the run's processes share one. Nobody writes into it."""
    own = tmp_path_factory.getbasetemp()
    shared = own if worker_id == "master" else own.parent
    folder, unfinished = shared / "demo", shared / "demo-unfinished"
    with (shared / "demo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            build_demo(unfinished)
            unfinished.rename(folder)
    return folder


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Commands that are run in a test set up logging for the whole process; the next test should not notice."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
