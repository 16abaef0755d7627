"""A visitor goes from one large scene to another where the GPU has room for one of them, over the real connection."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from control.showroom.showroom_host import ShowroomHost
from tests.control.node.test_edge_http import Visitor, serving_package, visiting
from tests.waiting import WAIT_S

TEXT = {"en": "Door", "zh": "门"}
LARGE_PX = 1024
BUDGET_MIB = 8
"""A texture of that size takes 5.3 MiB."""


def write_showroom(folder: Path) -> Path:
    """A small hall and two large rooms, with doors between all of them."""
    names = ("hall", "vault", "attic")
    scenes: dict[str, Any] = {}
    for name in names:
        box = trimesh.creation.box((1, 1, 1))
        edge_px = 8 if name == "hall" else LARGE_PX
        picture = Image.new("RGB", (edge_px, edge_px), {"hall": "gray", "vault": "red", "attic": "lime"}[name])
        material = PBRMaterial(baseColorTexture=picture)
        box.visual = TextureVisuals(uv=np.zeros((len(box.vertices), 2)), material=material)
        (folder / f"{name}.glb").write_bytes(trimesh.Scene(box).export(file_type="glb"))
        doors = [
            {"id": f"to-{other}", "position": [0, 0, -1], "label": TEXT, "action": {"type": "scene", "scene": other}}
            for other in names
            if other != name
        ]
        scenes[name] = {
            "type": "model",
            "model": f"{name}.glb",
            "entryPoses": [{"name": "start", "position": [0, 0, 2]}],
            "walkable": {"min": [-5, -5], "max": [5, 5]},
            "sun": {"intensity": 0},
            "hotspots": doors,
        }
    manifest = {"format": 1, "title": TEXT, "entryScene": "hall", "scenes": scenes}
    (folder / "showroom.json").write_text(json.dumps(manifest), "utf-8")
    return folder


async def go(visitor: Visitor, scene: str, request: int) -> list[dict[str, Any]]:
    """Take the door to a scene; returns what is told of the way there."""
    await visitor.ask(type="activate", id=request, hotspot=f"to-{scene}")
    told: list[dict[str, Any]] = []
    async with asyncio.timeout(WAIT_S):
        while (message := await visitor.messages.get())["type"] != "welcome":
            if message["type"] == "loading":
                told.append(message)
                if message["failed"] is not None:
                    return told
    assert message["scene"] == scene
    return told


async def steer(visitor: Visitor, seq: int) -> dict[str, Any]:
    """Turn, and wait for the picture of it."""
    visitor.pose.send(json.dumps({"type": "input", "seq": seq, "yaw": seq / 100, "pitch": 0.0}))
    return await visitor.frame_until(lambda frame: frame["seq"] == seq)


async def test_a_lone_visitor_lets_their_scene_go_for_one_that_does_not_fit_beside_it(tmp_path: Path) -> None:
    write_showroom(tmp_path)
    async with (
        serving_package(tmp_path, gpu_memory_mib=BUDGET_MIB) as (node, client),
        visiting(client, scene="vault") as visitor,
    ):
        while visitor.welcome["scene"] != "vault":
            visitor.welcome = await visitor.next("welcome")
        for request, scene in enumerate(("attic", "vault", "attic"), 1):
            told = await go(visitor, scene, request)
            assert not told[0]["stands_still"]
            assert told[-1]["stands_still"], "there is no room for both"
            assert (await steer(visitor, request))["seq"] == request
        hosted = node.editions.shown[0]
        assert set(hosted.host.residency.sizes()) == {"hall", "attic"}


async def test_who_has_made_way_for_nothing_is_back_where_they_were(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_showroom(tmp_path)
    async with (
        serving_package(tmp_path, gpu_memory_mib=BUDGET_MIB) as (_, client),
        visiting(client, scene="vault") as visitor,
        visiting(client, scene="vault") as other,
    ):
        for one in (visitor, other):
            while one.welcome["scene"] != "vault":
                one.welcome = await one.next("welcome")
        told = await go(visitor, "attic", 1)
        assert "can't be freed now" in told[-1]["failed"]
        assert not any(message["stands_still"] for message in told), "it would not help: another visitor is there"

        monkeypatch.setattr(ShowroomHost, "fits_without", lambda *_: True)  # who is there came in only a moment later
        told = await go(visitor, "attic", 2)
        assert "can't be freed now" in told[-1]["failed"]
        before = await steer(visitor, 5)
        assert before["seq"] == 5
        assert await go(visitor, "hall", 3) == [], "they can go anywhere, as before"
