"""The admin's application: that it starts, and how it tells what went wrong."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from control.admin.admin_node import open_parts
from control.admin.app import create_admin_app
from control.admin.settings import AdminSettings


@pytest.fixture
def client(tmp_path: Path) -> Iterator[TestClient]:
    settings = AdminSettings(data_folder=tmp_path)
    with TestClient(create_admin_app(lambda: open_parts(settings))) as opened:
        yield opened


def test_it_tells_that_it_lives(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


def test_it_describes_itself(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    assert described["info"]["title"] == "edge-render admin"
    assert "ErrorReply" in described["components"]["schemas"]
