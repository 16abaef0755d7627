"""How a gateway ends: by itself where a part of it fails, and without leaving anything behind."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import nullcontext

import pytest

from control.errors import TaskFailed
from control.gateway.line_stream import LineResponse
from control.gateway.server import GatewayServer
from control.gateway.settings import GatewaySettings
from control.gateway.signer import Signer
from control.kube.cluster import ClusterEvent, Component
from control.kube.static_cluster import StaticCluster
from tests.control.gateway.conftest import serving_site
from tests.control.gateway.test_queue import fill, ticket_of, waiting
from tests.waiting import WAIT_S


class BrokenCluster(StaticCluster):
    """A defect that nobody has thought of."""

    async def watch(self, component: Component) -> AsyncIterator[ClusterEvent]:
        async for event in super().watch(component):
            yield event
            raise LookupError("a defect")


async def test_where_a_task_fails_the_gateway_ends_so_that_it_is_started_anew(signer: Signer) -> None:
    server = GatewayServer(GatewaySettings(port=0), signer, nullcontext(BrokenCluster([])))
    with pytest.raises(TaskFailed):
        await server.serve()


async def test_a_signal_that_comes_before_it_serves_ends_it_too(signer: Signer) -> None:
    server = GatewayServer(GatewaySettings(port=0), signer, nullcontext(StaticCluster([])))
    server.signalled()
    async with asyncio.timeout(WAIT_S):
        await server.serve()


async def test_nothing_is_left_behind_by_who_waits_or_by_a_gateway_that_ends(signer: Signer) -> None:
    before = asyncio.all_tasks()
    async with serving_site(signer, "r1") as (gateway, _):
        await fill(gateway, 2)
        async with waiting(gateway, await ticket_of(gateway)) as left:
            await left.next()
        async with waiting(gateway, await ticket_of(gateway)) as stream:
            await stream.next()
            gateway.server.stop()
            await stream.until("again")
    assert asyncio.all_tasks() - before == set()


async def test_tokens_are_in_no_log(signer: Signer, capsys: pytest.CaptureFixture[str]) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)):
        token = await gateway.token()
        entered = await gateway.enter(token)
        await gateway.enter(token)
        await gateway.join(resume=entered.headers["edge-render-resume"])
        renderer.die()
        await gateway.client.delete(entered.headers["location"])
    said = capsys.readouterr()
    assert "eyJ" not in said.out + said.err


async def test_a_reader_who_does_not_keep_up_is_dropped() -> None:
    left = asyncio.Event()

    async def lines() -> AsyncGenerator[dict[str, int], None]:
        try:
            while True:
                yield {"position": 1}
        finally:
            left.set()

    async def send(message: object) -> None:
        if isinstance(message, dict) and message["type"] == "http.response.body":
            await asyncio.Event().wait()

    async def receive() -> dict[str, str]:
        await asyncio.Event().wait()
        return {}

    await LineResponse(lines(), slow_reader_s=0.01)({"type": "http"}, receive, send)
    assert left.is_set()
