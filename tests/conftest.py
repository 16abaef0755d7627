"""What tests of several packages share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from edge_render.demo import build_demo

pytest_plugins = ["tests.control_plane_fixtures"]


@pytest.fixture(scope="session")
def demo_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo showroom, which takes seconds to make."""
    folder = tmp_path_factory.mktemp("demo")
    build_demo(folder)
    return folder


@pytest.fixture(autouse=True)
def logging_as_it_was() -> Iterator[None]:
    """Commands that are run in a test set up logging for the whole process; the next test should not notice."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)
