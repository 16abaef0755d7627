"""Waiting for a place by gateways that really serve: positions, turns, broken streams, several gateways."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest

from bench.free_port import free_port
from control.fleet.tokens import JoinToken
from control.gateway import waiting_line, waiting_room
from control.gateway.signer import Signer
from control.kube.cluster import Member
from tests.control.gateway.conftest import Gateway, serving_gateway, serving_renderers, serving_site
from tests.waiting import WAIT_S


class QueueStream:
    """What somebody who waits is told."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def next(self) -> dict[str, Any]:
        async with asyncio.timeout(WAIT_S):
            line: dict[str, Any] = json.loads(await anext(self._lines))
            return line

    async def until(self, name: str, value: object = None) -> dict[str, Any]:
        """The first line with that field, and that value if one is given."""
        while name not in (line := await self.next()) or (value is not None and line[name] != value):
            pass
        return line

    async def ended(self) -> bool:
        async with asyncio.timeout(WAIT_S):
            return await anext(self._lines, None) is None


@asynccontextmanager
async def waiting(gateway: Gateway, ticket: str) -> AsyncIterator[QueueStream]:
    async with gateway.client.stream("POST", "/queue", json={"ticket": ticket}) as answer:
        assert answer.status_code == 200, await answer.aread()
        assert answer.headers["content-type"] == "application/x-ndjson"
        yield QueueStream(answer.aiter_lines())


async def ticket_of(gateway: Gateway) -> str:
    joined = await gateway.join()
    assert joined.status_code == 202, joined.text
    return str(joined.json()["ticket"])


async def fill(gateway: Gateway, places: int) -> None:
    for _ in range(places):
        assert (await gateway.enter(None)).status_code == 201
    await gateway.known(lambda: gateway.server.node.fleet.free_places(None) == 0)


async def test_those_who_wait_see_their_position_and_enter_in_order(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)):
        await fill(gateway, 2)
        first, second = await ticket_of(gateway), await ticket_of(gateway)
        async with waiting(gateway, second) as later, waiting(gateway, first) as sooner:
            assert await later.next() == {"position": 2}
            assert await sooner.next() == {"position": 1}
            renderer.leave(next(iter(renderer.visits)))
            granted = await sooner.until("token")
            assert granted["expires_in_ms"] == 60_000
            assert await sooner.ended()
            await later.until("position", 1)
            assert (await gateway.enter(granted["token"])).status_code == 201
            renderer.leave(next(iter(renderer.visits)))
            assert (await gateway.enter((await later.until("token"))["token"])).status_code == 201


async def test_a_place_that_was_promised_and_not_taken_is_free_again_though_nothing_else_happens(
    signer: Signer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting_line, "PROMISED_S", 0.05)
    monkeypatch.setattr(waiting_room, "PASS_EVERY_S", 0.0)
    async with serving_site(signer, "r1", capacity=1) as (gateway, _):
        fleet = gateway.server.node.fleet
        for _ in range(2):
            await gateway.token()
            await gateway.known(lambda: fleet.free_places(None) == 1)
        assert (await gateway.enter(None)).status_code == 201


async def test_who_comes_later_does_not_overtake_those_who_wait(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)):
        await fill(gateway, 2)
        ticket = await ticket_of(gateway)
        renderer.leave(next(iter(renderer.visits)))
        await gateway.known(lambda: gateway.server.node.fleet.free_places(None) == 1)
        assert (await gateway.join()).status_code == 202, "the place is of who has the ticket"
        refused = await gateway.enter(None)
        assert (refused.status_code, refused.json()["error"]["code"]) == (503, "full")
        assert refused.json()["position"] == 3
        async with waiting(gateway, ticket) as stream:
            await stream.until("token")


async def test_a_ticket_is_good_for_one_visit(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, (renderer,)):
        await fill(gateway, 2)
        ticket = await ticket_of(gateway)
        renderer.leave(next(iter(renderer.visits)))
        async with waiting(gateway, ticket) as stream:
            token = (await stream.until("token"))["token"]
        assert (await gateway.enter(token)).status_code == 201
        again = await gateway.client.post("/queue", json={"ticket": ticket})
        assert (again.status_code, again.json()["error"]["code"]) == (409, "used-token")


async def test_a_broken_stream_is_taken_up_again_at_the_same_place(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, _):
        await fill(gateway, 2)
        first, second = await ticket_of(gateway), await ticket_of(gateway)
        async with waiting(gateway, first) as stream:
            assert await stream.next() == {"position": 1}
        async with waiting(gateway, second) as later, waiting(gateway, first) as stream:
            assert await later.next() == {"position": 2}
            assert await stream.next() == {"position": 1}


async def test_who_leaves_the_queue_makes_room_in_it(signer: Signer) -> None:
    async with serving_site(signer, "r1", queue_max=2) as (gateway, _):
        await fill(gateway, 2)
        await ticket_of(gateway)
        second = await ticket_of(gateway)
        assert (await gateway.join()).json()["error"]["code"] == "full", "no more wait than there is room for"
        async with waiting(gateway, second) as stream:
            assert await stream.next() == {"position": 2}
            await stream.until("position", 1)  # nobody came for the first ticket


async def test_the_same_ticket_waits_on_one_stream(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, _):
        await fill(gateway, 2)
        ticket = await ticket_of(gateway)
        async with waiting(gateway, ticket) as before:
            await before.next()
            async with waiting(gateway, ticket) as now:
                assert await now.next() == {"position": 1}
                assert (await before.until("error"))["error"]["code"] == "used-token"


async def test_nobody_fills_the_queue_alone(signer: Signer) -> None:
    async with serving_renderers(signer, "r1", capacity=1) as renderers:
        members = [renderer.member for renderer in renderers]
        options = {"queue_max_by_address": 2, "trusted_proxies": "127.0.0.1/32"}
        async with serving_gateway(signer, members, **options) as gateway:
            await fill(gateway, 1)

            async def join(address: str) -> int:
                headers = {"X-Forwarded-For": address}
                return (await gateway.client.post("/join", json={}, headers=headers)).status_code

            assert [await join("192.0.2.1") for _ in range(3)] == [202, 202, 503]
            assert await join("192.0.2.2") == 202


async def test_a_gateway_that_stops_sends_those_who_wait_to_another_one(signer: Signer) -> None:
    async with serving_renderers(signer, "r1") as renderers:
        members = [renderer.member for renderer in renderers]
        async with serving_gateway(signer, members) as other:
            async with serving_gateway(signer, members, linger_s=0.3) as gateway:
                await fill(gateway, 2)
                ticket = await ticket_of(gateway)
                async with waiting(gateway, ticket) as stream:
                    await stream.next()
                    gateway.server.signalled()
                    assert await stream.until("again") == {"position": 1, "again": True}
                    assert await stream.ended()
                ready = await gateway.client.get("/readyz")
                assert (ready.status_code, ready.json()["reason"]) == (503, "stopping")
                assert ready.headers["connection"] == "close"
            async with waiting(other, ticket) as stream:
                await stream.next()
                renderers[0].leave(next(iter(renderers[0].visits)))
                assert (await other.enter((await stream.until("token"))["token"])).status_code == 201


@asynccontextmanager
async def two_gateways(signer: Signer, members: list[Member]) -> AsyncIterator[list[Gateway]]:
    ports = [free_port(), free_port()]
    peers = [Member(f"g{port}", f"g{port}", f"http://127.0.0.1:{port}") for port in ports]
    async with (
        serving_gateway(signer, members, peers, port=ports[0], fleet_name=peers[0].uid) as one,
        serving_gateway(signer, members, peers, port=ports[1], fleet_name=peers[1].uid) as two,
    ):
        for gateway in (one, two):
            async with asyncio.timeout(WAIT_S):
                while not gateway.server.node.peers.heard:  # noqa: ASYNC110 - nothing in a gateway waits for it
                    await asyncio.sleep(0.02)
        yield [one, two]


async def test_a_token_whose_guard_is_gone_is_good_once_at_all_gateways_together(signer: Signer) -> None:
    async with (
        serving_renderers(signer, "r1") as renderers,
        two_gateways(signer, [renderer.member for renderer in renderers]) as (one, two),
    ):
        token = JoinToken(visitor="v", guard="gone")
        text = token.sign(signer.key, time.time())
        assert (await one.enter(text)).status_code == 201
        async with asyncio.timeout(WAIT_S):
            while not two.server.node.room.has_entered(token.jti):  # noqa: ASYNC110 - as above
                await asyncio.sleep(0.02)
        again = await two.enter(text)
        assert (again.status_code, again.json()["error"]["code"]) == (409, "used-token")


async def test_the_order_is_one_over_all_gateways(signer: Signer) -> None:
    async with (
        serving_renderers(signer, "r1") as renderers,
        two_gateways(signer, [renderer.member for renderer in renderers]) as (one, two),
    ):
        await fill(one, 2)
        await two.known(lambda: two.server.node.fleet.free_places(None) == 0)
        first = await ticket_of(one)
        async with waiting(one, first) as sooner:
            await sooner.next()
            async with asyncio.timeout(WAIT_S):
                while not two.server.node.room.waiting_elsewhere:  # noqa: ASYNC110 - as above
                    await asyncio.sleep(0.02)
            joined = (await two.join()).json()
            assert joined["position"] == 2
            async with waiting(two, joined["ticket"]) as later:
                await later.next()
                renderers[0].leave(next(iter(renderers[0].visits)))
                token = (await sooner.until("token"))["token"]
                # By the other gateway, as a load balancer may have it.
                assert (await two.enter(token)).status_code == 201
                await later.until("position", 1)
                renderers[0].leave(next(iter(renderers[0].visits)))
                assert (await two.enter((await later.until("token"))["token"])).status_code == 201


async def test_only_gateways_hear_who_waits(signer: Signer) -> None:
    async with serving_site(signer, "r1") as (gateway, _), httpx2.AsyncClient(base_url=gateway.url) as stranger:
        assert (await stranger.get("/fleet/waiting")).status_code == 401
        headers = {"Authorization": f"Bearer {await gateway.token()}"}
        assert (await stranger.get("/fleet/waiting", headers=headers)).status_code == 401
