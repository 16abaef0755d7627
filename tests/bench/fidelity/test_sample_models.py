"""The bench's own models are valid, load, and show what they are called after."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bench.fidelity.sample_models import write_sample_models
from bench.fidelity.shots import find_shots
from edge_render.gltf.loader import load_model

EXTENSIONS = {
    "KHR_materials_clearcoat",
    "KHR_materials_emissive_strength",
    "KHR_materials_ior",
    "KHR_materials_sheen",
    "KHR_materials_specular",
    "KHR_materials_transmission",
    "KHR_materials_unlit",
    "KHR_materials_variants",
    "KHR_texture_transform",
    "KHR_lights_punctual",
    "EXT_mesh_gpu_instancing",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("samples")
    write_sample_models(made)
    return made


def test_each_has_one_shot_and_loads(folder: Path) -> None:
    found = list(find_shots(folder, None))
    assert len(found) == len(list(folder.glob("*.glb"))) >= 20
    for shot in found:
        scene = load_model(shot.model, name=shot.label)
        assert scene.nodes, shot.label
        assert shot.spec.variant is None or shot.spec.variant in scene.variants


def test_they_use_every_extension_that_changes_the_picture(folder: Path) -> None:
    used: set[str] = set()
    for model in folder.glob("*.glb"):
        data = model.read_bytes()
        used |= set(json.loads(data[20 : 20 + int.from_bytes(data[12:16], "little")]).get("extensionsUsed", []))
    assert used >= EXTENSIONS


def test_they_are_the_same_bytes_each_time(folder: Path, tmp_path: Path) -> None:
    write_sample_models(tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {
        path.name: path.read_bytes() for path in folder.iterdir()
    }
