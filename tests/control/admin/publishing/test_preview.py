"""A preview: a real renderer node, started by a real admin and seen through it."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import psutil
import pytest
import websockets

from bench.admin_process import COOKIE, AdminProcess, Person
from control.admin.access.actor import Role
from control.admin.publishing.showrooms import create_showroom
from tests.control.admin.publishing.conftest import TITLE
from tests.control.admin.publishing.packages import draft_of, hall, manifest, small_package, triangle
from tests.control.node.test_edge_http import Visitor
from tests.waiting import WAIT_S

UNDER_WAY = ("starting", "opening")


@pytest.fixture(scope="module")
def admin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AdminProcess]:
    with AdminProcess(tmp_path_factory.mktemp("admin") / "data", previews="8") as started:
        yield started


@pytest.fixture(scope="module")
def editor(admin: AdminProcess) -> Person:
    person = admin.person("edda", Role.EDITOR)
    with admin.database.session() as session:
        create_showroom(session, person.actor, 1.0, "branch", TITLE)
    return person


def version_of(admin: AdminProcess, editor: Person, package: dict[str, bytes]) -> int:
    with admin.database.session() as session:
        return draft_of(session, admin.blobs, editor.actor, "branch", package).id


async def progress(api: httpx2.AsyncClient, token: str) -> dict[str, Any]:
    return dict((await api.get(f"/api/v1/previews/{token}")).json())


async def started(admin: AdminProcess, editor: Person, version_id: int) -> dict[str, Any]:
    """The preview, once it is ready or has ended."""
    async with httpx2.AsyncClient(base_url=admin.url, headers=editor.headers, trust_env=False, timeout=WAIT_S) as api:
        made = await api.post(f"/api/v1/versions/{version_id}/preview")
        assert made.status_code == 201, made.text
        async with asyncio.timeout(WAIT_S):
            while (told := await progress(api, made.json()["token"]))["state"] in UNDER_WAY:  # noqa: ASYNC110 - from outside
                await asyncio.sleep(0.1)
    return told


def browser(admin: AdminProcess, editor: Person, preview: dict[str, Any], **headers: str) -> httpx2.AsyncClient:
    cookie = {"Cookie": f"{COOKIE}={editor.cookie}"}
    return httpx2.AsyncClient(
        base_url=f"{admin.url}{preview['url']}", headers={**cookie, **headers}, trust_env=False, timeout=WAIT_S
    )


async def test_a_version_is_visited_before_it_is_published(admin: AdminProcess, editor: Person) -> None:
    preview = await started(admin, editor, version_of(admin, editor, small_package()))
    assert (preview["state"], preview["opened"], preview["revision"]) == ("ready", 1.0, 1)
    visitor = Visitor()
    async with browser(admin, editor, preview) as client:
        page = await client.get("")
        assert (page.status_code, "frame-ancestors 'self'" in page.headers["content-security-policy"]) == (200, True)
        assert (await client.get("web/main.js")).headers["content-type"].startswith("text/javascript")
        assert (await client.get("web/gone.js")).status_code == 404
        assert (await client.post("join")).status_code == 204, "nobody else has to be asked"
        entered = await visitor.enter(client, width=320, height=192)
        assert entered.status_code == 201, entered.text
        assert visitor.path.startswith(f"{preview['url']}whep/")
        await visitor.next("welcome")
        assert (await visitor.frame_until(lambda frame: True))["position"] == [0, 1.6, 1]
        address = f"ws://127.0.0.1:{admin.port}{preview['url']}visits/{visitor.path.split('/')[-1]}/control"
        headers = {"Cookie": f"{COOKIE}={editor.cookie}"}
        async with websockets.connect(address, additional_headers=headers) as control, asyncio.timeout(WAIT_S):
            await control.send(json.dumps({"type": "ping", "id": 1}))
            await visitor.next("pong")
        assert (await client.delete(f"{admin.url}{visitor.path}")).status_code == 200
    await visitor.connection.close()


async def test_only_who_is_logged_in_sees_it_and_no_other_sites_page(admin: AdminProcess, editor: Person) -> None:
    preview = await started(admin, editor, version_of(admin, editor, small_package()))
    async with httpx2.AsyncClient(base_url=f"{admin.url}{preview['url']}", trust_env=False, timeout=WAIT_S) as nobody:
        sent_on = await nobody.get("")
        assert (sent_on.status_code, sent_on.headers["location"].startswith("/login")) == (303, True)
        assert (await nobody.get("web/main.js")).status_code == 401
        assert (await nobody.post("whep")).status_code == 401
    async with browser(admin, editor, preview, Origin="https://evil.example") as elsewhere:
        assert (await elsewhere.post("whep")).status_code == 403
    address = f"ws://127.0.0.1:{admin.port}{preview['url']}visits/x/control"
    for headers, origin in (({}, None), ({"Cookie": f"{COOKIE}={editor.cookie}"}, "https://evil.example")):
        async with websockets.connect(address, additional_headers=headers, origin=origin) as control:  # type: ignore[arg-type]
            with pytest.raises(websockets.ConnectionClosedError, match="4403"):
                await asyncio.wait_for(control.recv(), WAIT_S)


async def test_the_same_revision_has_one_preview_and_it_can_be_ended(admin: AdminProcess, editor: Person) -> None:
    version_id = version_of(admin, editor, small_package())
    first = await started(admin, editor, version_id)
    assert (await started(admin, editor, version_id))["token"] == first["token"]
    async with httpx2.AsyncClient(base_url=admin.url, headers=editor.headers, trust_env=False, timeout=WAIT_S) as api:
        assert (await api.delete(f"/api/v1/previews/{first['token']}")).status_code == 204
        async with asyncio.timeout(WAIT_S):
            while (await progress(api, first["token"]))["state"] != "ended":  # noqa: ASYNC110 - from outside
                await asyncio.sleep(0.1)
    async with browser(admin, editor, first) as client:
        assert (await client.get("")).status_code == 404
    assert (await started(admin, editor, version_id))["token"] != first["token"]


async def test_what_can_not_be_opened_says_so(admin: AdminProcess, editor: Person) -> None:
    preview = await started(admin, editor, version_of(admin, editor, small_package() | {"hall.glb": b"no model"}))
    assert (preview["state"], "can't be opened" in preview["reason"]) == ("ended", True)


async def test_a_live_address_is_not_called(admin: AdminProcess, editor: Person) -> None:
    with socket.create_server(("127.0.0.1", 0)) as inner:
        inner.setblocking(False)
        square = {"type": "live", "source": f"rtsp://127.0.0.1:{inner.getsockname()[1]}/inner"}
        package = {"showroom.json": manifest(square=square, hall=hall()), "hall.glb": triangle()}
        preview = await started(admin, editor, version_of(admin, editor, package))
        assert preview["state"] == "ready"
        visitor = Visitor()
        async with browser(admin, editor, preview) as client:
            await visitor.enter(client)
            assert (await visitor.next("welcome"))["scene"] == "square"
            await visitor.next("source")
        await visitor.connection.close()
        with pytest.raises(BlockingIOError):
            inner.accept()


async def test_nothing_of_it_is_left_after_the_admin_was_killed(tmp_path: Path) -> None:
    with AdminProcess(tmp_path / "data") as admin:
        person = admin.person("edda", Role.EDITOR)
        with admin.database.session() as session:
            create_showroom(session, person.actor, 1.0, "branch", TITLE)
        version_id = version_of(admin, person, small_package())
        assert (await started(admin, person, version_id))["state"] == "ready"
        nodes = psutil.Process(admin.pid).children(recursive=True)
        assert nodes
        admin.kill()
        _, alive = await asyncio.to_thread(psutil.wait_procs, nodes, 30.0)
        assert alive == []
        admin.start()
        assert [path for path in (tmp_path / "data" / "work").iterdir() if path.name.startswith("preview-")] == []
