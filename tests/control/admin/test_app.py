"""The admin's application: that it starts, and how it tells what went wrong."""

from __future__ import annotations

from fastapi.testclient import TestClient


def test_it_tells_that_it_lives(client: TestClient) -> None:
    assert client.get("/healthz").json() == {"status": "alive"}


def test_it_describes_itself(client: TestClient) -> None:
    described = client.get("/api/openapi.json").json()
    assert described["info"]["title"] == "edge-render admin"
    assert "ErrorReply" in described["components"]["schemas"]


def test_a_method_that_is_not_taken_is_answered_with_those_that_are(client: TestClient) -> None:
    refused = client.put("/api/v1/sites/lounge-1")
    assert (refused.status_code, refused.headers["Allow"]) == (405, "GET, PATCH")
