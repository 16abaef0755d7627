"""The admin's application: that it starts, and how it tells what went wrong."""

from __future__ import annotations

from fastapi.testclient import TestClient


def test_it_tells_that_it_lives(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


def test_it_describes_itself(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    assert described["info"]["title"] == "edge-render admin"
    assert "ErrorReply" in described["components"]["schemas"]
