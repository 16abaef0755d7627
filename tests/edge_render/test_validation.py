"""What is said of a whole package before it is published: the manifest, its files, and whether they fit each other."""

from __future__ import annotations

import json
import wave
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edge_render.findings import Severity
from edge_render.package import MANIFEST_NAME
from edge_render.validation import ValidationReport, validate
from tests.edge_render.gltf.gltf_files import GltfFile, png

TEXT = {"en": "A", "zh": "甲"}


def hotspot(identifier: str, **more: Any) -> dict[str, Any]:
    return {"id": identifier, "position": [0, 1, 0], "label": TEXT, **more}


def hall(**more: Any) -> dict[str, Any]:
    return {
        "type": "model",
        "model": "hall.glb",
        "entryPoses": [{"name": "door", "position": [0, 1.6, 1]}],
        "walkable": {"min": [-3, -3], "max": [3, 3]},
        **more,
    }


def write(folder: Path, **scenes: Any) -> Path:
    file = GltfFile()
    file.show(file.triangle(), name="house")
    file.write(folder, "hall.glb")
    manifest = {"format": 1, "title": TEXT, "entryScene": next(iter(scenes)), "scenes": scenes}
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def sound(path: Path) -> str | None:
    """Stands for the check that control brings along: tests/control/commands/test_validate_command.py has it."""
    return None if path.read_bytes().startswith(b"RIFF") else "can't be decoded"


def told(report: ValidationReport) -> list[tuple[Severity, str, str]]:
    return [(found.severity, found.place, found.code) for found in report.findings]


def test_a_good_package_is_fine(tmp_path: Path) -> None:
    report = validate(write(tmp_path, hall=hall(hotspots=[])), sound)
    assert report.findings == ()
    assert not report.refused
    (facts,) = report.models
    assert (Path(facts.file).name, facts.triangles) == ("hall.glb", 1)


def test_a_model_is_read_once_for_all_scenes_that_show_it(tmp_path: Path) -> None:
    assert len(validate(write(tmp_path, hall=hall(), attic=hall()), sound).models) == 1


@pytest.mark.parametrize(
    ("scene", "severity", "place", "code"),
    [
        (hall(model="gone.glb"), Severity.ERROR, "scenes.hall.model", "FILE_MISSING"),
        (hall(audio={"file": "gone.ogg"}), Severity.ERROR, "scenes.hall.audio.file", "FILE_MISSING"),
        (hall(audio={"file": "hall.glb"}), Severity.ERROR, "scenes.hall.audio.file", "SOUND_INVALID"),
        (hall(variant="red"), Severity.ERROR, "scenes.hall.variant", "CHOICE_UNKNOWN"),
        (hall(animations=["dance"]), Severity.ERROR, "scenes.hall.animations", "CHOICE_UNKNOWN"),
        (hall(surprise=1), Severity.ERROR, "scenes.hall.surprise", "MANIFEST_INVALID"),
        (hall(entryPoses=[{"name": "far", "position": [9, 1.6, 0]}]), Severity.WARNING,
         "scenes.hall.entryPoses.far.position", "ENTRY_OUTSIDE"),
        (hall(hotspots=[hotspot("loan", nodes=["house", "home"], action={"type": "scene", "scene": "hall"})]),
         Severity.WARNING, "scenes.hall.hotspots.loan.nodes", "NODE_UNKNOWN"),
        (hall(hotspots=[hotspot("loan", action={"type": "scene", "scene": "hall", "entry": "roof"})]),
         Severity.WARNING, "scenes.hall.hotspots.loan.action.entry", "ENTRY_UNKNOWN"),
    ],
)  # fmt: skip
def test_each_mistake_is_told_with_its_field(
    tmp_path: Path, scene: Any, severity: Severity, place: str, code: str
) -> None:
    report = validate(write(tmp_path, hall=scene), sound)
    assert (severity, place, code) in told(report)
    assert report.refused == (severity is Severity.ERROR)


def test_nodes_are_told_so_that_they_break_no_line(tmp_path: Path) -> None:
    lit = hall(lightmaps=[{"image": "hall.png", "nodes": ["a\nb"]}])
    (tmp_path / "hall.png").write_bytes(png([[[9, 9, 9]]]))
    (found,) = validate(write(tmp_path, hall=lit), sound).findings
    assert found.message == "the model draws no node 'a\\nb', so nothing is lit by it"


def test_light_that_is_missing_is_told_once_and_the_model_is_looked_at_all_the_same(tmp_path: Path) -> None:
    lightmaps = [{"image": "gone.png", "nodes": ["house"]}]
    lit = hall(environment={"image": "gone.hdr"}, lightmaps=lightmaps, variant="red")
    assert told(validate(write(tmp_path, hall=lit), sound)) == [
        (Severity.ERROR, "scenes.hall.environment.image", "FILE_MISSING"),
        (Severity.ERROR, "scenes.hall.lightmaps.0.image", "FILE_MISSING"),
        (Severity.ERROR, "scenes.hall.variant", "CHOICE_UNKNOWN"),
    ]


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    broken = hall(model="gone.glb", audio={"file": "gone.ogg"})
    places = {found.place for found in validate(write(tmp_path, hall=broken, attic=broken), sound).findings}
    assert places >= {f"scenes.{name}.{field}" for name in ("hall", "attic") for field in ("model", "audio.file")}


def test_what_is_wrong_with_a_model_is_told_with_its_path(tmp_path: Path) -> None:
    write(tmp_path, hall=hall())
    (tmp_path / "hall.glb").write_bytes(b"glTF\x03\x00\x00\x00 no good")
    (found,) = validate(tmp_path, sound).findings
    assert (found.file, found.code) == (str(tmp_path / "hall.glb"), "GLB_INVALID_VERSION")


def test_where_nobody_can_stand_is_told(tmp_path: Path) -> None:
    write(tmp_path, hall=hall(walkable={"min": [-0.1, -0.1], "max": [0.1, 0.1]}))
    file = GltfFile()
    wall = np.array([[-9, 0, 0.1], [9, 0, 0.1], [0, 9, 0.1]], np.float32)
    file.show({"attributes": {"POSITION": file.positions(wall)}})
    file.write(tmp_path, "hall.glb")
    manifest = json.loads((tmp_path / MANIFEST_NAME).read_text())
    manifest["scenes"]["hall"]["entryPoses"][0]["position"] = [0, 1.6, 0]
    (tmp_path / MANIFEST_NAME).write_text(json.dumps(manifest))
    findings = told(validate(tmp_path, sound))
    assert (Severity.WARNING, "scenes.hall.entryPoses.door.position", "ENTRY_BLOCKED") in findings


def test_files_that_nothing_uses_are_told(tmp_path: Path) -> None:
    write(tmp_path, hall=hall())
    (tmp_path / "old.glb").write_bytes(b"")
    (tmp_path / ".hidden").write_bytes(b"")
    (found,) = validate(tmp_path, sound).findings
    assert (found.severity, found.message) == (Severity.WARNING, "nothing uses old.glb")


def test_files_that_a_model_names_are_used(tmp_path: Path) -> None:
    write(tmp_path, hall=hall(model="hall.gltf"))
    (tmp_path / "hall.glb").unlink()
    (tmp_path / "hall.bin").write_bytes(bytes(8))
    tree = {"asset": {"version": "2.0"}, "buffers": [{"uri": "hall.bin", "byteLength": 8}]}
    (tmp_path / "hall.gltf").write_text(json.dumps(tree))
    assert [found.code for found in validate(tmp_path, sound).findings] == ["NOTHING_TO_DRAW"]


def test_panoramas_are_decoded(tmp_path: Path) -> None:
    scenes = {"lobby": {"type": "panorama", "image": "good.png"}, "roof": {"type": "panorama", "image": "bad.png"}}
    write(tmp_path, **scenes)
    (tmp_path / "hall.glb").unlink()
    Image.new("RGB", (512, 256)).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes((tmp_path / "good.png").read_bytes()[:-60])
    report = validate(tmp_path, sound)
    assert [Path(found.file).name for found in report.findings if found.severity is Severity.ERROR] == ["bad.png"]


def test_videos_are_opened(tmp_path: Path) -> None:
    write(tmp_path, hall={"type": "live", "source": "tour.mp4"})
    (tmp_path / "tour.mp4").write_bytes(b"no film")
    assert (Severity.ERROR, "scenes.hall.source", "VIDEO_INVALID") in told(validate(tmp_path, sound))


def test_live_sources_are_not_called(tmp_path: Path) -> None:
    write(tmp_path, hall={"type": "live", "source": "rtsp://192.0.2.1/camera"})
    assert not validate(tmp_path, sound).refused


def test_a_folder_without_a_manifest_is_refused(tmp_path: Path) -> None:
    assert [found.code for found in validate(tmp_path, sound).findings] == ["IO_ERROR"]
    (tmp_path / MANIFEST_NAME).write_text("{}")
    assert {found.code for found in validate(tmp_path, sound).findings} == {"MANIFEST_INVALID"}


def test_a_sound_is_checked_once(tmp_path: Path) -> None:
    with wave.open(str(tmp_path / "song.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(1600))
    checked: list[Path] = []

    def check(path: Path) -> str | None:
        checked.append(path)
        return None

    write(tmp_path, hall=hall(audio={"file": "song.wav"}), attic=hall(audio={"file": "song.wav"}))
    assert validate(tmp_path, check).findings == ()
    assert checked == [(tmp_path / "song.wav").resolve()]


def test_the_manifest_stands_for_its_package(tmp_path: Path) -> None:
    assert validate(write(tmp_path, hall=hall()) / MANIFEST_NAME, sound).kind == "package"


def test_what_is_neither_a_model_nor_a_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("glTF")
    (found,) = validate(tmp_path / "notes.txt", sound).findings
    assert (found.code, found.message) == (
        "UNKNOWN_FORMAT",
        "is no model (.glb .gltf .obj .ply .stl .3mf) and no package's folder",
    )
