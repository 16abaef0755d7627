"""The whole bench on a small model: its page, what it prints, and its exit code."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from bench.fidelity.__main__ import main
from bench.fidelity.model_file import ModelFile
from edge_render.gltf.loader import load_model
from edge_render.loading import finish
from edge_render.pose import Pose
from edge_render.pyrender_renderer import PyrenderRenderer
from edge_render.renderer import View
from edge_render.scene import Ambient, Sun
from edge_render.tone import srgb_from_linear, tone_map

SIZE = (192, 128)
FOV_Y_DEG = 50.0
BACKGROUND = (0.1, 0.1, 0.3)
SUN: dict[str, Any] = {"direction": [0.3, -0.4, -1.0], "intensity": 3.0}
SHOT = {
    "position": [0.0, 0.0, 3.0],
    "target": [0.0, 0.0, 0.0],
    "fovYDeg": FOV_Y_DEG,
    "size": SIZE,
    "background": BACKGROUND,
    "sun": SUN,
}


def write_plate(folder: Path, name: str = "plate", color: tuple[float, float, float] = (0.5, 0.2, 0.1)) -> Path:
    """A matt plate that faces the camera, with its sidecar."""
    file = ModelFile()
    positions = file.accessor([[-1, -0.6, 0], [1, -0.6, 0], [1, 0.6, 0], [-1, 0.6, 0]])
    normals = file.accessor(np.tile([0.0, 0.0, 1.0], (4, 1)))
    factors = {"baseColorFactor": [*color, 1.0], "metallicFactor": 0.0, "roughnessFactor": 1.0}
    material = file.add("materials", {"pbrMetallicRoughness": factors})
    indices = file.accessor([0, 1, 2, 0, 2, 3], "uint16")
    mesh = file.mesh({"POSITION": positions, "NORMAL": normals}, material, indices=indices)
    file.node(mesh=mesh)
    file.write(folder / f"{name}.glb")
    (folder / f"{name}.fidelity.json").write_text(json.dumps({"shots": [SHOT]}), "utf-8")
    return folder / f"{name}.glb"


def by_pyrender(model: Path) -> np.ndarray:
    """An independent picture of the same shot, with our tone mapping: (height, width, 3) uint8."""
    direction = np.array(SUN["direction"]) / np.linalg.norm(SUN["direction"])
    scene = replace(
        load_model(model, name="plate"),
        sun=Sun((float(direction[0]), float(direction[1]), float(direction[2])), (1.0, 1.0, 1.0), SUN["intensity"]),
        ambient=Ambient((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.0),
        background=BACKGROUND,
    )
    renderer = PyrenderRenderer(shadows=False)
    try:
        handle = finish(renderer.begin_load(scene, lambda: None))
        view = View(Pose.from_yaw_pitch((0.0, 0.0, 3.0), 0.0, 0.0), math.radians(FOV_Y_DEG), *SIZE)
        pixels = renderer.draw(handle, view).pixels[..., :3]
    finally:
        renderer.close()
    return np.rint(srgb_from_linear(tone_map((pixels / 255.0) ** 2.2)) * 255.0).astype(np.uint8)


@pytest.fixture
def models(tmp_path: Path) -> Path:
    folder = tmp_path / "models"
    folder.mkdir()
    write_plate(folder)
    return folder


def bench(folder: Path, *options: str) -> tuple[int, str]:
    """Run it; the exit code and the page."""
    out = folder.parent / "out" / "index.html"
    code = main([str(folder), "--out", str(out), *options])
    return code, out.read_text("utf-8")


def test_a_model_that_looks_as_pyrender_draws_it_passes(models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Image.fromarray(by_pyrender(models / "plate.glb")).save(models / "plate.reference.png")
    code, page = bench(models)
    assert capsys.readouterr().out.startswith("pass         plate")
    assert code == 0
    assert page.count("<img") == 5
    assert "<dt>Triangles<dd>2" in page


def test_a_model_of_another_colour_differs_and_bounds_can_be_chosen(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(by_pyrender(models / "plate.glb")).save(models / "plate.reference.png")
    write_plate(models, color=(0.1, 0.5, 0.1))
    code, page = bench(models)
    assert capsys.readouterr().out.startswith("differs      plate")
    assert code == 1
    assert '<tr class="differs">' in page
    assert bench(models, "--ssim-min", "-1", "--flip-max", "1")[0] == 0


def test_references_may_be_kept_elsewhere(models: Path, tmp_path: Path) -> None:
    references = tmp_path / "references"
    references.mkdir()
    Image.fromarray(by_pyrender(models / "plate.glb")).save(references / "plate.reference.png")
    assert bench(models)[0] == 1
    assert bench(models, "--references", str(references))[0] == 0


def test_each_shot_that_fails_says_why_and_the_others_are_still_compared(
    models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.fromarray(by_pyrender(models / "plate.glb")).save(models / "plate.reference.png")
    (models / "a-broken.glb").write_bytes(b"glTF\x02\0\0\0")
    for name in ("no-reference", "small-reference", "torn-reference"):
        write_plate(models, name)
    Image.new("RGB", (16, 16)).save(models / "small-reference.reference.png")
    (models / "torn-reference.reference.png").write_bytes((models / "plate.reference.png").read_bytes()[:400])
    code, page = bench(models)
    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    assert [line.split()[:2] for line in lines[:5]] == [
        ["failed", "a-broken"],
        ["failed", "no-reference"],
        ["pass", "plate"],
        ["failed", "small-reference"],
        ["failed", "torn-reference"],
    ]
    assert "no reference no-reference.reference.png" in page
    assert "small-reference.reference.png has another size" in page
    assert "torn-reference.reference.png" in page


def test_what_a_sidecar_expects_is_no_failure_and_what_becomes_otherwise_is(
    models: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sidecars lie with the references, as a folder of models may not be written to."""
    references = tmp_path / "references"
    references.mkdir()
    Image.fromarray(by_pyrender(models / "plate.glb")).save(references / "plate.reference.png")
    write_plate(models, color=(0.45, 0.25, 0.1))
    (models / "broken.glb").write_bytes(b"glTF\x02\0\0\0")
    write_plate(models, "old")
    for name, more in (
        ("plate", {"bounds": {"ssimMin": 0.5, "flipMax": 0.3, "reason": "It was painted <anew> since."}}),
        ("broken", {"expected": "refused"}),
        ("old", {"expected": "no-reference"}),
    ):
        (models / f"{name}.fidelity.json").unlink(missing_ok=True)
        sidecar = {"shots": [{**({} if name == "broken" else SHOT), **more}]}
        (references / f"{name}.fidelity.json").write_text(json.dumps(sidecar), "utf-8")
    code, page = bench(models, "--references", str(references), "--ssim-min", "1", "--flip-max", "0")
    lines = capsys.readouterr().out.splitlines()
    assert code == 0
    assert [line[:12].strip() for line in lines[:3]] == ["refused", "no reference", "pass"]
    assert "SSIM 0.500, FLIP 0.300: It was painted &lt;anew&gt; since." in page
    assert "3 pictures, 0 of them not as asked" in page
    # What is expected to be refused, and is not, has failed.
    (references / "old.fidelity.json").write_text(json.dumps({"shots": [{**SHOT, "expected": "refused"}]}), "utf-8")
    assert bench(models, "--references", str(references))[0] == 1


def test_a_folder_without_models_or_with_a_wrong_sidecar_is_an_error(
    tmp_path: Path, models: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(tmp_path / "nothing")]) == 1
    assert "no .glb or .gltf file" in capsys.readouterr().err
    (models / "plate.fidelity.json").write_text('{"shots": 3}', "utf-8")
    assert main([str(models)]) == 1
    assert "plate.fidelity.json: shots" in capsys.readouterr().err
