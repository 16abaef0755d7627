"""Editors ask what is at a point of the picture: over the real connection, and nothing comes of it."""

from __future__ import annotations

import asyncio
import json
import math
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.control.node.test_edge_http import Visitor, serving, serving_package, visiting
from tests.control.visits.test_guided_visit import until_followers
from tests.waiting import WAIT_S


async def locate(visitor: Visitor, request: int, x: float, y: float, rtp: int | None = None) -> dict[str, Any]:
    visitor.command.send(json.dumps({"type": "locate", "id": request, "x": x, "y": y, "rtp": rtp}))
    return await visitor.next("located")


async def test_surfaces_are_located_and_nobody_is_moved(tmp_path: Path) -> None:
    async with serving(tmp_path, editing=True) as (_, client), visiting(client, width=320, height=192) as visitor:
        assert visitor.welcome["editor"] == {"origin": None}
        seen = await visitor.frame_until(lambda frame: frame["still"])
        box = await locate(visitor, 1, 0.5, 0.5, seen["rtp"])
        assert (box["id"], box["scene"], box["node"], box["hotspot"], box["floor"]) == (1, "hall", "box", "box", False)
        assert box["point"][2] == pytest.approx(-2.0, abs=0.01), "the side of the box that is seen"
        assert box["normal"] == pytest.approx([0, 0, 1], abs=1e-6)
        assert (box["yaw"], box["pitch"]) == pytest.approx((0.0, math.radians(-20)), abs=1e-6)
        floor = await locate(visitor, 2, 0.5, 0.95)
        assert (floor["node"], floor["floor"], floor["hotspot"]) == ("floor", True, None)
        assert floor["point"][1] == pytest.approx(0.0, abs=1e-6)
        sky = await locate(visitor, 3, 0.1, 0.0)
        assert (sky["point"], sky["node"], sky["floor"]) == (None, None, False)
        assert math.hypot(*sky["direction"]) == pytest.approx(1.0)
        visitor.pose.send('{"type":"input","seq":1,"yaw":0.2,"pitch":0}')
        moved = await visitor.frame_until(lambda frame: frame["seq"] == 1)
        assert moved["position"] == seen["position"]
        assert visitor.messages.empty(), "neither a card nor a way to anywhere"


async def test_in_a_panorama_it_is_the_direction_that_counts(tmp_path: Path) -> None:
    Image.new("RGB", (512, 256), "gray").save(tmp_path / "square.png")
    text = {"en": "Door", "zh": "门"}
    card = {"type": "card", "title": text, "body": text}
    door = {"id": "door", "yawDeg": 0, "pitchDeg": 0, "label": text, "action": card}
    scene = {"type": "panorama", "image": "square.png", "hotspots": [door]}
    manifest = {"format": 1, "title": text, "entryScene": "square", "scenes": {"square": scene}}
    (tmp_path / "showroom.json").write_text(json.dumps(manifest), "utf-8")
    async with serving_package(tmp_path, editing=True) as (_, client), visiting(client) as visitor:
        await visitor.frame_until(lambda frame: frame["still"])
        middle = await locate(visitor, 1, 0.5, 0.5)
        assert (middle["hotspot"], middle["point"], middle["floor"]) == ("door", None, False)
        assert (middle["yaw"], middle["pitch"]) == pytest.approx((0.0, 0.0), abs=1e-6)
        left_up = await locate(visitor, 2, 0.25, 0.25)
        assert left_up["yaw"] > 0.1
        assert left_up["pitch"] > 0.1
        assert left_up["hotspot"] is None


async def test_nobody_locates_where_nobody_edits(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client), visiting(client, guide="new") as visitor:
        assert visitor.welcome["editor"] is None
        visitor.command.send('{"type":"locate","id":4,"x":0.5,"y":0.5}')
        error = await visitor.next("error")
        assert (error["id"], "--editing" in error["message"]) == (4, True)


async def test_who_follows_somebody_can_not_edit(tmp_path: Path) -> None:
    async with serving(tmp_path, editing=True) as (_, client), visiting(client, guide="new") as presenter:
        code = await until_followers(presenter, 0)
        async with visiting(client, follow=code) as follower:
            follower.command.send('{"type":"locate","id":4,"x":0.5,"y":0.5}')
            async with asyncio.timeout(WAIT_S):
                assert (await follower.next("error"))["id"] == 4


async def test_only_the_editors_page_may_embed_the_viewer(tmp_path: Path) -> None:
    async with serving(tmp_path, editing=True, editor_origin="https://admin.example:8443") as (_, client):
        policy = (await client.get("/")).headers["content-security-policy"]
        assert policy.endswith("frame-ancestors 'self' https://admin.example:8443")
        async with visiting(client) as visitor:
            assert visitor.welcome["editor"] == {"origin": "https://admin.example:8443"}
