"""A renderer that is one of many: only gateways' passes open it, and gateways are told how it is."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import httpx2
import pytest
import websockets
from starlette.types import Message

from control.errors import StartError
from control.fleet.states import SIGN_OF_LIFE_S, RendererState, guide_digest
from control.fleet.tokens import new_signing_key
from control.node.fleet_face import TOLD_APART_S, WATCHERS_MAX, FleetFace, StateStream
from control.node.server import NodeServer
from tests.control.node.gateway_side import QUICK, RENDERER, GatewaySide, serving_in_fleet, write_keys
from tests.control.node.test_edge_http import Visitor, make_node, until_empty, visiting, write_package
from tests.control.visits.test_guided_visit import until_followers
from tests.waiting import WAIT_S


def code_of(response: httpx2.Response) -> str:
    error = response.json()["error"]
    assert set(error["message"]) == {"en", "zh"}
    return str(error["code"])


async def test_only_a_pass_of_a_gateway_opens_it_and_health_needs_none(tmp_path: Path) -> None:
    async with serving_in_fleet(tmp_path) as (node, client, gateway):
        stranger, elsewhere = GatewaySide(), GatewaySide("renderer-2")
        elsewhere.key = gateway.key
        refused = {
            "": (401, "bad-token"),
            "Bearer x.y.z": (401, "bad-token"),
            stranger.authorization("enter"): (401, "bad-token"),
            gateway.authorization("state"): (401, "bad-token"),
            gateway.authorization("enter", now_s=time.time() - 3600.0): (401, "expired-token"),
            elsewhere.authorization("enter"): (421, "wrong-audience"),
        }
        for authorization, (status, code) in refused.items():
            response = await client.post("/whep", headers={"Authorization": authorization})
            assert (response.status_code, code_of(response)) == (status, code)
        for method, path in (("GET", "/fleet/state"), ("DELETE", "/whep/x"), ("PATCH", "/whep/x")):
            assert (await client.request(method, path)).status_code == 401
            another = gateway.headers("visit", visit="another")
            assert (await client.request(method, path, headers=another)).status_code == 401
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await client.get(path)).status_code == 200
        for path in ("/", "/web/main.js"):
            assert (await client.get(path)).status_code == 404, "the page is the gateways'"
        assert 'edge_render_passes_refused_total{reason="wrong-audience"} 1.0' in (await client.get("/metrics")).text
        assert node.visitors == 0


async def test_a_visitor_comes_by_a_pass_and_is_steered_by_passes(tmp_path: Path) -> None:
    async with serving_in_fleet(tmp_path) as (node, client, gateway):
        visitor = Visitor()
        response = await visitor.enter(client, gateway.authorization("enter", visitor="v"))
        visit = response.headers["edge-render-visit"]
        assert response.headers["location"] == f"/whep/{visit}"
        assert (await visitor.next("welcome"))["visit"] == visit
        address = f"ws://127.0.0.1:{client.base_url.port}/visits/{visit}/control"
        for act, said in (("enter", {}), ("visit", {"visit": "another"})):
            with pytest.raises(websockets.InvalidStatus) as refused:
                await websockets.connect(address, additional_headers=gateway.headers(act, **said))
            assert refused.value.response.status_code == 401
        headers = gateway.headers("visit", visit=visit)
        # A gateway passes on what a page of its own sent: there is no other page.
        async with websockets.connect(address, additional_headers=headers, origin="https://gateway.example") as socket:
            await socket.send('{"type":"ping","id":1}')
            await visitor.next("pong")
        assert (await client.delete(f"/whep/{visit}", headers=headers)).status_code == 200
        await until_empty(node)
        await visitor.connection.close()


async def test_a_join_token_is_spent_by_the_first_use_also_where_that_is_refused(tmp_path: Path) -> None:
    async with (
        serving_in_fleet(tmp_path, max_visits=1) as (_, client, gateway),
        visiting(client, authorization=gateway.authorization("enter", spends="first")),
    ):
        for token, codes in (("first", ["used-token"]), ("second", ["full", "used-token"])):
            for code in codes:
                response = await client.post("/whep", headers=gateway.headers("enter", spends=token))
                assert (response.status_code, code_of(response)) == (409 if code == "used-token" else 503, code)


async def test_a_full_renderer_takes_its_own_visitor_back(tmp_path: Path) -> None:
    async with (
        serving_in_fleet(tmp_path, max_visits=1) as (node, client, gateway),
        visiting(client, authorization=gateway.authorization("enter")) as before,
    ):
        visit = before.path.split("/")[-1]
        async with visiting(client, authorization=gateway.authorization("enter", supersedes=visit)) as after:
            assert (await before.next("closing"))["reason"] == "superseded"
            assert after.welcome["visit"] != visit
            assert node.visitors == 1
            response = await client.post("/whep", headers=gateway.headers("enter", supersedes=visit))
            assert code_of(response) == "full", "that visit has no place any more"


async def test_a_visitor_has_one_visit_at_a_time(tmp_path: Path) -> None:
    async with (
        serving_in_fleet(tmp_path, max_visits=2) as (node, client, gateway),
        visiting(client, authorization=gateway.authorization("enter", visitor="once-invited")) as before,
        visiting(client, authorization=gateway.authorization("enter", visitor="once-invited")),
    ):
        assert (await before.next("closing"))["reason"] == "superseded"
        assert node.visitors == 1


async def test_a_pass_for_one_showroom_is_for_no_other(tmp_path: Path) -> None:
    async with serving_in_fleet(tmp_path) as (_, client, gateway):
        headers = gateway.headers("enter", showroom="branch")
        assert code_of(await client.post("/whep?showroom=", headers=headers)) == "no-showroom"


async def test_gateways_are_told_at_once_and_the_newest_alone(tmp_path: Path) -> None:
    async with serving_in_fleet(tmp_path, max_visits=3) as (_, client, gateway), gateway.watching(client) as watch:
        first = await watch.until(lambda state: True)
        assert (first.name, first.ready, first.draining, first.visits, first.free) == (RENDERER, True, False, 0, 3)
        assert [showroom.name for showroom in first.showrooms] == [""]
        both = await watch.until(lambda state: len(state.showrooms[0].scenes) == 2)
        assert set(both.showrooms[0].scenes) == {"hall", "cellar"}
        async with visiting(client, authorization=gateway.authorization("enter"), guide="new") as presenter:
            code = await until_followers(presenter, 0)
            led = await watch.until(lambda state: state.visits == 1)
            assert led.guides == (guide_digest(code),)
            follow = gateway.authorization("enter")
            async with visiting(client, authorization=follow, follow=f"{code[:4]}-{code[4:]}".lower()):
                assert (await watch.until(lambda state: state.followers == 1)).visits == 1
            presenter.command.send('{"type":"goodbye"}')
            await watch.until(lambda state: (state.visits, state.guides) == (0, ()))


async def test_a_renderer_where_nothing_changes_gives_signs_of_life(tmp_path: Path) -> None:
    async with serving_in_fleet(tmp_path) as (_, client, gateway), gateway.watching(client) as watch:
        await watch.until(lambda state: len(state.showrooms[0].scenes) == 2)
        async with asyncio.timeout(20.0 * SIGN_OF_LIFE_S):
            assert await watch.until(lambda state: True) == await watch.until(lambda state: True)


async def test_there_are_no_more_watchers_than_a_site_has_gateways(tmp_path: Path) -> None:
    async with serving_in_fleet(tmp_path) as (_, client, gateway), asyncio.TaskGroup() as tasks:
        over = asyncio.Event()

        async def watch(begun: asyncio.Event) -> None:
            async with gateway.watching(client):
                begun.set()
                await over.wait()

        begins = [asyncio.Event() for _ in range(WATCHERS_MAX)]
        for begun in begins:
            tasks.create_task(watch(begun))
        async with asyncio.timeout(WAIT_S):
            for begun in begins:
                await begun.wait()
        response = await client.get("/fleet/state", headers=gateway.headers("state"))
        assert (response.status_code, code_of(response)) == (503, "too-many-watchers")
        over.set()


class Wire:
    """What an ASGI server does, for one answer: takes what is sent, as long as it has not been told to block."""

    def __init__(self) -> None:
        self.flows = asyncio.Event()
        self.flows.set()
        self.left = asyncio.Event()
        self.lines: asyncio.Queue[bytes] = asyncio.Queue()

    async def send(self, message: Message) -> None:
        await self.flows.wait()
        if message["type"] == "http.response.body":
            self.lines.put_nowait(message["body"])

    async def receive(self) -> Message:
        await self.left.wait()
        return {"type": "http.disconnect"}

    async def until_told(self, visits: int) -> None:
        """Read on until that many are told of."""
        async with asyncio.timeout(WAIT_S):
            while RendererState.model_validate_json(await self.lines.get()).visits != visits:
                pass


class Crowd:
    """A renderer into which many come."""

    def __init__(self) -> None:
        self.visits = 0
        self.readings = 0

    def read(self) -> RendererState:
        self.readings += 1
        return RendererState(
            name="r",
            ready=True,
            draining=False,
            visits=self.visits,
            capacity=500,
            followers=0,
            follower_capacity=0,
        )

    def comes(self, face: FleetFace) -> None:
        self.visits += 1
        face.changed()


async def test_a_crowd_that_comes_at_once_is_one_line_made_once_for_all_watchers() -> None:
    crowd = Crowd()
    face = FleetFace(crowd.read)
    with face.watched() as one, face.watched() as another:
        for _ in range(300):
            crowd.comes(face)
        async with asyncio.timeout(WAIT_S):
            await one.wait()
            await another.wait()
    assert RendererState.model_validate_json(face.line).visits == 300
    assert crowd.readings == 1
    crowd.comes(face)
    await asyncio.sleep(2.0 * TOLD_APART_S)
    assert crowd.readings == 1, "nobody watches any more"


async def test_news_that_another_watcher_is_told_first_come_to_all() -> None:
    crowd = Crowd()
    face = FleetFace(crowd.read)
    face.renew()
    with face.watched() as one:
        crowd.comes(face)
        face.renew()  # as one does who begins to watch, or is told as a sign of life
        assert one.is_set()
    face.close()


async def test_a_watcher_that_takes_no_lines_is_dropped_and_the_others_are_not() -> None:
    crowd = Crowd()
    face = FleetFace(crowd.read, slow_s=0.2)
    slow, good = Wire(), Wire()
    async with asyncio.TaskGroup() as tasks:
        stuck = tasks.create_task(StateStream(face)({}, slow.receive, slow.send))
        tasks.create_task(StateStream(face)({}, good.receive, good.send))
        await slow.until_told(0)
        await good.until_told(0)
        slow.flows.clear()
        crowd.comes(face)
        await good.until_told(1)
        await stuck
        crowd.comes(face)
        await good.until_told(2)
        face.close()


def test_a_renderer_has_to_have_a_name(tmp_path: Path) -> None:
    keys = write_keys(tmp_path / "keys", [new_signing_key()])
    with pytest.raises(StartError, match="--fleet-name"):
        NodeServer(make_node(write_package(tmp_path), **QUICK, gateway_keys=keys))
