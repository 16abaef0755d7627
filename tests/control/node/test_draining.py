"""A renderer that gets SIGTERM, real ones: it takes nobody new, waits, sends its visitors elsewhere, and ends."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import httpx2
import pytest

from bench.node_process import NodeProcess
from control.fleet.states import guide_digest
from tests.control.node.gateway_side import RENDERER, GatewaySide, Renderer, folder_in, renderer_in_fleet, write_keys
from tests.control.node.test_edge_http import Visitor, serving, visiting, write_package
from tests.control.visits.test_guided_visit import until_followers
from tests.waiting import WAIT_S


def terminate() -> None:
    os.kill(os.getpid(), signal.SIGTERM)


async def enter(renderer: Renderer, **query: str) -> tuple[Visitor, httpx2.Response]:
    visitor = Visitor()
    response = await visitor.enter(renderer.client, renderer.gateway.authorization("enter"), **query)
    assert response.status_code == 201, response.text
    await visitor.next("welcome")
    return visitor, response


async def leave(visitor: Visitor) -> None:
    visitor.command.send('{"type":"goodbye"}')
    await visitor.next("closing")
    await visitor.connection.close()


def handed_over(renderer: Renderer) -> dict[str, float]:
    lines = renderer.node.metrics.exposition().decode().splitlines()
    name = 'edge_render_hand_overs_total{result="'
    counts = {line[len(name) :].partition('"')[0]: float(line.split()[-1]) for line in lines if line.startswith(name)}
    return {result: count for result, count in counts.items() if count}


async def test_it_takes_nobody_new_says_so_and_goes_when_the_last_has_left(tmp_path: Path) -> None:
    """A whole process, with the status that it ends with."""
    gateway = GatewaySide()
    keys = write_keys(tmp_path / "gateways.jwks", [gateway.key])
    options = {"--gateway-keys": str(keys), "--fleet-name": RENDERER, "--quality": "software", "--max-width": "320"}
    process = NodeProcess(
        write_package(tmp_path), "--pixel-format", "rgba", *(word for option in options.items() for word in option)
    )
    await asyncio.to_thread(process.start)
    try:
        async with (
            httpx2.AsyncClient(base_url=process.url, timeout=WAIT_S) as client,
            gateway.watching(client) as watch,
        ):
            visitor = Visitor()
            response = await visitor.enter(client, gateway.authorization("enter"))
            await visitor.next("welcome")
            os.kill(process.pid, signal.SIGTERM)
            told = await watch.until(lambda state: state.draining)
            assert (told.ready, told.visits) == (False, 1)
            refused = await client.post("/whep", headers=gateway.headers("enter"))
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "draining")
            assert refused.headers["retry-after"] == "1"
            readiness = await client.get("/readyz")
            assert (readiness.status_code, readiness.json()["reason"]) == (503, "draining")
            metrics = (await client.get("/metrics")).text
            for line in ("edge_render_draining 1.0", "edge_render_visit_capacity 0.0", "visit_load_ratio 1.0"):
                assert line in metrics
            visit = gateway.headers("visit", visit=response.headers["edge-render-visit"])
            assert (await client.delete(visitor.path, headers=visit)).status_code == 200, "it still serves its visits"
            await watch.ended()
        assert await asyncio.to_thread(process.wait) == 0
    finally:
        await asyncio.to_thread(process.stop)
        await visitor.connection.close()


async def test_who_is_still_there_is_sent_elsewhere(tmp_path: Path) -> None:
    async with renderer_in_fleet(tmp_path, drain_wait_s=0.0) as renderer:
        (visitor, _), (loser, entered) = await enter(renderer), await enter(renderer)
        terminate()
        for told in (visitor, loser):
            assert 0 < (await told.next("move"))["within_ms"] <= 20_000
        await leave(visitor)
        headers = renderer.gateway.headers("visit", visit=entered.headers["edge-render-visit"])
        await renderer.client.delete(loser.path, params={"lost": True}, headers=headers)
        await renderer.until_ended()
        assert handed_over(renderer) == {"moved": 1.0, "lost": 1.0}
        await loser.connection.close()


async def test_who_is_told_before_they_could_hear_it_is_told_again(tmp_path: Path) -> None:
    async with renderer_in_fleet(tmp_path, drain_wait_s=0.0) as renderer:
        visitor = Visitor()
        await visitor.enter(renderer.client, renderer.gateway.authorization("enter"))
        renderer.server.signalled()
        await visitor.next("move")
        await leave(visitor)
        await renderer.until_ended()


async def test_who_does_not_go_is_ended_at_the_limit(tmp_path: Path) -> None:
    async with renderer_in_fleet(tmp_path, drain_wait_s=0.0, hand_over_s=0.1) as renderer:
        visitor, _ = await enter(renderer)
        terminate()
        await visitor.next("move")
        assert (await visitor.next("closing"))["reason"] == "shutdown"
        await renderer.until_ended()
        assert handed_over(renderer) == {"cut": 1.0}
        await visitor.connection.close()


async def test_a_second_signal_waits_for_nobody(tmp_path: Path) -> None:
    async with renderer_in_fleet(tmp_path) as renderer, renderer.gateway.watching(renderer.client) as watch:
        visitor, _ = await enter(renderer)
        terminate()
        await watch.until(lambda state: state.draining)
        terminate()
        assert (await visitor.next("closing"))["reason"] == "shutdown"
        await watch.ended()
        await renderer.until_ended()
        await visitor.connection.close()


async def test_where_nobody_is_it_ends_at_once(tmp_path: Path) -> None:
    async with renderer_in_fleet(tmp_path) as renderer:
        terminate()
        await renderer.until_ended()


async def test_a_node_without_gateways_ends_at_once(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client), visiting(client) as visitor:
        terminate()
        assert (await visitor.next("closing"))["reason"] == "shutdown"


async def test_a_renderer_that_is_cancelled_while_it_drains_frees_all(tmp_path: Path) -> None:
    async with renderer_in_fleet(tmp_path) as renderer:
        visitor, _ = await enter(renderer)
        renderer.server.signalled()
        renderer.ended.cancel()
        with pytest.raises(asyncio.CancelledError):
            await renderer.until_ended()
        assert (renderer.node.visitors, renderer.ended.done()) == (0, True)
        await visitor.connection.close()


async def test_a_guided_visit_goes_on_elsewhere_and_its_followers_come_after(tmp_path: Path) -> None:
    async with (
        renderer_in_fleet(folder_in(tmp_path, "1"), "renderer-1", drain_wait_s=0.0) as old,
        renderer_in_fleet(folder_in(tmp_path, "2"), "renderer-2") as new,
        new.gateway.watching(new.client) as watch,
    ):
        leading, entered = await enter(old, guide="new", name="Mei")
        code, key = (entered.headers[f"edge-render-guide{part}"] for part in ("", "-key"))
        following, _ = await enter(old, follow=code)
        await until_followers(leading, 1)

        old.server.signalled()
        await leading.next("move")
        leads_on = Visitor()
        hold = {"code": code, "key": key}
        response = await leads_on.enter(new.client, new.gateway.authorization("enter", guide=hold), name="Mei")
        assert (response.headers["edge-render-guide"], response.headers["edge-render-guide-key"]) == (code, key)
        assert (await watch.until(lambda state: state.visits == 1)).guides == (guide_digest(code),)
        await leave(leading)

        await following.next("move")
        comes_after, _ = await enter(new, follow=code)
        await until_followers(leads_on, 1)
        await leave(following)
        await old.until_ended()
        assert handed_over(old) == {"moved": 2.0}

        leads_on.pose.send('{"type":"input","seq":1,"yaw":0.4,"pitch":0}')
        await comes_after.frame_until(lambda frame: frame["yaw"] == pytest.approx(0.4))
        for visitor in (leads_on, comes_after):
            await visitor.connection.close()
