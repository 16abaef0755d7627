"""A visitor's way to a scene that has to be loaded first, over the real connection."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from tests.control.node.test_edge_http import serving, serving_package, visiting, write_package


async def test_who_goes_to_a_scene_that_can_not_be_loaded_stays_and_goes_on(tmp_path: Path) -> None:
    _break_cellar(write_package(tmp_path))
    async with serving_package(tmp_path) as (_, client):
        async with visiting(client, width=320, height=192) as visitor:
            await visitor.ask(type="activate", id=1, hotspot="stairs")
            while (told := await visitor.next("loading"))["failed"] is None:
                pass
            assert told["scene"] == "cellar"
            assert "cellar.glb" in told["failed"]
            tapped = await visitor.ask(type="activate", id=2, hotspot="box")
            assert tapped["hit"] == "hotspot"
            visitor.pose.send('{"type":"input","seq":5,"yaw":0.5,"pitch":0.1}')
            await visitor.frame_until(lambda frame: frame["seq"] == 5)
        # Who comes back to it begins where everybody does, and is told as well.
        async with visiting(client, scene="cellar") as visitor:
            assert (await visitor.next("loading"))["scene"] == "cellar"


async def test_a_visitor_who_comes_back_to_a_scene_is_there_as_soon_as_it_is_loaded(tmp_path: Path) -> None:
    async with serving(tmp_path) as (_, client), visiting(client, scene="cellar", x=1.0, z=1.5, yaw=0.25) as visitor:
        frame = await visitor.frame_until(lambda frame: frame["position"][0] > 0.5)
        assert (frame["position"][0], frame["position"][2]) == pytest.approx((1.0, 1.5), abs=0.1)
        assert frame["yaw"] == pytest.approx(0.25)


def _break_cellar(folder: Path) -> None:
    manifest = (folder / "showroom.json").read_text("utf-8")
    (folder / "cellar.glb").write_bytes(b"glTF, but not much of it")
    before, cellar, after = manifest.rpartition('"model": "hall.glb"')
    (folder / "showroom.json").write_text(before + cellar.replace("hall", "cellar") + after, "utf-8")


async def test_who_goes_to_another_place_in_their_scene_is_told_where_they_look(tmp_path: Path) -> None:
    _add_corner(write_package(tmp_path))
    async with serving_package(tmp_path) as (_, client), visiting(client) as visitor:
        assert visitor.welcome["arrivals"] == 0
        visitor.pose.send('{"type":"input","seq":1,"yaw":0.5,"pitch":0.1}')
        await visitor.frame_until(lambda frame: frame["seq"] == 1)
        await visitor.ask(type="activate", id=1, hotspot="stairs")
        told = await visitor.next("welcome")
        assert (told["visit"], told["scene"], told["arrivals"]) == (visitor.welcome["visit"], "hall", 1)
        assert told["yaw"] == pytest.approx(math.radians(90.0))
        frame = await visitor.frame_until(lambda frame: frame["position"][0] > 0.5)
        assert frame["yaw"] == pytest.approx(told["yaw"])


def _add_corner(folder: Path) -> None:
    """The stairs lead into a corner of the hall."""
    manifest = json.loads((folder / "showroom.json").read_text("utf-8"))
    hall = manifest["scenes"]["hall"]
    hall["entryPoses"].append({"name": "corner", "position": [2, 1.6, 2], "yawDeg": 90})
    (stairs,) = [hotspot for hotspot in hall["hotspots"] if hotspot["id"] == "stairs"]
    stairs["action"] = {"type": "scene", "scene": "hall", "entry": "corner"}
    (folder / "showroom.json").write_text(json.dumps(manifest), "utf-8")
