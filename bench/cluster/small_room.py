"""A showroom that is loaded at once: what is measured here is who shows it, and many renderers start on one machine."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Final

from bench.fidelity.model_file import ModelFile
from edge_render.package import MANIFEST_NAME, Package, open_package

PLATES: Final = 12
_SIZE_M: Final = 8.0


def build_small_room(folder: Path) -> Package:
    """Plates of all colours around the visitor, so that each picture of a turn is another one."""
    folder.mkdir(parents=True, exist_ok=True)
    model = ModelFile()
    corners = model.accessor([[-1, -1, 0], [1, -1, 0], [-1, 1, 0], [1, 1, 0]])
    triangles = model.accessor([0, 1, 2, 2, 1, 3], "uint32")
    for number in range(PLATES):
        yaw_rad = math.tau * number / PLATES
        colour = [0.5 + 0.5 * math.cos(yaw_rad + shift) for shift in (0.0, 2.0, 4.0)]
        material = model.add("materials", {"pbrMetallicRoughness": {"baseColorFactor": [*colour, 1.0]}})
        mesh = model.mesh({"POSITION": corners}, material, indices=triangles)
        model.node(
            mesh=mesh,
            translation=[-4.0 * math.sin(yaw_rad), 1.6, -4.0 * math.cos(yaw_rad)],
            rotation=[0.0, math.sin(yaw_rad / 2), 0.0, math.cos(yaw_rad / 2)],
        )
    model.write(folder / "room.glb")
    scene = {
        "type": "model",
        "model": "room.glb",
        "entryPoses": [{"name": "middle", "position": [0, 1.6, 0]}],
        "walkable": {"min": [-_SIZE_M, -_SIZE_M], "max": [_SIZE_M, _SIZE_M]},
    }
    text = {"en": "Room", "zh": "房间"}
    manifest = {"format": 1, "title": text, "entryScene": "room", "scenes": {"room": scene}}
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest), "utf-8")
    return open_package(folder)
