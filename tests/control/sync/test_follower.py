"""A follower, an admin on a real socket, and a disk: what is shown, what travels, and what is refused."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections import deque
from random import Random

import pytest

from bench.kills.site_stand_in import BlobFaults, SiteStandIn
from control.content.edge_api import VisitReport
from tests.control.sync.conftest import MakeConfig, following
from tests.control.sync.stage_stand_in import StageStandIn

ROOM = {"showroom.json": b"{}", "models/hall.glb": os.urandom(900_000), "textures/wall.png": os.urandom(300_000)}


async def test_what_is_ordered_is_fetched_and_shown(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    admin.order(admin.publish("branch", 1, ROOM))
    async with following(make_config(), stage):
        report = await admin.reported("showing")
    assert stage.shown == [(("branch", 1),)]
    assert stage.seen("branch") == ROOM
    assert report.showrooms[0].showing == 1
    assert report.showrooms[0].to_fetch_bytes == sum(map(len, ROOM.values()))
    assert report.showrooms[0].switch_ms is not None
    assert report.disk.used_bytes == sum(map(len, ROOM.values()))


async def test_content_comes_at_a_pace(admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig) -> None:
    many = ROOM | {f"notes/{number}.txt": b"%d" % number for number in range(20)}
    admin.order(admin.publish("branch", 1, many))
    async with following(make_config(max_bytes_per_s=20e6), stage):
        await admin.reported("showing")
    assert stage.seen("branch") == many


async def test_many_small_blobs_come_in_few_bodies(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    many = ROOM | {f"notes/{number}.txt": b"%d" % number for number in range(250)}
    admin.order(admin.publish("branch", 1, many))
    async with following(make_config(), stage):
        report = await admin.reported("showing")
    assert stage.seen("branch") == many
    assert sum(item.path.startswith("blobs") for item in admin.asked) == 3 + 2
    assert report.showrooms[0].to_fetch_bytes == sum(map(len, many.values()))


@pytest.mark.parametrize("fault", [BlobFaults(wrong=1), BlobFaults(status=deque([503]))])
async def test_a_small_blob_that_fails_takes_no_other_with_it(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig, fault: BlobFaults
) -> None:
    many = {"showroom.json": b"{}"} | {f"notes/{number}.txt": b"%d" % number for number in range(250)}
    admin.order(admin.publish("branch", 1, many))
    admin.faults[hashlib.sha256(b"7").hexdigest()] = fault
    async with following(make_config(), stage):
        await admin.reported("showing")
    assert stage.seen("branch") == many


async def test_a_change_of_one_texture_moves_that_blob_alone(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    admin.order(admin.publish("branch", 1, ROOM))
    texture = os.urandom(200_000)
    async with following(make_config(), stage):
        await admin.reported("showing", version=1)
        admin.asked.clear()
        second = admin.publish("branch", 2, ROOM | {"textures/wall.png": texture})
        admin.order(second)
        report = await admin.reported("showing", version=2)
    manifest_bytes = len(admin.releases[second.release].model_dump_json().encode())
    assert admin.reply is not None
    order_bytes = len(admin.reply.model_dump_json().encode())
    assert admin.blob_bytes() == len(texture)
    assert admin.moved_bytes() == len(texture) + manifest_bytes + order_bytes
    assert report.showrooms[0].fetched_bytes == len(texture) + manifest_bytes
    assert report.showrooms[0].to_fetch_bytes == len(texture)
    assert stage.seen("branch")["textures/wall.png"] == texture


async def test_showrooms_that_are_ordered_together_are_shown_at_once_and_in_order(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    first, second = admin.publish("branch", 1, ROOM), admin.publish("annex", 4, {"showroom.json": b"{ }"})
    async with following(make_config(), stage):
        admin.order(second, first)
        await admin.reported("showing", "showing")
        admin.order(first)
        await stage.news.when(lambda: len(stage.shown) == 2)
    assert stage.shown == [(("annex", 4), ("branch", 1)), (("branch", 1),)]


async def test_rolling_back_moves_no_blob(admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig) -> None:
    first, second = (admin.publish("branch", n, ROOM | {"showroom.json": b"%d" % n}) for n in (1, 2))
    # no room for anything that is not shown or was not shown just before
    async with following(make_config(budget_bytes=sum(map(len, ROOM.values())) + 2), stage):
        for release in (first, second):
            admin.order(release)
            await admin.reported("showing", version=release.version)
        admin.asked.clear()
        admin.reports.clear()
        admin.order(first)
        report = await admin.reported("showing", version=1)
    assert admin.blob_bytes() == 0
    assert report.showrooms[0].fetched_bytes == 0
    assert stage.shown == [(("branch", 1),), (("branch", 2),), (("branch", 1),)]


async def test_what_was_warmed_and_is_not_ordered_any_more_is_let_go(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    """It waits to be shown at once with a release that can't be fetched."""
    first, second = (admin.publish("branch", number, ROOM | {"showroom.json": b"%d" % number}) for number in (1, 2))
    other = admin.publish("lobby", 1, {"showroom.json": b"[]"})
    (digest,) = (digest for digest, data in admin.blobs.items() if data == b"[]")
    admin.order(first)
    async with following(make_config(), stage):
        await admin.reported("showing")
        admin.faults[digest] = BlobFaults(status=deque([503] * 1000))
        admin.order(second, other)
        await stage.news.when(lambda: second.release in stage.warmed)
        await admin.news.when(lambda: len(admin.faults[digest].status) < 1000)
        admin.order(first)
        await stage.news.when(lambda: len(stage.shown) > 1)
    assert stage.shown == [(("branch", 1),), (("branch", 1),)]


async def test_files_without_bytes_and_files_that_are_alike_are_there_too(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    files = {"showroom.json": b"{}", "empty.txt": b"", "a/b/c/one.bin": b"same", "a/two.bin": b"same"}
    admin.order(admin.publish("branch", 1, files))
    async with following(make_config(), stage):
        await admin.reported("showing")
    assert stage.seen("branch") == files
    assert admin.blob_bytes() == len(b"{}") + len(b"same")


async def test_without_the_admin_what_was_shown_last_is_shown_again(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    admin.order(admin.publish("annex", 3, {"showroom.json": b"[]"}), admin.publish("branch", 1, ROOM))
    async with following(make_config(), stage):
        await admin.reported("showing", "showing")
    await admin.stop()
    again = StageStandIn()
    async with following(make_config(), again) as follower:
        assert await again.news.when(lambda: again.shown) == [(("annex", 3), ("branch", 1))]
        assert again.seen("branch") == ROOM
        await admin.start()  # and it is followed again once it is back
        admin.order(admin.publish("branch", 2, ROOM))
        await admin.reported("showing", version=2)
        assert follower.progress.warning is None


async def test_a_node_that_starts_again_says_what_the_release_took(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    admin.order(admin.publish("branch", 1, ROOM))
    async with following(make_config(), stage):
        before = (await admin.reported("showing")).showrooms[0]
    admin.reports.clear()
    async with following(make_config(), stage):
        assert (await admin.reported("showing")).showrooms[0] == before
    assert before.fetched_bytes > 0


async def test_while_what_was_shown_last_is_warmed_the_admin_hears_so_and_is_heard(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    admin.order(admin.publish("branch", 1, ROOM))
    async with following(make_config(), stage):
        await admin.reported("showing")
    slow = StageStandIn()
    slow.hold = asyncio.Event()
    admin.reports.clear()
    async with following(make_config(), slow):
        await admin.reported("warming", version=1)
        admin.order(admin.publish("branch", 2, ROOM))
        await admin.reported("fetching", version=2)
        slow.hold.set()
        await admin.reported("showing", version=2)
    assert slow.shown == [(("branch", 1),), (("branch", 2),)], "what is there is shown first"


async def test_what_can_not_be_warmed_again_at_start_is_told(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    admin.order(admin.publish("branch", 1, ROOM), admin.publish("annex", 3, {"showroom.json": b"[]"}))
    async with following(make_config(), stage):
        await admin.reported("showing", "showing")
    again = StageStandIn()
    again.refused[1] = "hall.glb: the GPU has less memory now"
    async with following(make_config(), again):
        report = await admin.reported("failed", "showing")
    assert report.showrooms[0].error == again.refused[1]
    assert again.shown == [(("annex", 3),)]


async def test_visits_are_kept_until_the_admin_has_them(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    reports = [VisitReport(node="node-1", report_id=f"{n:032x}", made_at=n, totals=()) for n in range(1, 4)]
    admin.answers["visits"] = 503, {}, b""
    stage.counted = reports[:2]
    async with following(make_config(), stage):
        await stage.news.when(lambda: not stage.counted)
        stage.counted.append(reports[2])  # counted at the last moment
    del admin.answers["visits"]
    async with following(make_config(), stage):
        await admin.news.when(lambda: admin.visits if len(admin.visits) == 3 else None)
    assert admin.visits == reports


async def test_one_visit_report_that_is_refused_keeps_no_other(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    stage.counted = [VisitReport(node="node-1", report_id="a" * 32, made_at=1, totals=())]
    admin.answers["visits"] = 422, {}, b""
    async with following(make_config(), stage):
        await admin.news.when(lambda: any(item.path == "visits" for item in admin.asked))
        del admin.answers["visits"]
        stage.counted = [VisitReport(node="node-1", report_id="b" * 32, made_at=2, totals=())]
        await admin.news.when(lambda: admin.visits or None)
    assert [report.report_id for report in admin.visits] == ["b" * 32]


async def test_cancelled_at_any_moment_it_ends_and_goes_on_later(admin: SiteStandIn, make_config: MakeConfig) -> None:
    random = Random(7)
    for version in range(1, 13):
        files = ROOM | {"textures/wall.png": random.randbytes(500_000)}
        admin.order(admin.publish("branch", version, files))
        for turns in (random.randrange(400) for _ in range(3)):
            async with following(make_config(), StageStandIn()):
                for _ in range(turns):
                    await asyncio.sleep(0)  # a turn of the event loop
        stage = StageStandIn()
        async with following(make_config(), stage):
            await admin.reported("showing", version=version)
        assert stage.seen("branch") == files
        assert not list((make_config().folder / "partial").iterdir())
