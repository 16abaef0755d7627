"""A follower, an admin on a real socket, and a disk: what is shown, what travels, and what is refused."""

from __future__ import annotations

import os

from tests.control.sync.admin_stand_in import AdminStandIn
from tests.control.sync.conftest import MakeConfig, following
from tests.control.sync.stage_stand_in import StageStandIn

ROOM = {"showroom.json": b"{}", "models/hall.glb": os.urandom(900_000), "textures/wall.png": os.urandom(300_000)}


async def test_what_is_ordered_is_fetched_and_shown(
    admin: AdminStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    await admin.order(admin.publish("branch", 1, ROOM))
    async with following(make_config(), stage):
        report = await admin.reported("showing")
    assert stage.shown == [(("branch", 1),)]
    assert stage.seen("branch") == ROOM
    assert report.showrooms[0].showing == 1
    assert report.showrooms[0].to_fetch_bytes == sum(map(len, ROOM.values()))
    assert report.showrooms[0].switch_ms is not None
    assert report.disk.used_bytes == sum(map(len, ROOM.values()))


async def test_a_change_of_one_texture_moves_that_blob_alone(
    admin: AdminStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    await admin.order(admin.publish("branch", 1, ROOM))
    texture = os.urandom(200_000)
    async with following(make_config(), stage):
        await admin.reported("showing", version=1)
        admin.asked.clear()
        second = admin.publish("branch", 2, ROOM | {"textures/wall.png": texture})
        await admin.order(second)
        report = await admin.reported("showing", version=2)
    manifest_bytes = len(admin.releases[second.release].model_dump_json().encode())
    assert admin.reply is not None
    order_bytes = len(admin.reply.model_dump_json().encode())
    assert admin.blob_bytes() == len(texture)
    assert admin.moved_bytes() == len(texture) + manifest_bytes + order_bytes
    assert report.showrooms[0].fetched_bytes == len(texture) + manifest_bytes
    assert report.showrooms[0].to_fetch_bytes == len(texture)
    assert stage.seen("branch")["textures/wall.png"] == texture
