"""What tests of several packages share."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_render.demo import build_demo


@pytest.fixture(scope="session")
def demo_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo showroom, which takes seconds to make."""
    folder = tmp_path_factory.mktemp("demo")
    build_demo(folder)
    return folder
