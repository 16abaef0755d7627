"""What a gateway knows of the fleet, over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from random import Random

import aiohttp
import pytest
from aiohttp import web
from joserfc.jwk import KeySet

from bench.allocation.simulated_renderer import SimulatedRenderer, serve_renderers
from control.fleet.states import LINE_MAX_BYTES, RendererState, ShownShowroom
from control.fleet.tokens import new_signing_key
from control.gateway import renderer_link
from control.gateway.fleet_view import FleetView
from control.gateway.renderer import Phase
from control.kube.cluster import Changed, Cluster, Gone, Listed, Member, Unreachable
from control.kube.static_cluster import StaticCluster
from tests.control.gateway.scripted_cluster import ScriptedCluster

KEY = new_signing_key()
KEYS = KeySet([KEY])


@asynccontextmanager
async def viewing(cluster: Cluster) -> AsyncIterator[FleetView]:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http, asyncio.TaskGroup() as group:
        view = FleetView(cluster, KEY, http, Random(1))
        task = group.create_task(view.run(), name="view")
        yield view
        task.cancel()


async def until(view: FleetView, condition: Callable[[], bool]) -> None:
    """Without a sleep: the view says when to look again."""
    async with asyncio.timeout(20):
        while not condition():
            await view.changed(view.version)


def phase_of(view: FleetView, uid: str) -> Phase | None:
    return next((renderer.phase for renderer in view.renderers if renderer.uid == uid), None)


def _state(view: FleetView, uid: str) -> RendererState:
    renderer = view.find(uid)
    assert renderer is not None
    assert renderer.state is not None
    return renderer.state


async def test_what_renderers_say_is_known_and_followed() -> None:
    renderers = [SimulatedRenderer("r1", 2), SimulatedRenderer("r2", 1)]
    async with serve_renderers(renderers, KEYS) as members, viewing(StaticCluster(members)) as view:
        assert not view.known
        await until(view, lambda: view.known)
        assert view.free_places("") == 3

        renderers[0].enter()
        await until(view, lambda: view.free_places("") == 2)
        renderers[1].enter()
        await until(view, lambda: view.free_places("") == 1)

        assert [renderer.uid for renderer in view.candidates("")] == ["r1"]


async def test_a_renderer_that_drains_gets_nobody_but_is_here() -> None:
    renderer = SimulatedRenderer("r1", 2)
    async with serve_renderers([renderer], KEYS) as members, viewing(StaticCluster(members)) as view:
        await until(view, lambda: view.known)

        renderer.draining = True
        renderer.tell()
        await until(view, lambda: phase_of(view, "r1") is Phase.DRAINING)

        assert list(view.candidates("", prefer="r1")) == []
        assert view.find("r1") is not None
        assert not view.shows("")


async def test_a_renderer_that_dies_is_gone_at_once_and_comes_back_when_it_does() -> None:
    renderer = SimulatedRenderer("r1", 2)
    async with serve_renderers([renderer], KEYS) as (member,):
        port = int(member.url.split(":")[2].split("/")[0])
    async with viewing(StaticCluster([member])) as view:
        await until(view, lambda: view.known)
        assert phase_of(view, "r1") is Phase.GONE
        async with serve_renderers([renderer], KEYS, port):
            await until(view, lambda: phase_of(view, "r1") is Phase.KNOWN)
        await until(view, lambda: phase_of(view, "r1") is Phase.GONE)
        assert view.find("r1") is None
        assert list(view.candidates("")) == []
        async with serve_renderers([renderer], KEYS, port):
            await until(view, lambda: phase_of(view, "r1") is Phase.KNOWN)


async def test_guided_visits_are_found_where_they_are_led() -> None:
    first, second = SimulatedRenderer("r1", 2), SimulatedRenderer("r2", 2)
    first.guides = ("a", "b")
    async with serve_renderers([first, second], KEYS) as members, viewing(StaticCluster(members)) as view:
        await until(view, lambda: view.with_guide("a") is not None)

        second.guides = ("a",)
        second.tell()
        await until(view, lambda: getattr(view.with_guide("a"), "uid", None) == "r2")
        first.guides = ("b",)
        first.tell()
        await until(view, lambda: _state(view, "r1").guides == ("b",))

        assert getattr(view.with_guide("a"), "uid", None) == "r2"
        assert getattr(view.with_guide("b"), "uid", None) == "r1"
        assert view.with_guide("c") is None


async def test_the_cluster_says_who_is_there() -> None:
    renderers = [SimulatedRenderer(f"r{number}", 1) for number in range(3)]
    async with serve_renderers(renderers, KEYS) as members:
        cluster = ScriptedCluster(Unreachable("connection refused"))
        async with viewing(cluster) as view:
            await until(view, lambda: view.unreachable is not None)
            assert not view.known

            cluster.events.put_nowait(Listed(tuple(members[:2])))
            await until(view, lambda: view.known)
            cluster.events.put_nowait(Changed(members[2]))
            await until(view, lambda: view.free_places("") == 3)
            cluster.events.put_nowait(Changed(replace(members[2], leaving=True)))
            await until(view, lambda: phase_of(view, "r2") is Phase.DRAINING)
            cluster.events.put_nowait(Gone("r1"))
            await until(view, lambda: view.find("r1") is None)
            cluster.events.put_nowait(Unreachable("connection refused"))
            await until(view, lambda: view.unreachable is not None)
            assert view.free_places("") == 1

            cluster.events.put_nowait(Listed((members[1],)))
            await until(view, lambda: view.free_places("") == 1 and view.find("r0") is None)

            assert view.unreachable is None
            assert [renderer.uid for renderer in view.renderers] == ["r1"]


async def test_a_pod_that_got_another_address_is_asked_there() -> None:
    renderer = SimulatedRenderer("r1", 1)
    async with serve_renderers([renderer], KEYS) as (member,):
        cluster = ScriptedCluster(Listed((replace(member, url="http://127.0.0.1:1"),)))
        async with viewing(cluster) as view:
            await until(view, lambda: phase_of(view, "r1") is Phase.GONE)

            cluster.events.put_nowait(Changed(member))

            await until(view, lambda: phase_of(view, "r1") is Phase.KNOWN)


async def test_a_place_that_is_asked_for_is_nobody_elses() -> None:
    async with (
        serve_renderers([SimulatedRenderer("r1", 2)], KEYS) as members,
        viewing(StaticCluster(members)) as view,
    ):
        await until(view, lambda: view.known)
        (renderer,) = view.candidates("")

        with view.ask(renderer) as asking:
            assert view.free_places("") == 1
            asking.entered()
        promised = view.ask(renderer)
        assert view.free_places("") == 0
        promised.refused()
        promised.refused()

        assert view.free_places("") == 1


async def silent(request: web.Request) -> web.StreamResponse:
    """A renderer whose machine hangs after its first line."""
    response = web.StreamResponse()
    await response.prepare(request)
    await response.write(SimulatedRenderer("r1", 1).state.model_dump_json().encode() + b"\n")
    await asyncio.get_running_loop().create_future()
    return response


async def another_pod(_: web.Request) -> web.Response:
    return web.json_response({"error": {"code": "wrong-audience"}}, status=421)


async def other_name(_: web.Request) -> web.Response:
    return web.Response(text=SimulatedRenderer("r2", 1).state.model_dump_json() + "\n")


async def nonsense(_: web.Request) -> web.Response:
    return web.Response(text='{"name": 1}\n')


async def endless_line(_: web.Request) -> web.Response:
    return web.Response(text="x" * (LINE_MAX_BYTES + 1) + "\n")


async def half_a_line(_: web.Request) -> web.Response:
    return web.Response(text='{"name": "r1", "re')


@pytest.mark.parametrize("answer", [silent, another_pod, other_name, nonsense, endless_line, half_a_line])
async def test_what_is_no_renderers_state_makes_it_gone_and_the_rest_go_on(
    answer: Callable[[web.Request], web.StreamResponse], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renderer_link, "SILENCE_S", 0.3)
    app = web.Application()
    app.router.add_get("/fleet/state", answer)
    runner = web.AppRunner(app, handler_cancellation=True)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    bad = Member("r1", "r1", f"http://127.0.0.1:{runner.addresses[0][1]}")
    good = SimulatedRenderer("r9", 1, (ShownShowroom(name="branch"),))
    try:
        async with serve_renderers([good], KEYS) as members, viewing(StaticCluster([bad, *members])) as view:
            await until(view, lambda: phase_of(view, "r1") is Phase.GONE and view.free_places("branch") == 1)
    finally:
        await runner.cleanup()
