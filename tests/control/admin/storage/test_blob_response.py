"""A blob over HTTP."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.testclient import TestClient

from control.admin.http_errors import add_error_handlers
from control.admin.storage.blob_response import blob_response
from control.admin.storage.blob_store import BlobStore

DATA = bytes(range(256)) * 10_000


@pytest.fixture
def digest(blob_store: BlobStore) -> str:
    return blob_store.put_bytes(DATA)


@pytest.fixture
def http(blob_store: BlobStore) -> Iterator[TestClient]:
    """Of an application that answers with blobs."""
    app = FastAPI()
    add_error_handlers(app)

    @app.get("/api/blobs/{digest}")
    def read(digest: str, request: Request) -> Response:
        asked = request.headers
        return blob_response(
            blob_store,
            digest,
            asked.get("Range"),
            if_range=asked.get("If-Range"),
            if_none_match=asked.get("If-None-Match"),
        )

    with TestClient(app) as client:
        yield client


def test_all_of_it(http: TestClient, digest: str) -> None:
    got = http.get(f"/api/blobs/{digest}")
    assert (got.status_code, got.content) == (200, DATA)
    assert got.headers["ETag"] == f'"{digest}"'
    assert got.headers["Content-Length"] == str(len(DATA))
    assert "immutable" in got.headers["Cache-Control"]


def test_the_rest_of_it(http: TestClient, digest: str) -> None:
    got = http.get(f"/api/blobs/{digest}", headers={"Range": "bytes=2000000-"})
    assert (got.status_code, got.content) == (206, DATA[2_000_000:])
    assert got.headers["Content-Range"] == f"bytes 2000000-{len(DATA) - 1}/{len(DATA)}"


def test_what_is_behind_its_end(http: TestClient, digest: str) -> None:
    got = http.get(f"/api/blobs/{digest}", headers={"Range": f"bytes={len(DATA)}-"})
    assert got.status_code == 416
    assert got.headers["Content-Range"] == f"bytes */{len(DATA)}"
    assert got.json()["error"]["code"] == "range-not-satisfiable"


def test_the_rest_of_something_else_is_all_of_it(http: TestClient, digest: str) -> None:
    same = {"Range": "bytes=5-", "If-Range": f'"{digest}"'}
    assert http.get(f"/api/blobs/{digest}", headers=same).status_code == 206
    assert http.get(f"/api/blobs/{digest}", headers={**same, "If-Range": '"other"'}).content == DATA


def test_what_the_client_has(http: TestClient, digest: str) -> None:
    got = http.get(f"/api/blobs/{digest}", headers={"If-None-Match": f'"x", "{digest}"'})
    assert (got.status_code, got.content) == (304, b"")


def test_what_is_not_there(http: TestClient) -> None:
    assert http.get(f"/api/blobs/{'0' * 64}").status_code == 404
