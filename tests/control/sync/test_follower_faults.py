"""What a follower does when networks, disks, stores and people fail it: what is shown stays, and the reason is told."""

from __future__ import annotations

import logging
import os
import resource
from collections import deque

import pytest

from bench.kills.site_stand_in import SITE, TOKEN, BlobFaults, SiteStandIn
from control.content.edge_api import OrderReply
from control.content.keys import PrivateKey
from control.content.signing import ENVELOPE_MAX_BYTES
from tests.control.sync.conftest import MakeConfig, following
from tests.control.sync.stage_stand_in import StageStandIn

MIB = 1 << 20
BIG = os.urandom(3 * MIB)
OLD = {"showroom.json": b"{}"}
NEW = {"showroom.json": b"{}", "hall.glb": BIG}


def digest_of(admin: SiteStandIn, data: bytes) -> str:
    return next(digest for digest, kept in admin.blobs.items() if kept == data)


# --- the network ----------------------------------------------------------------------------------


async def test_a_connection_that_breaks_costs_no_byte_twice(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    release = admin.publish("branch", 1, NEW)
    digest = digest_of(admin, BIG)
    admin.faults[digest] = BlobFaults(cut_after=deque([MIB, 700_001, 0]))
    admin.order(release)
    async with following(make_config(), stage):
        await admin.reported("showing")
    parts = [(item.offset_bytes, item.sent_bytes) for item in admin.asked if item.path == f"blobs/{digest}"]
    assert [offset for offset, _ in parts] == [0, MIB, MIB + 700_001, MIB + 700_001]
    assert sum(sent for _, sent in parts) == len(BIG)
    assert stage.seen("branch") == NEW


async def test_a_download_goes_on_where_it_was_when_the_node_starts_again(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    release = admin.publish("branch", 1, NEW)
    digest = digest_of(admin, BIG)
    admin.faults[digest] = BlobFaults(cut_after=deque([2 * MIB]))
    admin.order(release)
    async with following(make_config(), stage):
        await admin.news.when(lambda: any(item.sent_bytes == 2 * MIB for item in admin.asked))
        admin.faults[digest].status.extend([503] * 100)
        await admin.news.when(lambda: any(item.showrooms and item.showrooms[0].error for item in admin.reports))
    admin.faults[digest].status.clear()
    async with following(make_config(), stage):
        await admin.reported("showing")
    offsets = [
        item.offset_bytes for item in admin.asked if item.path == f"blobs/{digest}" and item.sent_bytes > MIB // 2
    ]
    assert offsets == [0, 2 * MIB]
    assert stage.seen("branch") == NEW


async def test_an_admin_that_is_away_in_between_is_waited_for(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    first, second = admin.publish("branch", 1, OLD), admin.publish("branch", 2, NEW)
    digest = digest_of(admin, BIG)
    admin.faults[digest] = BlobFaults(status=deque([503]))
    admin.order(first)
    async with following(make_config(), stage):
        await admin.reported("showing", version=1)
        admin.order(second)
        waiting = await admin.reported("fetching", version=2)
        assert waiting.showrooms[0].showing == 1
        await admin.reported("showing", version=2)
    assert stage.shown == [(("branch", 1),), (("branch", 2),)]


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ((200, {}, b"<html>Welcome to the hotel's network</html>"), "no OrderReply"),
        ((302, {"Location": "http://elsewhere.example/"}, b""), "sends on to"),
        ((401, {}, b'{"error": {"code": "no", "message": "no such token"}}'), "no such token"),
        ((500, {}, b"Traceback"), "answers 500"),
        ((500, {}, b"[" * 10_000), "answers 500"),
        ((500, {}, b'{"error": {"message": "no\\u0000\\ud800such"}}'), "no??such"),
    ],
)
async def test_answers_that_are_no_order_are_told_and_waited_out(
    admin: SiteStandIn,
    stage: StageStandIn,
    make_config: MakeConfig,
    answer: tuple[int, dict[str, str], bytes],
    told: str,
) -> None:
    admin.order(admin.publish("branch", 1, OLD))
    admin.answers["order"] = answer
    async with following(make_config(), stage):
        await admin.warned(told)
        del admin.answers["order"]
        report = await admin.reported("showing")
        assert report.warning is None


async def test_an_answer_without_end_is_cut(admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig) -> None:
    admin.answers["order"] = 200, {}, b" " * (2 * ENVELOPE_MAX_BYTES + 1)
    async with following(make_config(), stage):
        await admin.warned("more than")


async def test_the_token_is_in_no_log(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    admin.answers["visits"] = 401, {}, b""
    admin.order(admin.publish("branch", 1, OLD))
    async with following(make_config(), stage):
        await admin.reported("showing")
        await admin.stop()
    assert "/edge/v1/order" in caplog.text, "requests are logged"
    assert TOKEN not in caplog.text
    assert TOKEN not in repr(make_config())


# --- wrong bytes ----------------------------------------------------------------------------------


async def test_wrong_bytes_are_thrown_away_and_fetched_again(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    release = admin.publish("branch", 1, NEW)
    admin.faults[digest_of(admin, BIG)] = BlobFaults(wrong=2)
    admin.order(release)
    async with following(make_config(), stage):
        await admin.reported("showing")
    assert stage.seen("branch") == NEW
    assert admin.blob_bytes() == 3 * len(BIG) + 2


async def test_bytes_that_stay_wrong_fail_the_release_and_no_other(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    first = admin.publish("branch", 1, OLD)
    admin.order(first)
    async with following(make_config(), stage):
        await admin.reported("showing", version=1)
        second, annex = admin.publish("branch", 2, NEW), admin.publish("annex", 1, OLD)
        admin.faults[digest_of(admin, BIG)] = BlobFaults(wrong=1000)
        admin.order(second, annex)
        report = await admin.reported("failed", "showing")
    assert stage.shown == [(("branch", 1),), (("branch", 1), ("annex", 1))]
    assert "thrown away" in (report.showrooms[0].error or "")
    assert report.showrooms[0].showing == 1


async def test_a_blob_that_the_store_lost_fails_the_release(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    release = admin.publish("branch", 1, NEW)
    del admin.blobs[digest_of(admin, BIG)]
    admin.order(release)
    async with following(make_config(), stage):
        report = await admin.reported("failed")
    assert "404" in (report.showrooms[0].error or "")
    assert stage.shown == []


async def test_a_blob_with_more_bytes_than_it_should_have_is_cut_off(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    release = admin.publish("branch", 1, NEW)
    admin.blobs[digest_of(admin, BIG)] = BIG + b"more"
    admin.order(release)
    async with following(make_config(), stage):
        report = await admin.reported("failed")
    assert "more came" in (report.showrooms[0].error or "")


# --- signatures -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("of a stranger", "not trusted here"),
        ("changed", "was changed since"),
        ("old", "is older than"),
        ("of another site", "is for the site"),
        ("second of its serial", "two orders with the serial"),
        ("no order", "is signed, but is no"),
    ],
)
async def test_orders_that_must_not_be_followed_are_refused_and_told(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig, kind: str, told: str
) -> None:
    first, second = admin.publish("branch", 1, OLD), admin.publish("branch", 2, NEW)
    genuine, past = admin.signed_order(second, serial=9), admin.signed_order(second, serial=3)
    refused = {
        "of a stranger": admin.signed_order(second, serial=9, key=PrivateKey.generate()),
        "changed": genuine.model_copy(update={"signatures": past.signatures}),
        "old": past,
        "of another site": admin.signed_order(second, serial=9, site=SITE + "0"),
        "second of its serial": admin.signed_order(second, serial=5),
        "no order": admin.releases[second.release],
    }
    admin.serial = 4
    admin.order(first)
    async with following(make_config(), stage):
        await admin.reported("showing", version=1)
        admin.give_out(OrderReply(order=refused[kind]), at_once=True)
        await admin.warned(told)
        assert stage.shown == [(("branch", 1),)]
        admin.give_out(OrderReply(order=genuine))
        report = await admin.reported("showing", version=2)
    assert report.warning is None
    assert stage.shown == [(("branch", 1),), (("branch", 2),)]


async def test_an_order_that_was_refused_stays_refused_after_a_new_start(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    first = admin.publish("branch", 1, OLD)
    past = admin.signed_order(admin.publish("branch", 2, NEW), serial=1)
    admin.serial = 4
    admin.order(first)
    async with following(make_config(), stage):
        await admin.reported("showing", version=1)
    admin.give_out(OrderReply(order=past))
    async with following(make_config(), stage):
        await admin.warned("is older than")
    assert stage.shown == [(("branch", 1),)] * 2


async def test_a_release_that_nobody_trusted_signed_is_not_shown(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    forged = admin.publish("branch", 2, NEW, key=PrivateKey.generate())
    admin.order(forged)
    async with following(make_config(), stage):
        report = await admin.reported("failed")
    assert "not trusted here" in (report.showrooms[0].error or "")
    assert admin.blob_bytes() == 0
    assert stage.shown == []


async def test_another_release_in_the_place_of_the_ordered_one_is_not_shown(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    wanted, other = admin.publish("branch", 2, NEW), admin.publish("branch", 1, OLD)
    admin.releases[wanted.release] = admin.releases[other.release]
    admin.order(wanted)
    async with following(make_config(), stage):
        report = await admin.reported("failed")
    assert "came in place of" in (report.showrooms[0].error or "")
    assert stage.shown == []


async def test_keys_change_without_anybody_at_the_edge(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    old, new, third = admin.key, PrivateKey.generate(), PrivateKey.generate()
    config = make_config()
    admin.order(admin.publish("branch", 1, OLD))
    async with following(config, stage):
        await admin.reported("showing", version=1)
        admin.key = new
        second = admin.publish("branch", 2, NEW)
        ring = admin.ring(1, old, new, by=old)
        admin.give_out(OrderReply(order=admin.signed_order(second, serial=7), keyring=ring))
        await admin.reported("showing", version=2)
    async with following(config, stage):  # and it is remembered
        await admin.reported("showing", version=2)
        ring = admin.ring(2, third, by=old)
        admin.key = third
        again = admin.publish("branch", 3, NEW)
        admin.give_out(OrderReply(order=admin.signed_order(again, serial=8), keyring=ring))
        await admin.reported("showing", version=3)
        admin.give_out(OrderReply(order=admin.signed_order(second, serial=9, key=old)))
        await admin.warned("not trusted here")
        stolen = admin.ring(3, old, by=old)
        admin.give_out(OrderReply(order=admin.signed_order(again, serial=10), keyring=stolen))
        await admin.warned("key ring was refused")
        report = await admin.news.when(
            lambda: next((item for item in reversed(admin.reports) if item.order_serial == 10), None)
        )
    assert report.showrooms[0].version == 3
    assert stage.shown[-1] == (("branch", 3),)


# --- the node and its disk ------------------------------------------------------------------------


async def test_a_release_that_can_not_be_warmed_is_left_alone_until_it_is_ordered_anew(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    stage.refused[2] = "hall.glb: needs 9 GiB of GPU memory"
    admin.order(admin.publish("branch", 1, OLD))
    async with following(make_config(), stage) as follower:
        await admin.reported("showing", version=1)
        second = admin.publish("branch", 2, NEW)
        admin.order(second)
        report = await admin.reported("failed", version=2)
        assert report.showrooms[0].error == stage.refused[2]
        assert report.showrooms[0].showing == 1
        del stage.refused[2]
        assert follower.progress.standings[second.release].setback is not None
        admin.order(second)
        await admin.reported("showing", version=2)
    assert stage.shown == [(("branch", 1),), (("branch", 2),)]


async def test_a_full_disk_is_told_before_anything_is_fetched(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    admin.order(admin.publish("branch", 1, OLD))
    async with following(make_config(budget_bytes=2 * MIB), stage):
        await admin.reported("showing", version=1)
        before = admin.blob_bytes()
        admin.order(admin.publish("branch", 2, NEW))
        report = await admin.reported("failed", version=2)
    assert admin.blob_bytes() == before
    error = report.showrooms[0].error or ""
    assert "3.0 MiB more do not fit" in error
    assert "budget of 2.0 MiB" in error
    assert report.disk.budget_bytes == 2 * MIB
    assert stage.shown == [(("branch", 1),)]


async def test_a_disk_that_refuses_a_write_is_told_and_what_came_stays(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    admin.order(admin.publish("branch", 1, OLD))
    async with following(make_config(), stage):
        await admin.reported("showing", version=1)
        second = admin.publish("branch", 2, NEW)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2 * MIB, hard))  # the system refuses what goes beyond
        try:
            admin.order(second)
            report = await admin.reported("failed", version=2)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert "can't be written" in (report.showrooms[0].error or "")
        assert report.showrooms[0].showing == 1
        admin.asked.clear()
        admin.order(second)
        await admin.reported("showing", version=2)
    assert [item.offset_bytes for item in admin.asked if item.path.startswith("blobs/")] == [2 * MIB]
    assert stage.seen("branch") == NEW


async def test_old_versions_make_room_and_those_in_use_do_not(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    bodies = [os.urandom(MIB) for _ in range(5)]
    releases = [admin.publish("branch", n, {"showroom.json": b"{}", "hall.glb": bodies[n]}) for n in range(1, 5)]
    config = make_config(budget_bytes=3 * MIB + 100)
    kept = config.folder / "editions"
    async with following(config, stage):
        for release in releases[:3]:
            admin.order(release)
            await admin.reported("showing", version=release.version)
        stage.visited.add(releases[0].release)  # somebody is still in the first version
        admin.order(releases[3])
        await admin.reported("failed", version=4)
        assert {path.name for path in kept.iterdir()} == {release.release for release in releases[:3]}
        stage.visited.clear()
        admin.order(releases[3])
        await admin.reported("showing", version=4)
    assert {path.name for path in kept.iterdir()} == {release.release for release in releases[1:]}


async def test_a_release_that_is_replaced_while_it_is_fetched_is_let_go(
    admin: SiteStandIn, stage: StageStandIn, make_config: MakeConfig
) -> None:
    release = admin.publish("branch", 1, NEW)
    admin.faults[digest_of(admin, BIG)] = BlobFaults(wrong=1000)
    async with following(make_config(), stage):
        admin.order(release)
        await admin.news.when(lambda: admin.blob_bytes() > 0)
        admin.order(admin.publish("branch", 2, OLD))
        await admin.reported("showing", version=2)
    assert stage.shown == [(("branch", 2),)]
