"""What is large is taken of those alone who are known, and not too much of it at once."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from bench.admin_process import AdminProcess
from control.admin.errors import TooManyTries
from control.admin.large_bodies import LARGE_BODY_BYTES, SMALL_BODY_BYTES, HeldBodies
from tests.control.admin.conftest import LogIn, NewClient

LARGE = b" " * (SMALL_BODY_BYTES + 1)
ROUTES = ["/api/v1/session", "/api/v1/blobs/missing", "/edge/v1/visits", "/api/v1/showrooms/branch/drafts"]


@pytest.mark.parametrize("path", ROUTES)
def test_nobody_known_sends_much(new_client: NewClient, path: str) -> None:
    refused = new_client().post(path, content=LARGE, headers={"Content-Type": "application/json"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "not-signed-in")


@pytest.mark.parametrize("token", ["ert_wrong", "ers_wrong", "wrong"])
def test_a_wrong_token_sends_no_more(new_client: NewClient, token: str) -> None:
    refused = new_client().post("/edge/v1/visits", content=LARGE, headers={"Authorization": f"Bearer {token}"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (401, "not-signed-in")


def test_without_a_length_it_may_be_any_amount(new_client: NewClient) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"name": "anna", "password": "x"}'

    refused = new_client().post("/api/v1/session", content=pieces(), headers={"Content-Type": "application/json"})
    assert refused.status_code == 401
    assert "at most" in refused.json()["error"]["message"]


def test_who_is_known_sends_more(log_in: LogIn) -> None:
    editor = log_in("edda")
    digests = [f"{number:064x}" for number in range(10_000)]
    assert editor.post("/api/v1/blobs/missing", json={"digests": digests}).json() == {"missing": digests}


@pytest.mark.parametrize("has_length", [True, False])
def test_more_than_any_route_takes_is_refused(log_in: LogIn, has_length: bool) -> None:
    piece = b" " * (LARGE_BODY_BYTES // 4 + 1)
    content = piece * 4 if has_length else iter([piece] * 4)
    refused = log_in("edda").patch("/api/v1/me", content=content, headers={"Content-Type": "application/json"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too-large")
    assert str(LARGE_BODY_BYTES) in refused.json()["error"]["message"]


def test_not_a_byte_of_it_is_waited_for(tmp_path: Path) -> None:
    with AdminProcess(tmp_path) as admin, socket.create_connection(("127.0.0.1", admin.port), timeout=30) as sending:
        sending.sendall(
            b"POST /api/v1/blobs/missing HTTP/1.1\r\nHost: admin\r\nContent-Type: application/json\r\n"
            b"Content-Length: 10000000\r\n\r\n"
        )
        head, _, body = _answer(sending).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 401 ")
    assert json.loads(body)["error"]["code"] == "not-signed-in"


def _answer(connection: socket.socket) -> bytes:
    return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_what_is_under_way_is_bounded_for_each_and_for_all() -> None:
    bodies = HeldBodies(most_bytes=3 * LARGE_BODY_BYTES, most_bytes_each=2 * LARGE_BODY_BYTES)
    with bodies.held("account:1", LARGE_BODY_BYTES), bodies.held("account:1", LARGE_BODY_BYTES):
        with pytest.raises(TooManyTries), bodies.held("account:1", 1):
            pass
        with bodies.held("account:2", LARGE_BODY_BYTES), pytest.raises(TooManyTries), bodies.held("site:hall", 1):
            pass
    with bodies.held("account:1", 2 * LARGE_BODY_BYTES):
        pass


def test_a_small_body_is_anybodys(client: TestClient) -> None:
    refused = client.post("/api/v1/session", json={"name": "nobody", "password": "x" * 900})
    assert refused.json()["error"]["code"] == "not-signed-in"
