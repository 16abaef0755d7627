"""Uploading over HTTP, as a pipeline does."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from fastapi.testclient import TestClient

from control.admin.access.accounts import add_account
from control.admin.access.actor import SYSTEM, Actor, Role
from control.admin.access.tokens import make_token
from control.admin.parts import AdminParts
from control.admin.storage.uploads import PART_MAX_BYTES
from control.content.blob_batch import BATCH_MAX_BYTES, BATCH_TYPE, pack_batch
from tests.control.admin.kinds import on_both_storages

DATA = hashlib.shake_256(b"a texture").digest(300_000)
DIGEST = hashlib.sha256(DATA).hexdigest()
NEW = {"digest": DIGEST, "size_bytes": len(DATA)}


@pytest.fixture
def editor(client: TestClient, parts: AdminParts) -> TestClient:
    """The client with an editor's API token."""
    now = parts.now()
    with parts.database.session() as session:
        account = add_account(session, SYSTEM, "anna", Role.EDITOR, now)
        session.flush()
        actor = Actor(account.id, "anna", Role.EDITOR)
        token = make_token(session, actor, "pipeline", Role.EDITOR, now + 3600, now).token
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def begin(editor: TestClient, **changes: Any) -> str:
    begun = editor.post("/api/v1/uploads", json={**NEW, **changes})
    assert begun.status_code == 201, begun.text
    return str(begun.headers["Location"])


def patch(editor: TestClient, where: str, offset: int, data: bytes) -> Any:
    headers = {"Upload-Offset": str(offset), "Content-Type": "application/partial-upload"}
    return editor.patch(where, content=data, headers=headers)


@on_both_storages
def test_an_upload_in_parts(editor: TestClient, parts: AdminParts) -> None:
    assert editor.post("/api/v1/blobs/missing", json={"digests": [DIGEST, DIGEST]}).json() == {"missing": [DIGEST]}
    where = begin(editor)
    first = patch(editor, where, 0, DATA[:200_000])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, "200000")
    asked = editor.head(where)
    assert (asked.headers["Upload-Offset"], asked.headers["Upload-Length"]) == ("200000", "300000")
    assert editor.get(where).json()["offset_bytes"] == 200_000
    again = editor.post("/api/v1/uploads", json=NEW)
    assert (again.status_code, again.headers["Location"]) == (200, where)
    assert patch(editor, where, 200_000, DATA[200_000:]).headers["Upload-Offset"] == "300000"
    assert editor.get(where).status_code == 404
    told = editor.post("/api/v1/uploads", json=NEW)
    assert (told.status_code, told.json()["stored"], told.json()["id"]) == (200, True, None)
    assert editor.post("/api/v1/blobs/missing", json={"digests": [DIGEST]}).json() == {"missing": []}
    assert b"".join(parts.blobs.read(DIGEST)) == DATA


def test_a_part_for_elsewhere_is_told_the_offset(editor: TestClient) -> None:
    where = begin(editor)
    patch(editor, where, 0, DATA[:200_000])
    refused = patch(editor, where, 0, DATA[:100_000])
    assert (refused.status_code, refused.headers["Upload-Offset"]) == (409, "200000")
    assert refused.json()["error"] == {
        "code": "conflict",
        "message": "the next byte that is wanted is at 200000",
        "field": "Upload-Offset",
    }


def test_another_digest_is_refused(editor: TestClient) -> None:
    where = begin(editor)
    refused = patch(editor, where, 0, DATA[:-1] + b"?")
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "refused")
    assert editor.get(where).status_code == 404


def test_a_part_that_is_too_large_is_refused(editor: TestClient) -> None:
    where = begin(editor, size_bytes=PART_MAX_BYTES * 2)
    assert patch(editor, where, 0, bytes(PART_MAX_BYTES + 1)).status_code == 413

    chunks = (bytes(2**20) for _ in range(17))
    assert editor.patch(where, content=chunks, headers={"Upload-Offset": "0"}).status_code == 413


def test_uploads_are_listed_and_given_up(editor: TestClient) -> None:
    where = begin(editor)
    assert [upload["digest"] for upload in editor.get("/api/v1/uploads").json()] == [DIGEST]
    assert editor.delete(where).status_code == 204
    assert editor.get("/api/v1/uploads").json() == []
    assert editor.delete(where).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/api/v1/uploads", {"digest": "A" * 64, "size_bytes": 1}),
        ("POST", "/api/v1/uploads", {"digest": DIGEST, "size_bytes": -1}),
        ("POST", "/api/v1/uploads", {"digest": DIGEST, "size_bytes": 2**60}),
        ("POST", "/api/v1/blobs/missing", {"digests": ["\x00"]}),
        ("GET", "/api/v1/uploads/..", None),
        ("GET", "/api/v1/uploads/%00", None),
        ("PATCH", f"/api/v1/uploads/{'0' * 32}", None),
    ],
)
def test_what_can_not_be_meant_is_refused(editor: TestClient, method: str, path: str, body: Any) -> None:
    assert 400 <= editor.request(method, path, json=body).status_code < 500


def test_who_is_not_signed_in_uploads_nothing(client: TestClient) -> None:
    assert client.post("/api/v1/uploads", json=NEW).status_code == 401
    assert client.post("/api/v1/blobs/missing", json={"digests": []}).status_code == 401
    assert patch(client, f"/api/v1/uploads/{'0' * 32}", 0, b"").status_code == 401


def send_batch(editor: TestClient, body: bytes) -> Any:
    return editor.post("/api/v1/blobs", content=body, headers={"Content-Type": BATCH_TYPE})


def missing(editor: TestClient, digests: list[str]) -> list[str]:
    found: list[str] = editor.post("/api/v1/blobs/missing", json={"digests": digests}).json()["missing"]
    return found


@on_both_storages
def test_many_small_blobs_in_one_request(editor: TestClient, parts: AdminParts) -> None:
    blobs = {hashlib.sha256(data).hexdigest(): data for data in (b"%d" % number for number in range(300))}
    first, *others = blobs.items()
    assert send_batch(editor, pack_batch([first])).json() == {"blobs": 1}
    assert send_batch(editor, pack_batch([first, *others])).json() == {"blobs": 300}
    assert missing(editor, list(blobs)) == []
    assert all(b"".join(parts.blobs.read(digest)) == data for digest, data in blobs.items())
    begun = begin(editor)
    assert send_batch(editor, pack_batch([(DIGEST, DATA)])).status_code == 200
    assert patch(editor, begun, 0, DATA).status_code == 204  # who began it the other way is not in the way
    assert send_batch(editor, b"").status_code == 400


def test_of_a_batch_with_a_wrong_blob_none_is_stored(editor: TestClient) -> None:
    good = hashlib.sha256(b"good").hexdigest()
    refused = send_batch(editor, pack_batch([(good, b"good"), (DIGEST, b"changed")]))
    assert refused.status_code == 422
    assert DIGEST in refused.json()["error"]["message"]
    assert missing(editor, [good]) == [good]


def test_a_batch_has_bounds_and_needs_an_editor(editor: TestClient, parts: AdminParts) -> None:
    assert send_batch(editor, bytes(BATCH_MAX_BYTES + 1)).status_code == 413
    now = parts.now()
    with parts.database.session() as session:
        account = add_account(session, SYSTEM, "vera", Role.VIEWER, now)
        session.flush()
        token = make_token(session, Actor(account.id, "vera", Role.VIEWER), "look", Role.VIEWER, now + 60, now).token
    editor.headers["Authorization"] = f"Bearer {token}"
    assert send_batch(editor, pack_batch([(DIGEST, DATA)])).status_code == 403
