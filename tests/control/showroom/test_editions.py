"""New editions come while visitors are in older ones: on a real node, with real drawing and real peers."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import pytest

from control.content.stage import Edition, EditionRefused, EditionWaits, Stage
from control.errors import NodeNotReady
from control.node.edge_node import EdgeNode
from control.node.edge_parts import guide_parts, peer_maker, renderer_maker
from control.node.reception import Newcomer
from control.node.site_following import SiteFollowing
from control.settings import NodeSettings
from control.showroom.hosted_edition import EditionState
from control.visits.entry import Entry
from tests.control.node.test_edge_http import WAIT_S, Visitor, serving_node, until_empty, visiting
from tests.control.showroom.test_showroom_host import LARGE, SMALL, write_showroom
from tests.control.visits.test_guided_visit import until_followers


def edition(folder: Path, showroom: str, version: int, links: dict[str, str] | None = None, **spheres: int) -> Edition:
    """A release of a showroom of spheres, on disk."""
    place = folder / f"{showroom}-{version}"
    place.mkdir()
    write_showroom(place, links or {}, **(spheres or {"hall": SMALL}))
    manifest = place / "showroom.json"
    title = {"en": f"{showroom} {version}", "zh": f"{showroom} {version}"}
    manifest.write_text(json.dumps(json.loads(manifest.read_text("utf-8")) | {"title": title}), "utf-8")
    return Edition(showroom, version, hashlib.sha256(f"{showroom} {version}".encode()).hexdigest(), place)


@asynccontextmanager
async def following(
    following: SiteFollowing | None = None, **options: object
) -> AsyncIterator[tuple[EdgeNode, httpx2.AsyncClient]]:
    """A node without a package, as it is before its site's first order."""
    settings = NodeSettings(port=0, pixel_format="rgba", max_width=320, max_height=192, **options)  # type: ignore[arg-type]
    node = EdgeNode(
        settings, None, renderer_maker(settings), peer_maker(settings), pytest.fail, guide_parts(settings), following
    )
    async with serving_node(node, until_ready=False) as client:
        yield node, client


async def switch(node: Stage, *editions: Edition) -> None:
    for one in editions:
        await node.warm(one)
    node.show(editions)


async def until_closed(node: EdgeNode, release: str) -> None:
    """Wait until all of an edition is freed."""
    async with asyncio.timeout(WAIT_S):
        while release in node.in_use():  # noqa: ASYNC110 - seen from outside, as the follower does
            await asyncio.sleep(0.02)


def gpu_scenes(node: EdgeNode) -> set[str]:
    """What is on the GPU, by the node's metrics."""
    lines = node.metrics.exposition().decode().splitlines()
    begin = "edge_render_scene_gpu_bytes{"
    return {line.removeprefix(begin + 'scene="').partition('"')[0] for line in lines if line.startswith(begin)}


async def until_on_gpu(node: EdgeNode, scene: str) -> None:
    """Wait until a scene has room there, which is when its loading begins."""
    async with asyncio.timeout(WAIT_S):
        while scene not in gpu_scenes(node):  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.001)  # without a rest this would keep the interpreter from the thread that reads it


def gpu_bytes(node: EdgeNode) -> dict[str, float]:
    """What each takes there."""
    lines = node.metrics.exposition().decode().splitlines()
    return {
        line.split()[0]: float(line.split()[-1]) for line in lines if line.startswith("edge_render_scene_gpu_bytes{")
    }


async def title_of(client: httpx2.AsyncClient, **query: str) -> str:
    async with visiting(client, **query) as visitor:
        return str(visitor.welcome["title"]["en"])


async def test_who_is_in_the_old_edition_goes_on_there_and_who_comes_sees_the_new_one(tmp_path: Path) -> None:
    links = {"hall": "vault", "vault": "hall"}
    old = edition(tmp_path, "branch", 1, links, hall=SMALL, vault=SMALL)
    new = edition(tmp_path, "branch", 2, links, hall=SMALL, vault=SMALL)
    async with following() as (node, client):
        await switch(node, old)
        async with visiting(client) as early:
            assert early.welcome["title"]["en"] == "branch 1"
            await switch(node, new)
            assert await title_of(client) == "branch 2"
            assert node.in_use() == {old.release, new.release}
            # The old one still draws, and its doors still lead to its own scenes.
            early.pose.send('{"type":"input","seq":1,"yaw":0.3,"pitch":0}')
            await early.frame_until(lambda frame: frame["seq"] == 1)
            early.command.send('{"type":"activate","id":1,"hotspot":"door"}')
            welcome = await early.next("welcome")
            assert (welcome["scene"], welcome["title"]["en"]) == ("vault", "branch 1")
            assert "branch/1/vault" in gpu_scenes(node)
        await until_closed(node, old.release)
        assert not any(scene.startswith("branch/1/") for scene in gpu_scenes(node))
        info = [line for line in (await client.get("/metrics")).text.splitlines() if "release_info{" in line]
        assert [line.split("{")[1] for line in info] == [f'release="{new.release}",showroom="branch",version="2"}} 1.0']


def edited(before: Edition, **fields: object) -> Edition:
    """The next version, as the follower lays it out: what did not change is the same file. ``fields`` are those of the
    entry scene in its manifest."""
    place = before.folder.with_name(f"{before.showroom}-{before.version + 1}")
    place.mkdir()
    for file in before.folder.glob("*.glb"):
        os.link(file, place / file.name)
    manifest = json.loads((before.folder / "showroom.json").read_text("utf-8"))
    manifest["scenes"][manifest["entryScene"]].update(fields)
    (place / "showroom.json").write_text(json.dumps(manifest), "utf-8")
    return Edition(before.showroom, before.version + 1, hashlib.sha256(str(place).encode()).hexdigest(), place)


def loads(node: EdgeNode) -> dict[str, int]:
    """How many scenes came to the GPU, by how."""
    begin = 'edge_render_scene_load_seconds_count{result="'
    lines = [line for line in node.metrics.exposition().decode().splitlines() if line.startswith(begin)]
    return {line.removeprefix(begin).partition('"')[0]: round(float(line.split()[-1])) for line in lines}


async def test_what_did_not_change_is_shown_by_both_editions_and_takes_its_room_once(tmp_path: Path) -> None:
    old = edition(tmp_path, "branch", 1)
    text = {"en": "Card", "zh": "卡片"}
    card = {"type": "card", "title": text, "body": text}
    spot = {"id": "spot", "position": [0, 1.6, 2], "radius": 0.5, "label": text, "action": card}
    new = edited(old, hotspots=[spot])
    async with following() as (node, client):
        await switch(node, old)
        async with visiting(client) as early:
            await early.frame_until(lambda _: True)
            alone_bytes = sum(gpu_bytes(node).values())
            await switch(node, new)
            assert loads(node) == {"loaded": 1, "shared": 1}
            assert sum(gpu_bytes(node).values()) == alone_bytes
            async with visiting(client) as late:
                await late.frame_until(lambda _: True)
                assert [spot["id"] for spot in late.welcome["hotspots"]] == ["spot"]
                late.command.send('{"type":"tap","id":1,"x":0.5,"y":0.5}')
                assert (await late.next("tapped"))["hotspot"] == "spot"
                early.command.send('{"type":"tap","id":1,"x":0.5,"y":0.5}')
                assert (await early.next("tapped"))["hotspot"] is None
        await until_closed(node, old.release)
        # What both showed is still there for those who come now.
        async with visiting(client) as visitor:
            visitor.pose.send('{"type":"input","seq":1,"yaw":0.3,"pitch":0}')
            await visitor.frame_until(lambda frame: frame["seq"] == 1)
        node.show([])
        await until_closed(node, new.release)
        assert sum(gpu_bytes(node).values()) == 0


async def test_what_the_manifest_or_a_file_changes_is_loaded_anew(tmp_path: Path) -> None:
    first = edition(tmp_path, "branch", 1)
    darker = edited(first, sun={"intensity": 0.5})
    other = edited(darker)
    (other.folder / "hall.glb").unlink()
    (other.folder / "hall.glb").write_bytes((first.folder / "hall.glb").read_bytes())
    async with following() as (node, _):
        for one in (first, darker, other):
            await switch(node, one)
        assert loads(node) == {"loaded": 3}


async def test_a_visitor_who_comes_back_after_a_switch_is_where_they_were(tmp_path: Path) -> None:
    old, new = edition(tmp_path, "branch", 1), edition(tmp_path, "branch", 2)
    async with following() as (node, client):
        await switch(node, old)
        async with visiting(client):
            await switch(node, new)
        place = {"scene": "hall", "x": 1.5, "z": 3.0, "yaw": 0.25, "pitch": 0.1}
        async with visiting(client, **place) as back:
            assert back.welcome["title"]["en"] == "branch 2"
            assert (back.welcome["position"][0], back.welcome["position"][2]) == (1.5, 3.0)
            assert (back.welcome["yaw"], back.welcome["pitch"]) == pytest.approx((0.25, 0.1))
        # The scene that they were in is gone: they begin where everybody does, and not at a place of another scene.
        async with visiting(client, **(place | {"scene": "cellar"})) as astray:
            assert astray.welcome["scene"] == "hall"
            assert astray.welcome["position"][2] == 4


async def test_two_showrooms_on_one_node(tmp_path: Path) -> None:
    branch, lounge = edition(tmp_path, "branch", 3), edition(tmp_path, "lounge", 1)
    async with following() as (node, client):
        await switch(node, branch, lounge)
        assert await title_of(client) == "branch 3"
        assert await title_of(client, showroom="lounge") == "lounge 1"
        assert gpu_scenes(node) == {"branch/3/hall", "lounge/1/hall"}
        refused = await client.post("/whep", params={"showroom": "attic"})
        error = refused.json()["error"]
        assert (refused.status_code, error["code"], set(error["message"])) == (404, "no-showroom", {"en", "zh"})
        async with visiting(client, showroom="lounge") as visitor:
            node.show([branch])
            assert (await client.post("/whep", params={"showroom": "lounge"})).status_code == 404
            visitor.pose.send('{"type":"input","seq":1,"yaw":0.3,"pitch":0}')
            await visitor.frame_until(lambda frame: frame["seq"] == 1)
        await until_closed(node, lounge.release)


async def test_a_node_without_an_order_is_not_ready_and_says_so(tmp_path: Path) -> None:
    first = edition(tmp_path, "branch", 1)
    async with following() as (node, client):
        for _ in range(2):
            response = await client.get("/readyz")
            assert (response.status_code, response.json()["ready"]) == (503, False)
            assert response.json()["reason"]
            refused = await client.post("/whep")
            assert (refused.status_code, refused.json()["error"]["code"]) == (503, "starting")
            await switch(node, first)
            assert (await client.get("/readyz")).json()["ready"] is True
            node.show([])


@pytest.mark.parametrize("broken", ["showroom.json", "hall.glb"])
async def test_an_edition_that_can_not_be_shown_is_refused_and_the_old_one_stays(tmp_path: Path, broken: str) -> None:
    old, bad = edition(tmp_path, "branch", 1), edition(tmp_path, "branch", 2)
    (bad.folder / broken).write_bytes(b"broken")
    async with following() as (node, client):
        await switch(node, old)
        with pytest.raises(EditionRefused, match=f"branch 2: .*{broken}"):
            await node.warm(bad)
        await until_closed(node, bad.release)
        assert await title_of(client) == "branch 1"
        with pytest.raises(ValueError, match="was not warmed"):
            node.show([bad])


async def test_one_that_is_warmed_and_never_shown_is_freed_at_the_next_switch(tmp_path: Path) -> None:
    editions = [edition(tmp_path, "branch", version) for version in (1, 2, 3)]
    async with following() as (node, client):
        await node.warm(editions[0])
        await node.warm(editions[1])
        assert gpu_scenes(node) == {"branch/1/hall", "branch/2/hall"}
        await switch(node, editions[2])
        for one in editions[:2]:
            await until_closed(node, one.release)
        assert gpu_scenes(node) == {"branch/3/hall"}
        assert await title_of(client) == "branch 3"


async def test_warming_that_is_cancelled_leaves_nothing_behind_and_can_begin_again(tmp_path: Path) -> None:
    small, large = edition(tmp_path, "branch", 1), edition(tmp_path, "branch", 2, hall=LARGE + 1)
    async with following() as (node, client):
        await switch(node, small)
        for wait_s in (0.0, 0.05, 0.2, 0.4):
            warming = asyncio.create_task(node.warm(large))
            await asyncio.wait([warming], timeout=wait_s)  # wherever that comes to lie
            warming.cancel()
            await asyncio.wait([warming])
            await until_closed(node, large.release) if warming.cancelled() else node.show([small])
            await until_closed(node, large.release)
            assert gpu_scenes(node) == {"branch/1/hall"}
        assert await title_of(client) == "branch 1"
        await switch(node, large)
        assert await title_of(client) == "branch 2"


async def test_a_roll_back_to_an_edition_that_still_drains_takes_it_as_it_is(tmp_path: Path) -> None:
    old, new = edition(tmp_path, "branch", 1), edition(tmp_path, "branch", 2)
    async with following() as (node, client):
        await switch(node, old)
        hosted = node.editions.shown[0]
        async with visiting(client):
            await switch(node, new)
            assert hosted.state is EditionState.DRAINING
            await switch(node, old)
            assert node.editions.shown[0] is hosted
        await until_empty(node)
        await until_closed(node, new.release)
        assert hosted.state is EditionState.SHOWN
        assert await title_of(client) == "branch 1"


async def test_a_guided_visit_stays_in_its_edition_with_all_who_follow_it(tmp_path: Path) -> None:
    old, new = edition(tmp_path, "branch", 1), edition(tmp_path, "branch", 2)
    async with following() as (node, client):
        await switch(node, old)
        before = Visitor()
        await before.enter(client, guide="new")
        told = await before.next("guiding")
        await switch(node, new)
        async with visiting(client, follow=told["code"]) as follower:
            assert follower.welcome["title"]["en"] == "branch 1"
        assert (await client.delete(before.path, params={"lost": True})).status_code == 200
        await until_empty(node)
        assert old.release in node.in_use(), "the presenter may come back"
        async with visiting(client, guide=told["code"], key=told["key"]) as after:
            assert after.welcome["title"]["en"] == "branch 1"
            assert await until_followers(after, 0) == told["code"]
            after.command.send('{"type":"goodbye"}')
            await until_closed(node, old.release)
        await before.connection.close()


# --- where memory is short -------------------------------------------------------------------------------

BUDGET_MIB = 3
"""A large sphere takes 1.7 MiB: there is room for one."""


async def test_what_does_not_fit_beside_visitors_is_refused_with_the_figures_until_they_have_gone(
    tmp_path: Path,
) -> None:
    old, new = edition(tmp_path, "branch", 1, hall=LARGE), edition(tmp_path, "branch", 2, hall=LARGE)
    async with following(gpu_memory_mib=BUDGET_MIB) as (node, client):
        await switch(node, old)
        async with visiting(client) as visitor:
            with pytest.raises(EditionWaits, match=r"'branch/2/hall' needs about 2 MiB .* the budget is 3 MiB"):
                await node.warm(new)
            visitor.pose.send('{"type":"input","seq":1,"yaw":0.3,"pitch":0}')
            await visitor.frame_until(lambda frame: frame["seq"] == 1)
        await until_empty(node)
        await switch(node, new)
        await until_closed(node, old.release)
        assert await title_of(client) == "branch 2"


async def test_what_was_to_give_way_is_back_where_the_new_one_can_not_be_loaded(tmp_path: Path) -> None:
    old, new = edition(tmp_path, "branch", 1, hall=LARGE), edition(tmp_path, "branch", 2, hall=LARGE + 1)
    async with following(gpu_memory_mib=BUDGET_MIB) as (node, client):
        await switch(node, old)
        with pytest.raises(EditionRefused, match="'branch/2/hall' needs about 7 MiB") as refused:
            await node.warm(new)
        assert not isinstance(refused.value, EditionWaits), "it will not fit later either"
        assert await title_of(client) == "branch 1"
        assert gpu_scenes(node) == {"branch/1/hall"}


async def test_what_has_given_way_is_loaded_again_where_the_new_one_is_called_off(tmp_path: Path) -> None:
    old, new = edition(tmp_path, "branch", 1, hall=LARGE), edition(tmp_path, "branch", 2, hall=LARGE)
    async with following(gpu_memory_mib=BUDGET_MIB) as (node, client):
        await switch(node, old)
        warming = asyncio.create_task(node.warm(new))
        await until_on_gpu(node, "branch/2/hall")
        assert gpu_scenes(node) == {"branch/2/hall"}, "the old one is on its way out"
        with pytest.raises(NodeNotReady):
            node.admit(Newcomer(Entry()))
        warming.cancel()
        await asyncio.wait([warming])
        assert warming.cancelled()
        async with asyncio.timeout(WAIT_S):
            while (await client.post("/whep")).status_code == 503:  # noqa: ASYNC110 - as a page does
                await asyncio.sleep(0.05)
        assert await title_of(client) == "branch 1"
        assert gpu_scenes(node) == {"branch/1/hall"}


async def test_what_is_loaded_again_and_then_not_to_be_shown_any_more_is_freed(tmp_path: Path) -> None:
    old, new = edition(tmp_path, "branch", 1, hall=LARGE), edition(tmp_path, "branch", 2, hall=LARGE)
    async with following(gpu_memory_mib=BUDGET_MIB) as (node, _):
        await switch(node, old)
        warming = asyncio.create_task(node.warm(new))
        await until_on_gpu(node, "branch/2/hall")
        warming.cancel()
        await asyncio.wait([warming])
        await until_on_gpu(node, "branch/1/hall")
        node.show([])
        await until_closed(node, old.release)
        await switch(
            node, edition(tmp_path, "branch", 3)
        )  # one scene is loaded at a time: what was under way has ended
        assert gpu_scenes(node) == {"branch/3/hall"}


async def test_what_has_given_way_is_shown_again_where_it_is_wanted_again(tmp_path: Path) -> None:
    old, new = edition(tmp_path, "branch", 1, hall=LARGE), edition(tmp_path, "branch", 2, hall=LARGE)
    lobby = edition(tmp_path, "lobby", 1, {"hall": "vault"}, hall=SMALL, vault=LARGE)
    async with following(gpu_memory_mib=BUDGET_MIB + 1) as (node, client):
        await switch(node, lobby, old)
        async with visiting(client, scene="vault") as visitor:
            while visitor.welcome["scene"] != "vault":
                visitor.welcome = await visitor.next("welcome")
            await node.warm(new)
            assert [hosted.version for hosted in node.editions.shown] == [1, 2], "it has no place beside the old one"
        await until_empty(node)
        await switch(node, lobby, old)
        await until_closed(node, new.release)
        assert await title_of(client, showroom="branch") == "branch 1"


async def test_editions_of_one_number_are_kept_apart(tmp_path: Path) -> None:
    one = edition(tmp_path, "branch", 1)
    other = Edition("branch", 1, "f" * 64, edition(tmp_path, "branch", 2, hall=SMALL + 1).folder)
    async with following() as (node, client):
        await switch(node, one)
        async with visiting(client):
            await switch(node, other)
            assert gpu_scenes(node) == {"branch/1/hall", "branch/1-ffffffff/hall"}
        await until_closed(node, one.release)
        assert gpu_scenes(node) == {"branch/1-ffffffff/hall"}


async def test_scenes_that_nobody_is_in_go_for_a_new_edition(tmp_path: Path) -> None:
    old = edition(tmp_path, "branch", 1, {"hall": "vault"}, hall=SMALL, vault=LARGE)
    new = edition(tmp_path, "branch", 2, hall=LARGE)
    async with following(gpu_memory_mib=BUDGET_MIB) as (node, client), AsyncExitStack() as visits:
        await switch(node, old)
        visitor = await visits.enter_async_context(visiting(client, scene="vault"))
        while visitor.welcome["scene"] != "vault":
            visitor.welcome = await visitor.next("welcome")
        with pytest.raises(EditionRefused, match="can't be freed now"):
            await node.warm(new)
        visitor.command.send('{"type":"goodbye"}')
        await until_empty(node)
        await switch(node, new)
        await until_closed(node, old.release)
        assert gpu_scenes(node) == {"branch/2/hall"}
