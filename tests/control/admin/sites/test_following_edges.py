"""A real admin on a real socket, and the followers of real edges, which draw nothing but look at every byte."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import httpx2
import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from control.admin.access.actor import Actor, Role
from control.admin.key_changes import list_keys, newest_ring_serial, revoke, rotate, trusted_keys
from control.admin.server import AdminServer
from control.admin.settings import AdminSettings
from control.admin.sites.ring_reach import sites_behind
from control.admin.sites.rollout_views import RolloutView, rollout_view
from control.content.release import TrustedKey
from control.sync.follow_config import FollowConfig
from control.sync.follower import SiteFollower
from control.sync.site_content import open_site_content
from tests.control.admin.sites.world import Published, make_sites, person, publish
from tests.control.sync.stage_stand_in import StageStandIn
from tests.waiting import WAIT_S

SITES = ("first", "second")
Result = TypeVar("Result")


@dataclass
class Admin:
    """A served admin with two sites, and what a person does there."""

    server: AdminServer
    boss: Actor
    tokens: dict[str, str]
    keys: tuple[TrustedKey, ...]

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.servers[0].sockets[0].getsockname()[1]}"

    async def do(self, work: Callable[[Session], Result]) -> Result:
        """Work on its database, beside what it does there itself."""

        def in_session() -> Result:
            with self.server.parts.database.session() as session:
                return work(session)

        return await asyncio.to_thread(in_session)

    async def publish(self, number: int) -> Published:
        data = f"version {number}".encode()
        await asyncio.to_thread(self.server.parts.blobs.put_bytes, data)
        return await self.do(lambda s: publish(s, self.server.parts.keys, self.boss, "branch", number, data))

    async def roll_out(self, version: Published, waves: Sequence[Sequence[str]], **options: Any) -> int:
        parts = self.server.parts
        return await self.do(
            lambda s: (
                parts.sites.rollouts.create(s, self.boss, parts.now(), version.id, waves, healthy_s=0.0, **options).id
            )
        )

    async def rotate_keys(self) -> None:
        parts = self.server.parts
        await self.do(lambda s: rotate(s, parts.keys, parts.sites.orders, self.boss, parts.now()))

    async def revoke_oldest_key(self) -> None:
        """Once all nodes that reported have the newest key ring."""
        parts = self.server.parts
        async with asyncio.timeout(WAIT_S):
            while await self.do(lambda s: sites_behind(s, newest_ring_serial(s))):  # noqa: ASYNC110
                await asyncio.sleep(0.05)  # seen from outside, as people do
        await self.do(
            lambda s: revoke(s, parts.keys, parts.sites.orders, self.boss, list_keys(s)[-1].key_id, parts.now())
        )

    async def resume(self, rollout: int) -> None:
        parts = self.server.parts
        await self.do(lambda s: parts.sites.rollouts.resume(s, self.boss, parts.now(), rollout).id)

    async def until(self, rollout: int, state: str) -> RolloutView:
        """As it is when it has come to that state."""
        async with asyncio.timeout(WAIT_S):
            while (view := await self.do(lambda s: rollout_view(s, rollout))).state != state:  # noqa: ASYNC110
                await asyncio.sleep(0.05)  # seen from outside, as people do
            return view


@asynccontextmanager
async def serving(folder: Path) -> AsyncIterator[Admin]:
    server = AdminServer(AdminSettings(port=0, data_folder=folder))
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(WAIT_S):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
    with server.parts.database.session() as session:
        boss = person(session, "boss", Role.ADMINISTRATOR)
        tokens = make_sites(session, server.parts.sites.orders, boss, SITES)
        keys = trusted_keys(session)
    try:
        yield Admin(server, boss, tokens, tuple(keys))
    finally:
        server.stop()
        async with asyncio.timeout(WAIT_S):
            await task


@pytest.fixture
async def admin(tmp_path: Path) -> AsyncIterator[Admin]:
    async with serving(tmp_path / "admin") as opened:
        yield opened


@pytest.fixture
async def edges(admin: Admin, tmp_path: Path) -> AsyncIterator[dict[str, StageStandIn]]:
    """The stages of one node at each site, which follow."""
    stages = {site: StageStandIn() for site in SITES}
    async with AsyncExitStack() as stack:
        for site, stage in stages.items():
            await stack.enter_async_context(following(edge_config(admin, site, tmp_path), stage))
        yield stages


def edge_config(admin: Admin, site: str, folder: Path) -> FollowConfig:
    """Of a node that trusts the keys of when the admin was started."""
    return FollowConfig(
        admin_url=admin.url,
        site=site,
        site_token=SecretStr(admin.tokens[site]),
        trusted_keys=admin.keys,
        folder=folder / site,
        budget_bytes=1 << 30,
        node="node-1",
        software="edge-render test",
        reserve_bytes=0,
    )


@asynccontextmanager
async def following(config: FollowConfig, stage: StageStandIn) -> AsyncIterator[None]:
    with open_site_content(config) as content:
        task = asyncio.create_task(SiteFollower(config, content, stage, random=Random(1)).run())
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def test_a_release_comes_to_the_edges_wave_by_wave(admin: Admin, edges: dict[str, StageStandIn]) -> None:
    version = await admin.publish(1)
    done = await admin.until(await admin.roll_out(version, [["first"], ["second"]]), "done")
    assert [target.state for wave in done.waves for target in wave] == ["healthy", "healthy"]
    for stage in edges.values():
        assert stage.shown == [(("branch", 1),)]
        assert stage.seen("branch") == {"showroom.json": b"version 1"}


async def test_what_the_first_edge_refuses_no_other_is_given(admin: Admin, edges: dict[str, StageStandIn]) -> None:
    one, two = await admin.publish(1), await admin.publish(2)
    await admin.until(await admin.roll_out(one, [SITES]), "done")
    edges["first"].refused[2] = "showroom.json: scenes: none"
    rollout = await admin.roll_out(two, [["first"], ["second"]], on_failure="roll-back")
    ended = await admin.until(rollout, "rolled-back")
    assert ended.message == "rolled back, as it can't be shown at first: node-1: showroom.json: scenes: none"
    assert {site: stage.shown[-1] for site, stage in edges.items()} == dict.fromkeys(SITES, (("branch", 1),))
    assert all((("branch", 2),) not in stage.shown for stage in edges.values())


async def test_an_edge_tries_again_when_the_roll_out_is_resumed(admin: Admin, edges: dict[str, StageStandIn]) -> None:
    version = await admin.publish(1)
    edges["first"].refused[1] = "the GPU has no room"
    rollout = await admin.roll_out(version, [["first"], ["second"]])
    paused = await admin.until(rollout, "paused")
    assert paused.waves[0][0].message == "node-1: the GPU has no room"
    edges["first"].refused.clear()
    await admin.resume(rollout)
    await admin.until(rollout, "done")
    assert {site: stage.shown for site, stage in edges.items()} == {site: [(("branch", 1),)] for site in SITES}


async def test_keys_change_while_edges_follow(admin: Admin, edges: dict[str, StageStandIn]) -> None:
    one = await admin.publish(1)
    await admin.until(await admin.roll_out(one, [SITES]), "done")
    await admin.rotate_keys()
    await admin.revoke_oldest_key()
    two = await admin.publish(2)
    rollout = await admin.roll_out(two, [SITES])
    await admin.until(rollout, "done")
    # The first release was signed by the key that was revoked: it comes under its new signature.
    await admin.until(await admin.roll_out(one, [SITES]), "done")
    # With other keys the same may be ordered, and shown, again.
    expected = [(("branch", number),) for number in (1, 2, 1)]
    in_turn = {site: [shown for shown, _ in groupby(stage.shown)] for site, stage in edges.items()}
    assert in_turn == dict.fromkeys(SITES, expected)


async def test_an_edge_that_knows_the_first_key_alone_follows_after_rotations(admin: Admin, tmp_path: Path) -> None:
    for _ in range(3):
        await admin.rotate_keys()
    await admin.revoke_oldest_key()
    version, stage = await admin.publish(1), StageStandIn()
    async with following(edge_config(admin, "first", tmp_path), stage):
        await admin.until(await admin.roll_out(version, [["first"]]), "done")
    assert stage.shown == [(("branch", 1),)]


async def test_who_waits_is_let_go_when_the_admin_stops(tmp_path: Path) -> None:
    """Else the edge would be cut off after STOP_WITHIN_S, and the admin would stay for so long."""
    async with serving(tmp_path / "admin") as admin, httpx2.AsyncClient(base_url=admin.url, timeout=WAIT_S) as edge:
        headers = {"Authorization": f"Bearer {admin.tokens['first']}"}
        waiting = asyncio.create_task(edge.get("/edge/v1/order?after=1&wait_s=30", headers=headers))
        async with asyncio.timeout(WAIT_S):
            while not admin.server.server_state.tasks:  # noqa: ASYNC110 - seen from outside
                await asyncio.sleep(0.01)
        admin.server.stop()
        assert (await waiting).status_code == 204
