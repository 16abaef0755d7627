"""A follower and the real admin on a real socket: what travels when one texture of a package changes."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy.orm import Session

from control.admin.access.actor import Actor, Role
from control.admin.key_changes import trusted_keys
from control.admin.server import AdminServer
from control.admin.settings import AdminSettings
from control.admin.sites.orders import show
from control.admin.tables import Showroom, Site, Version, VersionFile
from control.content.names import Title
from control.content.release import FileEntry, ReleaseManifest
from control.content.signing import payload_digest
from control.sync.follow_config import FollowConfig
from control.sync.follower import SiteFollower
from tests.control.admin.sites.world import make_sites, person
from tests.control.sync.conftest import following
from tests.control.sync.stage_stand_in import StageStandIn
from tests.waiting import WAIT_S

SITE = "lounge-1"
ROOM = {"showroom.json": b"{}", "models/hall.glb": os.urandom(3_000_000), "textures/wall.png": os.urandom(700_000)}


@dataclass
class World:
    """A served admin with one site, and somebody who publishes there."""

    server: AdminServer
    boss: Actor
    config: FollowConfig

    async def order(self, number: int, files: Mapping[str, bytes]) -> int:
        """Publish a version and order it; how many bytes its envelope has as it is sent."""
        return await asyncio.to_thread(self._order, number, files)

    def _order(self, number: int, files: Mapping[str, bytes]) -> int:
        parts = self.server.parts
        entries = tuple(
            FileEntry(path=path, digest=parts.blobs.put_bytes(data), size_bytes=len(data))
            for path, data in files.items()
        )
        with parts.database.session() as session:
            envelope = self._publish(session, number, entries)
            version = session.query(Version).filter_by(number=number).one()
            show(session, SITE, version, parts.now())
            parts.sites.orders.issue(session, session.get_one(Site, SITE), parts.now())
        return len(envelope)

    def _publish(self, session: Session, number: int, files: tuple[FileEntry, ...]) -> str:
        manifest = ReleaseManifest(
            showroom="branch", version=number, title=Title(en="Branch", zh="网点"), created_at=number, files=files
        )
        envelope = self.server.parts.keys.sign(session, manifest)
        if session.get(Showroom, "branch") is None:
            session.add(Showroom(slug="branch", title_en="Branch", title_zh="网点", created_at=0))
            session.flush()
        by = self.boss.account_id
        row = Version(
            showroom="branch",
            number=number,
            state="published",
            created_by=by,
            edited_by=by,
            editors=[by],
            created_at=0,
            changed_at=0,
            edge_class="software",
            release_digest=payload_digest(envelope),
            envelope=envelope.model_dump_json(),
            published_by=by,
            published_at=0,
        )
        session.add(row)
        session.flush()
        for item in files:
            session.add(VersionFile(version_id=row.id, path=item.path, digest=item.digest, size_bytes=item.size_bytes))
        return envelope.model_dump_json()


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with _serving(tmp_path / "admin") as server:
        with server.parts.database.session() as session:
            boss = person(session, "boss", Role.ADMINISTRATOR)
            token = make_sites(session, server.parts.sites.orders, boss, [SITE])[SITE]
            keys = tuple(trusted_keys(session))
        config = FollowConfig(
            admin_url=f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}",
            site=SITE,
            site_token=SecretStr(token),
            trusted_keys=keys,
            folder=tmp_path / "content",
            budget_bytes=1 << 30,
            node="node-1",
            software="edge-render test",
        )
        yield World(server, boss, config)


@asynccontextmanager
async def _serving(folder: Path) -> AsyncIterator[AdminServer]:
    server = AdminServer(AdminSettings(port=0, data_folder=folder))
    task = asyncio.create_task(server.serve())
    async with asyncio.timeout(WAIT_S):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
    try:
        yield server
    finally:
        server.stop()
        await task


async def shown(stage: StageStandIn, follower: SiteFollower, version: int) -> int:
    """Wait for it; how many bytes came for it."""
    await stage.news.when(lambda: stage.shown[-1:] == [(("branch", version),)])
    return follower.progress.report()[0].fetched_bytes


async def test_a_change_of_one_texture_moves_that_texture_and_the_manifest(world: World, stage: StageStandIn) -> None:
    async with following(world.config, stage) as follower:
        envelope_bytes = await world.order(1, ROOM)
        assert await shown(stage, follower, 1) == envelope_bytes + sum(map(len, ROOM.values()))
        changed = ROOM | {"textures/wall.png": os.urandom(650_000)}
        envelope_bytes = await world.order(2, changed)
        assert await shown(stage, follower, 2) == envelope_bytes + 650_000
        assert stage.seen("branch") == changed


async def test_many_small_files(world: World, stage: StageStandIn) -> None:
    many = ROOM | {f"notes/{number}.txt": b"%d" % number for number in range(250)}
    async with following(world.config, stage) as follower:
        envelope_bytes = await world.order(1, many)
        assert await shown(stage, follower, 1) == envelope_bytes + sum(map(len, many.values()))
    assert stage.seen("branch") == many


async def test_what_came_before_a_crash_is_not_sent_again(world: World, stage: StageStandIn) -> None:
    hall = ROOM["models/hall.glb"]
    envelope_bytes = await world.order(1, ROOM)
    partial = world.config.folder / "partial" / world.server.parts.blobs.put_bytes(hall)
    partial.parent.mkdir(parents=True)
    partial.write_bytes(hall[:2_000_001])
    async with following(world.config, stage) as follower:
        expected = envelope_bytes + sum(map(len, ROOM.values())) - 2_000_001
        assert await shown(stage, follower, 1) == expected
    assert stage.seen("branch") == ROOM


async def test_what_a_crash_left_wrong_is_thrown_away(world: World, stage: StageStandIn) -> None:
    """As when the machine lost its power, and the file system had not written all."""
    hall = ROOM["models/hall.glb"]
    await world.order(1, ROOM)
    partial = world.config.folder / "partial" / world.server.parts.blobs.put_bytes(hall)
    partial.parent.mkdir(parents=True)
    partial.write_bytes(bytes(2_000_001))
    async with following(world.config, stage) as follower:
        await shown(stage, follower, 1)
    assert stage.seen("branch") == ROOM
