"""From an upload to a release, as a pipeline does it over HTTP."""

from __future__ import annotations

import hashlib
import io
import json
import time
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from control.admin.access.accounts import add_account
from control.admin.access.actor import SYSTEM, Actor, Role
from control.admin.access.tokens import make_token
from control.admin.parts import AdminParts
from control.admin.tables import Blob
from tests.control.admin.kinds import on_both_storages
from tests.control.admin.publishing.packages import manifest, small_package, triangle

Ask = Callable[..., Response]
V = "/api/v1/versions"


@pytest.fixture
def as_role(client: TestClient, parts: AdminParts) -> Callable[[Role], Ask]:
    """Requests of somebody with that role."""

    def make(role: Role) -> Ask:
        with parts.database.session() as session:
            account = add_account(session, SYSTEM, f"a-{role.word}", role, parts.now(), password_hash="x")
            actor = Actor(account.id, account.name, role)
            token = make_token(session, actor, "test", role, parts.now() + 1000, parts.now()).token

        def ask(method: str, path: str, *, seen: int | None = None, **more: Any) -> Response:
            tag = {} if seen is None else {"If-Match": f'"{seen}"'}
            headers = {"Authorization": f"Bearer {token}", **tag, **more.pop("headers", {})}
            return client.request(method, path, headers=headers, **more)

        return ask

    return make


@pytest.fixture
def editor(as_role: Callable[[Role], Ask]) -> Ask:
    ask = as_role(Role.EDITOR)
    made = ask("POST", "/api/v1/showrooms", json={"slug": "branch", "title": {"en": "Branch", "zh": "网点"}})
    assert made.status_code == 201
    return ask


def listed(package: dict[str, bytes]) -> list[dict[str, Any]]:
    return [
        {"path": path, "digest": hashlib.sha256(data).hexdigest(), "size_bytes": len(data)}
        for path, data in package.items()
    ]


def stored(parts: AdminParts, *blobs: bytes) -> None:
    """As the upload API leaves them."""
    for data in blobs:
        digest = parts.blobs.put_bytes(data)
        with parts.database.session() as session:
            session.merge(Blob(digest=digest, size_bytes=len(data), stored_at=parts.now()))


def decided(ask: Ask, version_id: int) -> dict[str, Any]:
    deadline_s = time.monotonic() + 60.0
    while (view := ask("GET", f"{V}/{version_id}").json())["state"] == "validating":
        assert time.monotonic() < deadline_s
        time.sleep(0.05)
    return dict(view)


@on_both_storages
def test_from_an_upload_to_a_release(parts: AdminParts, editor: Ask, as_role: Callable[[Role], Ask]) -> None:
    package = small_package()
    made = editor("POST", "/api/v1/showrooms/branch/drafts", json={"files": listed(package), "note": "the first"})
    version = made.json()
    assert (made.status_code, version["number"], version["state"], version["revision"]) == (201, 1, "draft", 1)
    assert len(version["missing"]) == 2
    here = f"{V}/{version['id']}"
    assert editor("POST", f"{here}/validate").json()["error"]["code"] == "conflict"
    stored(parts, *package.values())
    assert editor("GET", here).json()["missing"] == []
    assert editor("POST", f"{here}/validate").status_code == 202
    version = decided(editor, version["id"])
    assert (version["state"], version["errors"], version["steps"]) == (
        "validated", 0, ["edit", "validate", "publish", "delete"]
    )  # fmt: skip
    report = editor("GET", f"{here}/report").json()
    assert report["title"] == {"en": "Branch", "zh": "网点"}
    picture = editor("GET", f"{here}/pictures/{report['pictures'][0]['file']}")
    assert (picture.headers["content-type"], picture.content[:4]) == ("image/webp", b"RIFF")
    again = editor("GET", str(picture.url.path), headers={"If-None-Match": picture.headers["etag"]})
    assert again.status_code == 304
    assert editor("POST", f"{here}/publish", seen=1).status_code == 403
    publisher = as_role(Role.PUBLISHER)
    assert publisher("POST", f"{here}/publish").status_code == 422
    assert publisher("POST", f"{here}/publish", seen=7).status_code == 409
    published = publisher("POST", f"{here}/publish", seen=1).json()
    assert (published["state"], published["published_by"]) == ("published", "a-publisher")
    assert len(published["release"]) == 64
    assert editor("GET", "/api/v1/showrooms").json()[0] | {"created_at": 0} == {
        "slug": "branch", "title": {"en": "Branch", "zh": "网点"}, "versions": 1, "published": 1, "created_at": 0
    }  # fmt: skip
    assert editor("DELETE", here).status_code == 409
    copied = editor("POST", "/api/v1/showrooms/branch/drafts/from-version", json={"version_id": published["id"]})
    assert (copied.json()["number"], copied.json()["missing"]) == (2, [])
    assert publisher("POST", f"{here}/retire").json()["state"] == "retired"


def test_the_manifest_is_edited_as_text(parts: AdminParts, editor: Ask) -> None:
    package = small_package()
    stored(parts, *package.values())
    here = f"{V}/{editor('POST', '/api/v1/showrooms/branch/drafts', json={'files': listed(package)}).json()['id']}"
    edited = json.dumps(json.loads(manifest()), indent=2).encode()
    changed = editor("PUT", f"{here}/manifest", seen=1, content=edited)
    assert (changed.status_code, changed.json()["revision"], changed.headers["etag"]) == (200, 2, '"2"')
    file = editor("GET", f"{here}/files/showroom.json")
    assert (file.content, file.headers["content-type"]) == (edited, "application/json")
    assert editor("PUT", f"{here}/manifest", seen=1, content=edited).status_code == 409
    for bad in (b"{", b"[]", b"\xff", b"[" * 100_000):
        refused = editor("PUT", f"{here}/manifest", seen=2, content=bad)
        assert (refused.status_code, refused.json()["error"]["code"]) == (422, "refused")
    assert editor("PUT", f"{here}/manifest", seen=2, content=b" " * (2**22 + 1)).status_code == 413


def test_what_was_uploaded_is_never_a_page_of_the_admin(parts: AdminParts, editor: Ask) -> None:
    page = b"<script>alert(1)</script>"
    package = small_package(page__html=page)
    stored(parts, *package.values())
    here = f"{V}/{editor('POST', '/api/v1/showrooms/branch/drafts', json={'files': listed(package)}).json()['id']}"
    file = editor("GET", f"{here}/files/page.html")
    assert file.content == page
    assert file.headers["content-type"] == "application/octet-stream"
    assert file.headers["content-disposition"] == "attachment"
    assert "sandbox" in file.headers["content-security-policy"]
    part = editor("GET", f"{here}/files/page.html", headers={"Range": "bytes=1-6"})
    assert (part.status_code, part.content) == (206, b"script")
    assert editor("GET", f"{here}/files/gone.html").status_code == 404
    assert [item["path"] for item in editor("GET", f"{here}/files").json()] == [
        "hall.glb",
        "page.html",
        "showroom.json",
    ]


def zipped(entries: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, data in entries.items():
            archive.writestr(path, data)
    return made.getvalue()


def test_a_draft_is_made_of_an_archive(parts: AdminParts, editor: Ask) -> None:
    archive = zipped({f"branch/{path}": data for path, data in small_package().items()})
    digest = hashlib.sha256(archive).hexdigest()
    where = "/api/v1/showrooms/branch/drafts/from-archive"
    assert editor("POST", where, json={"digest": digest}).status_code == 404
    stored(parts, archive)
    made = editor("POST", where, json={"digest": digest, "edge_class": "big-gpu"})
    assert (made.status_code, made.json()["missing"], made.json()["files"]) == (201, [], 2)
    assert editor("GET", f"{made.headers['location']}/files/hall.glb").content == triangle()


@pytest.mark.parametrize(
    "make_archive",
    [
        lambda: b"no zip",
        lambda: zipped({"showroom.json": b"{}", "../escaped.txt": b"x"}),
        lambda: zipped({"hall.glb": b"no manifest"}),
        lambda: zipped({"showroom.json": b"{}", "bomb.bin": bytes(400 * 2**20)}),
    ],
    ids=["no zip", "slip", "no manifest", "bomb"],
)
def test_a_hostile_archive_is_refused(parts: AdminParts, editor: Ask, make_archive: Callable[[], bytes]) -> None:
    archive = make_archive()
    stored(parts, archive)
    refused = editor(
        "POST", "/api/v1/showrooms/branch/drafts/from-archive", json={"digest": hashlib.sha256(archive).hexdigest()}
    )
    assert (refused.status_code, refused.json()["error"]["code"]) == (422, "refused")
    assert editor("GET", "/api/v1/showrooms/branch/versions").json() == []


@pytest.mark.parametrize(
    "body",
    [
        {"files": []},
        {"files": [{"path": "../x", "digest": "0" * 64, "size_bytes": 1}]},
        {"files": [{"path": "showroom.json", "digest": "0" * 64, "size_bytes": -1}]},
        {"files": [{"path": "showroom.json", "digest": "0" * 64, "size_bytes": 1}], "note": "\u0000"},
        {"files": [{"path": "showroom.json", "digest": "0" * 64, "size_bytes": 1}], "edge_class": "phone"},
    ],
)
def test_what_can_be_no_draft_is_refused(editor: Ask, body: dict[str, Any]) -> None:
    assert editor("POST", "/api/v1/showrooms/branch/drafts", json=body).status_code == 422


def test_who_is_not_logged_in_sees_nothing(client: TestClient) -> None:
    for path in ("/api/v1/showrooms", f"{V}/1", f"{V}/1/report", f"{V}/1/files/a", f"{V}/1/pictures/a.b.webp"):
        assert client.get(path).status_code == 401
