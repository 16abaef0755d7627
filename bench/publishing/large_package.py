"""A package of some 300 MB as a branch might have it: rooms whose textures are files of their own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from bench.fidelity.model_file import ModelFile

ROOMS: Final = 6
TEXTURES: Final = 4
"""Of each room."""
TEXTURE_PX: Final = 2048
"""Pixels of noise, as PNG can't make them smaller: 12.6 MB each."""
CHANGED: Final = "room-2/wall-1.png"


def write_large_package(folder: Path) -> None:
    """Into a folder that is made."""
    rng = np.random.default_rng(5)
    for room in range(ROOMS):
        write_room(folder / f"room-{room}", rng, TEXTURE_PX)
    write_manifest(folder, "Branch of noise", ROOMS)


def write_room(home: Path, rng: np.random.Generator, texture_px: int) -> None:
    """One room, into a folder that is made."""
    home.mkdir(parents=True)
    _room().write(home / "room.glb")
    for wall in range(TEXTURES):
        write_texture(home / f"wall-{wall}.png", rng, texture_px)


def write_manifest(folder: Path, title: str, rooms: int = ROOMS) -> None:
    """showroom.json, with that title."""
    scenes = {f"room-{room}": _scene(room, rooms) for room in range(rooms)}
    tree = {"format": 1, "title": {"en": title, "zh": title}, "entryScene": "room-0", "scenes": scenes}
    (folder / "showroom.json").write_text(json.dumps(tree, indent=2))


def write_texture(file: Path, rng: np.random.Generator, texture_px: int = TEXTURE_PX) -> None:
    """Another noise than all others."""
    pixels = rng.integers(0, 256, (texture_px, texture_px, 3), np.uint8)
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)


def _room() -> ModelFile:
    """Four walls around a floor of 6 m by 6 m, with textures beside it."""
    corners = {
        0: [(-3, 0, -3), (3, 0, -3), (3, 3, -3), (-3, 3, -3)],
        1: [(3, 0, -3), (3, 0, 3), (3, 3, 3), (3, 3, -3)],
        2: [(3, 0, 3), (-3, 0, 3), (-3, 3, 3), (3, 3, 3)],
        3: [(-3, 0, 3), (-3, 0, -3), (-3, 3, -3), (-3, 3, 3)],
    }
    model = ModelFile()
    indices = model.accessor([0, 1, 2, 0, 2, 3], "uint32")
    uv = model.accessor([(0, 1), (1, 1), (1, 0), (0, 0)])
    for wall, points in corners.items():
        texture = model.add("textures", {"source": model.add("images", {"uri": f"wall-{wall}.png"})})
        look = {"doubleSided": True, "pbrMetallicRoughness": {"baseColorTexture": {"index": texture}}}
        attributes = {"POSITION": model.accessor(points), "TEXCOORD_0": uv}
        model.node(mesh=model.mesh(attributes, model.add("materials", look), indices=indices))
    return model


def _scene(room: int, rooms: int) -> dict[str, Any]:
    onward = {"type": "scene", "scene": f"room-{(room + 1) % rooms}"}
    return {
        "type": "model",
        "model": f"room-{room}/room.glb",
        "entryPoses": [{"name": "door", "position": [0, 1.6, 2], "yawDeg": 0, "pitchDeg": 0}],
        "walkable": {"min": [-2.5, -2.5], "max": [2.5, 2.5]},
        "hotspots": [
            {
                "id": "onward",
                "position": [0, 1.5, -2.8],
                "radius": 0.4,
                "label": {"en": "Onward", "zh": "前往"},
                "action": onward,
            }
        ],
    }
