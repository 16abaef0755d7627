"""Control messages by WebSocket through a gateway that really serves, both ways, and how such a socket ends."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
import websockets
from aiohttp import web
from websockets.asyncio.client import ClientConnection

from control.gateway.control_proxy import BAD_GATEWAY
from control.gateway.signer import Signer
from tests.control.gateway.conftest import Gateway, serving_gateway, serving_renderers, serving_site
from tests.control.gateway.scripted_renderer import ScriptedRenderer
from tests.waiting import WAIT_S

LARGE = "x" * 60_000


@asynccontextmanager
async def control_socket(
    gateway: Gateway, reference: str = "r1~v", origin: str | None = None
) -> AsyncIterator[ClientConnection]:
    address = f"{gateway.url.replace('http', 'ws')}/visits/{reference}/control"
    async with (
        asyncio.timeout(WAIT_S),
        # One that does not read never sees the other end's close.
        websockets.connect(address, origin=origin, proxy=None, close_timeout=0.2) as socket,  # type: ignore[arg-type]
    ):
        yield socket


async def closed_with(socket: ClientConnection) -> int:
    with suppress(websockets.ConnectionClosedError):
        async for _ in socket:
            pass
    assert socket.close_code is not None
    return socket.close_code


async def joined(renderer: ScriptedRenderer) -> web.WebSocketResponse:
    """Its end of the newest socket."""
    async with asyncio.timeout(WAIT_S):
        await renderer.heard.get()
    return renderer.sockets[-1]


async def test_a_socket_that_a_killed_renderer_leaves_behind_ends_as_that_of_one_that_is_gone(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)), control_socket(gateway) as socket:
        await socket.send("x")
        await joined(renderer)
        renderer.die()
        assert await closed_with(socket) == BAD_GATEWAY


async def test_messages_go_both_ways_and_the_renderer_knows_for_whom(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)), control_socket(gateway) as socket:
        await socket.send('{"type":"ping","id":1}')
        assert await socket.recv() == "heard 22"
        await socket.send(b"\x00\x01")
        assert await socket.recv() == "heard 2"
        assert [renderer.heard.get_nowait(), renderer.heard.get_nowait()] == ['{"type":"ping","id":1}', b"\x00\x01"]
        may = renderer.asked[-1][2]
        assert (may.act, may.visit) == ("visit", "v")


async def test_the_reason_why_the_renderer_closes_reaches_the_page(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)), control_socket(gateway) as socket:
        await socket.send("hello")
        await (await joined(renderer)).close(code=4404, message=b"no such visit")
        assert await closed_with(socket) == 4404


async def test_the_renderer_notices_that_the_page_has_left(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)):
        async with control_socket(gateway) as socket:
            await socket.send("hello")
            there = await joined(renderer)
        async with asyncio.timeout(WAIT_S):
            while not there.closed:  # noqa: ASYNC110 - the handler that waits for it is the renderer's own
                await asyncio.sleep(0.02)


async def test_a_page_that_does_not_read_holds_up_nobody_but_itself(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)), control_socket(gateway) as lazy:
        await lazy.send("hello")
        there = await joined(renderer)

        async def flood() -> None:
            while True:
                await there.send_str(LARGE)

        flooding = asyncio.create_task(flood())
        async with control_socket(gateway, "r1~other") as socket:
            await socket.send("hello")
            assert await socket.recv() == "heard 5"
        assert not flooding.done(), "the renderer is held up, so that it notices"
        flooding.cancel()
        await asyncio.gather(flooding, return_exceptions=True)


async def test_a_renderer_that_goes_ends_the_socket(signer: Signer) -> None:
    async with serving_renderers(signer, "r1") as (renderer,), serving_gateway(signer, [renderer.member]) as gateway:

        async def refuse(_request: web.Request) -> web.StreamResponse:
            raise web.HTTPServiceUnavailable

        async with control_socket(gateway) as socket:
            await socket.send("hello")
            assert await socket.recv() == "heard 5"
            renderer.tells = refuse
            renderer.die()
            assert await closed_with(socket) == 1014


@pytest.mark.parametrize(
    ("reference", "origin", "code"),
    [("r9~v", None, 4404), ("nonsense", None, 4404), ("r1~v", "https://evil.example", 4403)],
)
async def test_who_has_no_visit_here_is_turned_away(
    signer: Signer, reference: str, origin: str | None, code: int
) -> None:
    async with serving_site(signer, "r1") as (gateway, _), control_socket(gateway, reference, origin) as socket:
        assert await closed_with(socket) == code


async def test_sockets_are_bounded_in_number_and_a_place_is_free_again(signer: Signer) -> None:
    async with serving_site(signer, "r1", control_max=1) as (gateway, _):
        async with control_socket(gateway) as first:
            await first.send("hello")
            await first.recv()
            async with control_socket(gateway, "r1~other") as second:
                assert await closed_with(second) == 1013
        async with asyncio.timeout(WAIT_S):
            while gateway.server.node.control.open:  # noqa: ASYNC110 - nothing in a gateway waits for it
                await asyncio.sleep(0.02)
        async with control_socket(gateway, "r1~other") as third:
            await third.send("hello")
            assert await third.recv() == "heard 5"


async def test_a_message_that_is_too_long_ends_the_socket(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, _), control_socket(gateway) as socket:
        await socket.send("x" * 70_000)
        assert await closed_with(socket) == 1009
