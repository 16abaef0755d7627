"""The node over HTTP and WebSocket, with real drawing and real peers: signalling, errors, limits, the end of visits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import numpy as np
import pytest
import trimesh
import websockets
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from control.node.edge_node import EdgeNode
from control.node.edge_parts import guide_parts, peer_maker, renderer_maker
from control.node.reception import GuideParts
from control.node.server import NodeServer
from control.settings import NodeSettings
from edge_render.package import open_package
from tests.waiting import WAIT_S

SILENCE_S = 0.5
"""Much longer than the pause between two codings of a resting picture."""


def write_package(folder: Path, audio: dict[str, dict[str, Any]] | None = None, narration: str | None = None) -> Path:
    """A floor, a red box that is a product, and a door to a second scene. ``audio`` by scene, ``narration``
    of the box's card; their files are there."""
    scene = trimesh.Scene()
    for name, extents, height in (("floor", (8, 0.1, 8), -0.05), ("box", (1, 1, 1), 0.5)):
        mesh = trimesh.creation.box(extents)
        mesh.visual = TextureVisuals(
            uv=np.zeros((len(mesh.vertices), 2)), material=PBRMaterial(baseColorFactor=[0.8, 0.1, 0.1, 1.0])
        )
        place = trimesh.transformations.translation_matrix([0, height, 0 if name == "floor" else -2.5])
        scene.add_geometry(mesh, node_name=name, transform=place)
    (folder / "hall.glb").write_bytes(scene.export(file_type="glb"))
    hall: dict[str, Any] = {
        "type": "model",
        "model": "hall.glb",
        "entryPoses": [{"name": "door", "position": [0, 1.6, 2], "pitchDeg": -20}],
        "walkable": {"min": [-3.5, -3.5], "max": [3.5, 3.5]},
    }
    text = {"en": "Box", "zh": "盒子"}
    card: dict[str, Any] = {"type": "card", "title": text, "body": text}
    if narration is not None:
        card["audio"] = {"file": narration}
    door = {"type": "scene", "scene": "cellar"}
    hotspots = [
        {"id": "box", "position": [0, 0.5, -2.5], "nodes": ["box"], "label": text, "action": card},
        {"id": "stairs", "position": [3, 1, -3], "label": text, "action": door},
    ]
    manifest: dict[str, Any] = {
        "format": 1,
        "title": {"en": "Test", "zh": "测试"},
        "entryScene": "hall",
        "scenes": {"hall": {**hall, "hotspots": hotspots}, "cellar": dict(hall)},
    }
    for scene_name, sound in (audio or {}).items():
        manifest["scenes"][scene_name]["audio"] = sound
    (folder / "showroom.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


@asynccontextmanager
async def serving(
    folder: Path,
    audio: dict[str, dict[str, Any]] | None = None,
    narration: str | None = None,
    guides: Callable[[NodeSettings], GuideParts] = guide_parts,
    **options: Any,
) -> AsyncIterator[tuple[EdgeNode, httpx2.AsyncClient]]:
    async with serving_package(write_package(folder, audio, narration), guides, **options) as served:
        yield served


@asynccontextmanager
async def serving_package(
    folder: Path, guides: Callable[[NodeSettings], GuideParts] = guide_parts, **options: Any
) -> AsyncIterator[tuple[EdgeNode, httpx2.AsyncClient]]:
    """A package that lies in a folder already."""
    node = make_node(folder, guides, **options)
    async with serving_node(node, until_ready=True) as client:
        yield node, client


def make_node(folder: Path, guides: Callable[[NodeSettings], GuideParts] = guide_parts, **options: Any) -> EdgeNode:
    """A node with small pictures that shows a package; it is not opened yet."""
    settings = NodeSettings(port=0, pixel_format="rgba", max_width=320, max_height=192, **options)
    package = open_package(folder)
    return EdgeNode(settings, package, renderer_maker(settings), peer_maker(settings), pytest.fail, guides(settings))


@asynccontextmanager
async def serving_node(node: EdgeNode, *, until_ready: bool) -> AsyncIterator[httpx2.AsyncClient]:
    """A node that was made by hand; what asks it comes once it answers, or only once somebody can enter."""
    async with started(NodeServer(node), node, until_ready=until_ready) as (client, _):
        yield client


@asynccontextmanager
async def started(
    server: NodeServer, node: EdgeNode, *, until_ready: bool
) -> AsyncIterator[tuple[httpx2.AsyncClient, asyncio.Task[None]]]:
    """What asks it, and its whole life, which may end before the context does."""
    serving_task = asyncio.create_task(server.serve())
    async with asyncio.timeout(WAIT_S):
        while not (server.started and (node.ready or not until_ready)):  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{server.listens_at}", timeout=WAIT_S) as client:
        yield client, serving_task
    server.stop()
    await asyncio.wait([serving_task], timeout=WAIT_S)
    if not serving_task.cancelled():
        serving_task.result()


class Visitor:
    """A visitor made of aiortc; collects the messages of its command channel."""

    def __init__(self) -> None:
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.connection.addTransceiver("video", direction="recvonly")
        self.pose = self.connection.createDataChannel("pose", negotiated=True, id=0, ordered=False, maxRetransmits=0)
        self.command = self.connection.createDataChannel("command", negotiated=True, id=1)
        self.messages: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue()
        self.command.on("message", lambda text: self.messages.put_nowait(json.loads(text)))
        self.pose.on("message", lambda text: self.frames.put_nowait(json.loads(text)))
        self.path = ""
        self.welcome: dict[str, Any] = {}
        """The first one, of who came by ``visiting``."""

    async def enter(self, client: httpx2.AsyncClient, authorization: str = "", **query: Any) -> httpx2.Response:
        await self.connection.setLocalDescription(await self.connection.createOffer())
        headers = {"Content-Type": "application/sdp", "Authorization": authorization}
        sdp = self.connection.localDescription.sdp
        response = await client.post("/whep", params=query, content=sdp, headers=headers)
        if response.status_code == 201:
            self.path = response.headers["location"]
            await self.connection.setRemoteDescription(RTCSessionDescription(response.text, "answer"))
        return response

    async def next(self, kind: str) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S):
            while (message := await self.messages.get())["type"] != kind:
                pass
        return message

    async def ask(self, **message: Any) -> dict[str, Any]:
        self.command.send(json.dumps(message))
        return await self.next("tapped")

    async def until_silent(self) -> None:
        """Wait until no picture has come for a while: that nothing more comes can't be known sooner."""
        while True:
            try:
                async with asyncio.timeout(SILENCE_S):
                    await self.frames.get()
            except TimeoutError:
                return

    async def video_packets(self) -> int:
        """How many have come, of pictures and of their repetitions."""
        received = await self.connection.getReceivers()[0].getStats()
        return sum(stats.packetsReceived for stats in received.values() if stats.type == "inbound-rtp")

    async def frame_until(self, condition: Any) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S):
            while not condition(message := await self.frames.get()):
                pass
        return message


@asynccontextmanager
async def visiting(client: httpx2.AsyncClient, **query: Any) -> AsyncIterator[Visitor]:
    visitor = Visitor()
    try:
        response = await visitor.enter(client, **query)
        assert response.status_code == 201, response.text
        visitor.welcome = await visitor.next("welcome")
        yield visitor
    finally:
        await visitor.connection.close()


def drawings(node: EdgeNode) -> float:
    """Pictures and passes, by the node's metrics."""
    lines = node.metrics.exposition().decode().splitlines()
    counted = ('edge_render_frames_total{event="drawn"}', 'edge_render_frames_total{event="refined"}')
    return sum(float(line.split()[-1]) for line in lines if line.startswith(counted))


async def until_empty(node: EdgeNode) -> None:
    async with asyncio.timeout(WAIT_S):
        while node.visitors:  # noqa: ASYNC110 - seen from outside, as an operator does
            await asyncio.sleep(0.02)


async def test_a_visitor_looks_walks_taps_and_changes_the_scene(tmp_path: Path) -> None:
    async with serving(tmp_path) as (node, client), visiting(client, width=320, height=192) as visitor:
        first = await visitor.frame_until(lambda frame: True)
        assert first["position"] == [0, 1.6, 2]
        visitor.pose.send('{"type":"input","seq":1,"yaw":0.5,"pitch":0.1}')
        looked = await visitor.frame_until(lambda frame: frame["seq"] == 1)
        assert (looked["yaw"], looked["pitch"]) == pytest.approx((0.5, 0.1))
        assert set(looked["stages"]) == {"wait", "draw", "capture", "queue", "encode", "send"}
        visitor.pose.send('{"type":"input","seq":2,"yaw":0,"pitch":0,"forward":1}')
        await visitor.frame_until(lambda frame: frame["position"][2] < 1.8)
        visitor.pose.send('{"type":"input","seq":3,"yaw":0,"pitch":-0.3}')
        stopped = await visitor.frame_until(lambda frame: frame["seq"] == 3 and frame["still"])
        tapped = await visitor.ask(type="tap", id=7, x=0.5, y=0.5, rtp=stopped["rtp"])
        assert (tapped["id"], tapped["hit"], tapped["hotspot"]) == (7, "hotspot", "box")
        tapped = await visitor.ask(type="tap", id=8, x=0.5, y=0.98)
        assert tapped["hit"] == "floor"
        tapped = await visitor.ask(type="tap", id=9, x=0.5, y=0.0)
        assert tapped["hit"] in ("nothing", "node")
        assert (await visitor.ask(type="activate", id=10, hotspot="stairs"))["hotspot"] == "stairs"
        assert (await visitor.next("welcome"))["scene"] == "cellar"
        assert node.visitors == 1
    assert 'edge_render_frames_total{event="sent"}' in node.metrics.exposition().decode()


async def test_a_visitor_who_rests_gets_the_final_picture_and_then_nothing(tmp_path: Path) -> None:
    async with serving(tmp_path) as (node, client), visiting(client, width=320, height=192) as visitor:
        await visitor.frame_until(lambda frame: frame["still"])
        await visitor.until_silent()
        packets, drawn = await visitor.video_packets(), drawings(node)
        assert packets > 0
        await asyncio.sleep(2.0 * SILENCE_S)
        assert await visitor.video_packets() == packets, "all else is keep-alives"
        assert drawings(node) == drawn
        visitor.pose.send('{"type":"input","seq":1,"yaw":0.5,"pitch":0.1}')
        moved = await visitor.frame_until(lambda frame: frame["seq"] == 1)
        assert not moved["still"]
        assert (await visitor.frame_until(lambda frame: frame["still"]))["seq"] == 1


async def test_bad_messages_are_answered_and_the_visit_goes_on(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client), visiting(client) as visitor:
        for bad, field in (
            ("garbage", "message"),
            ('{"type":"ping","id":"x"}', "ping.id"),
            ('{"type":"activate","id":4,"hotspot":"moon"}', "hotspot"),
        ):
            visitor.command.send(bad)
            assert (await visitor.next("error"))["field"] == field
        visitor.command.send('{"type":"ping","id":5}')
        assert (await visitor.next("pong"))["id"] == 5


async def test_the_websocket_carries_the_same_messages(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client), visiting(client) as visitor:
        address = f"ws://127.0.0.1:{client.base_url.port}/visits/{visitor.path.split('/')[-1]}/control"
        async with websockets.connect(address) as socket, asyncio.timeout(WAIT_S):
            await socket.send('{"type":"ping","id":1}')
            await visitor.next("pong")
            await socket.send('{"type":"goodbye"}')
            async for _ in socket:
                pass  # what was under way; the loop ends when the node closes the socket


async def test_a_websocket_of_a_foreign_page_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client), visiting(client) as visitor:
        address = f"ws://127.0.0.1:{client.base_url.port}/visits/{visitor.path.split('/')[-1]}/control"
        async with websockets.connect(address, origin="https://evil.example") as socket:
            with pytest.raises(websockets.ConnectionClosedError, match="4403"):
                await asyncio.wait_for(socket.recv(), WAIT_S)


async def test_one_visit_too_many_gets_503_and_a_left_place_is_free_again(tmp_path: Path) -> None:
    async with serving(tmp_path, max_visits=1) as (node, client):
        async with visiting(client) as visitor:
            second = Visitor()
            refused = await second.enter(client)
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            assert set(refused.json()["error"]["message"]) == {"en", "zh"}
            await second.connection.close()
            assert (await client.delete(visitor.path)).status_code == 200
        await until_empty(node)
        async with visiting(client):
            assert node.visitors == 1


async def test_a_visitor_who_never_connects_and_one_who_falls_silent_are_ended(tmp_path: Path) -> None:
    async with serving(tmp_path, connect_timeout_s=0.5, heartbeat_timeout_s=0.5) as (node, client):
        assert (await client.post("/whep")).status_code == 201
        await until_empty(node)
        visitor = Visitor()
        await visitor.enter(client)
        await visitor.next("welcome")
        # The network is gone: nothing is said and no RTCP comes, but nothing is closed either.
        await visitor.connection.getReceivers()[0].stop()
        await until_empty(node)
        exposition = node.metrics.exposition().decode()
        for reason in ("connect-timeout", "silent"):
            assert f'edge_render_visits_ended_total{{reason="{reason}"}} 1.0' in exposition
        await visitor.connection.close()


async def test_a_visitor_that_can_not_offer_gets_an_offer(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client):
        response = await client.post("/whep")
        assert response.status_code == 201
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        await connection.setRemoteDescription(RTCSessionDescription(response.text, "offer"))
        await connection.setLocalDescription(await connection.createAnswer())
        path = response.headers["location"]
        headers = {"Content-Type": "application/sdp"}
        answered = await client.patch(path, content=connection.localDescription.sdp, headers=headers)
        assert answered.status_code == 204
        frame = await asyncio.wait_for(_connected(connection), WAIT_S)
        assert frame == "connected"
        await connection.close()


async def _connected(connection: RTCPeerConnection) -> str:
    changed = asyncio.Event()
    connection.on("connectionstatechange", changed.set)
    while connection.connectionState != "connected":
        changed.clear()
        await changed.wait()
    return "connected"


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"Content-Type": "application/sdp"}, b"hello", 400),
        ({"Content-Type": "application/sdp"}, b"v=0\r\n\xff", 400),
        ({"Content-Type": "text/html"}, b"<p>", 415),
        ({"Content-Type": "application/sdp"}, b"v=0" * 50_000, 413),
    ],
)
async def test_a_bad_offer_gets_a_clear_error_and_takes_no_place(
    tmp_path: Path, headers: dict[str, str], body: bytes, status: int
) -> None:
    async with serving(tmp_path) as (node, client):
        response = await client.post("/whep", content=body, headers=headers)
        assert response.status_code == status
        assert response.json()["error"]["message"]["zh"]
        await until_empty(node)


async def test_a_query_that_does_not_fit_gets_a_clear_error_and_takes_no_place(tmp_path: Path) -> None:
    async with serving(tmp_path) as (node, client):
        response = await client.post("/whep", params={"width": 4, "follow": "A" * 41})
        error = response.json()["error"]
        assert (response.status_code, error["code"], set(error["message"])) == (422, "bad-query", {"en", "zh"})
        assert "width" in error["detail"]
        assert "follow" in error["detail"]
        assert node.visitors == 0


async def test_unknown_visits_are_not_found(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client):
        assert (await client.delete("/whep/nobody")).status_code == 404
        headers = {"Content-Type": "application/trickle-ice-sdpfrag"}
        assert (await client.patch("/whep/nobody", content="a=x", headers=headers)).status_code == 404


async def test_a_page_that_asks_to_join_is_told_to_come_straight_in(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client):
        assert (await client.post("/join", json={"showroom": "branch"})).status_code == 204


async def test_operators_see_health_readiness_and_metrics(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client):
        assert (await client.get("/healthz")).json() == {"status": "alive"}
        assert (await client.get("/readyz")).status_code == 200
        metrics = (await client.get("/metrics")).text
        for name in ("edge_render_visits 0.0", "edge_render_visit_capacity 4.0", "edge_render_ready 1.0"):
            assert name in metrics
        page = await client.get("/")
        assert "default-src 'self'" in page.headers["content-security-policy"]
        assert (await client.get("/web/main.js")).headers["content-type"].startswith("text/javascript")


async def test_a_visits_statistics_are_seen_by_operators_and_by_the_visitor(tmp_path: Path) -> None:
    async with serving(tmp_path) as (node, client):
        async with visiting(client) as visitor:
            await visitor.frame_until(lambda frame: frame["still"])
            visitor.command.send('{"type":"watch_stats","on":true}')
            told = await visitor.next("server_stats")
            assert told["video"]["mime_type"] == "video/H264"
            assert told["video"]["frames_sent"] >= 1
            assert set(told["sender"]) >= {"copied_packets_sent", "queue_delay"}
            visitor.command.send('{"type":"watch_stats","on":false}')
            visitor.command.send('{"type":"stats","video":{"freeze_count":2},"page":{"motion_freezes_duration":0.5}}')
            visitor.command.send('{"type":"stats","video":{"freeze_count":"many"}}')
            assert (await visitor.next("error"))["field"] == "stats.video.freeze_count"
            metrics = (await client.get("/metrics")).text
            assert 'edge_render_inbound_rtp_freeze_count_total{kind="video",visit="1"} 2.0' in metrics
            assert 'edge_render_outbound_rtp_packets_sent_total{kind="video",visit="1"}' in metrics
            assert visitor.path.split("/")[-1] not in metrics, "who knows the identifier steers the visit"
            await client.delete(visitor.path)
        await until_empty(node)
        metrics = (await client.get("/metrics")).text
        assert 'visit="1"' not in metrics
        assert "edge_render_visit_freeze_ratio_count 1.0" in metrics


async def test_a_flood_of_statistics_is_refused(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client), visiting(client) as visitor:
        for count in range(20):
            visitor.command.send(json.dumps({"type": "stats", "video": {"freeze_count": count}}))
        assert "stats per second" in (await visitor.next("error"))["message"]
        metrics = (await client.get("/metrics")).text
        assert 'edge_render_inbound_rtp_freeze_count_total{kind="video",visit="1"} 19.0' not in metrics


async def test_a_node_that_ends_says_goodbye(tmp_path: Path) -> None:
    visitor = Visitor()
    async with serving(tmp_path) as (_, client):
        await visitor.enter(client)
        await visitor.next("welcome")
    assert (await visitor.next("closing"))["reason"] == "shutdown"
    await visitor.connection.close()
