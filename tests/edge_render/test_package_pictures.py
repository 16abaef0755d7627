"""Pictures of a package's scenes for its report, and what drawing them costs."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge_render.budgets import BUDGETS
from edge_render.package import MANIFEST_NAME
from edge_render.render_quality import Rung
from edge_render.validation import DrawTo, ValidationReport, validate
from tests.edge_render.gltf.gltf_files import GltfFile, png
from tests.edge_render.test_validation import TEXT, hall, sound

RED, BLUE = (255, 0, 0), (0, 0, 255)


def write(folder: Path, **scenes: Any) -> Path:
    """A package whose model is a red square of 4 m that faces +Z."""
    folder /= "package"
    folder.mkdir(exist_ok=True)
    file = GltfFile()
    material = file.add("materials", {
        "pbrMetallicRoughness": {"baseColorTexture": {"index": file.texture(png([[RED]]))}},
        "extensions": {"KHR_materials_unlit": {}},
    })  # fmt: skip
    file.use("KHR_materials_unlit")
    corners = [[-2, -1, 0], [2, -1, 0], [2, 3, 0], [-2, 3, 0]]
    texcoords = file.accessor(np.zeros((4, 2)))
    indices = file.accessor([0, 1, 2, 0, 2, 3], dtype="uint16")
    attributes = {"POSITION": file.positions(corners), "TEXCOORD_0": texcoords}
    file.show({"attributes": attributes, "indices": indices, "material": material}, name="wall")
    (folder / "hall.glb").write_bytes(file.glb())
    manifest = {"format": 1, "title": TEXT, "entryScene": next(iter(scenes)), "scenes": scenes}
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def drawn(folder: Path, cache: Path, rung: Rung | None = None) -> ValidationReport:
    return validate(folder, sound, rung=rung, pictures=DrawTo(cache / "pictures", cache / "cache"))


def color(picture: Path) -> tuple[int, ...]:
    """That of most of its pixels."""
    pixels: NDArray[np.uint8] = np.asarray(Image.open(picture).convert("RGB")) // 32 * 32
    return Counter(map(tuple, pixels.reshape(-1, 3).tolist())).most_common(1)[0][0]


def poses(*names: str) -> list[dict[str, Any]]:
    return [{"name": name, "position": [0, 1, 1], "yawDeg": 180 * index} for index, name in enumerate(names)]


def test_each_entry_pose_is_drawn_as_who_enters_sees_it(tmp_path: Path) -> None:
    environment = {"background": [0, 0, 1]}
    package = write(tmp_path, hall=hall(entryPoses=poses("wall", "away"), environment=environment))
    report = drawn(package, tmp_path / "made")
    assert [(picture.scene, picture.entry) for picture in report.pictures] == [("hall", "wall"), ("hall", "away")]
    pictures = [tmp_path / "made" / "pictures" / picture.file for picture in report.pictures]
    assert Image.open(pictures[0]).size == (480, 270)
    red, _, blue = color(pictures[0])
    assert red > blue
    red, _, blue = color(pictures[1])
    assert blue > red


def test_a_panorama_is_drawn_and_a_live_scene_is_not_called(tmp_path: Path) -> None:
    package = write(
        tmp_path,
        lobby={"type": "panorama", "image": "lobby.png"},
        square={"type": "live", "source": "rtsp://192.0.2.1/camera"},
    )
    Image.new("RGB", (4096, 2048), BLUE).save(package / "lobby.png")
    (package / "hall.glb").unlink()
    report = drawn(package, tmp_path / "made")
    assert not report.findings
    assert [(cost.scene, cost.type, cost.drawn is not None) for cost in report.costs] == [("lobby", "panorama", True)]
    (picture,) = report.pictures
    _, _, blue = color(tmp_path / "made" / "pictures" / picture.file)
    assert blue > 200


def test_what_a_scene_costs_is_measured(tmp_path: Path) -> None:
    (cost,) = drawn(write(tmp_path, hall=hall()), tmp_path / "made").costs
    assert (cost.scene, cost.triangles, cost.textures, cost.texture_bytes, cost.texture_px_max) == ("hall", 2, 1, 4, 1)
    assert cost.drawn is not None
    assert cost.drawn.draw_calls >= 1
    assert cost.drawn.gpu_bytes > 0


def test_a_lightmap_counts_as_a_texture(tmp_path: Path) -> None:
    package = write(tmp_path, hall=hall(lightmaps=[{"image": "light.png"}]))
    Image.new("RGB", (8, 8)).save(package / "light.png")
    (cost,) = validate(package, sound, rung=Rung.SOFTWARE).costs
    assert (cost.textures, cost.texture_px_max) == (2, 8)
    assert cost.drawn is None


def test_a_budget_that_is_exceeded_refuses_the_package_and_nothing_is_drawn(tmp_path: Path) -> None:
    package = write(tmp_path, hall=hall())
    with (package / "film.bin").open("wb") as file:
        file.truncate(BUDGETS[Rung.SOFTWARE].file_bytes + 1)
    report = drawn(package, tmp_path / "made", Rung.SOFTWARE)
    assert "BUDGET_FILE_BYTES" in {found.code for found in report.findings}
    assert report.refused
    assert report.pictures == ()
    assert not drawn(package, tmp_path / "made", Rung.BIG_GPU).refused


def test_what_fails_only_when_it_is_drawn_is_told_of_its_scene(tmp_path: Path) -> None:
    package = write(tmp_path, hall=hall())
    cache = tmp_path / "made" / "cache"
    cache.parent.mkdir(parents=True)
    cache.write_text("no folder")
    Image.new("RGB", (4096, 2048), BLUE).save(package / "lobby.png")
    write(tmp_path, lobby={"type": "panorama", "image": "lobby.png"}, hall=hall())
    report = drawn(package, tmp_path / "made")
    assert [(found.place, found.code) for found in report.findings] == [("scenes.lobby", "DRAWING_FAILED")]
    assert [picture.scene for picture in report.pictures] == ["hall"]
