"""A short file that stands for very much is refused before anything is laid out for it."""

from __future__ import annotations

import json
import os
from pathlib import Path

import numpy as np
import pytest

from edge_render.findings import Severity
from edge_render.gltf import check_data, check_images
from edge_render.gltf.limits import DRAWN_PRIMITIVES_MAX, VARIANT_CHOICES_MAX
from edge_render.gltf.loader import examine_model
from tests.edge_render.gltf.gltf_files import GltfFile, png


def refusal(folder: Path, file: GltfFile) -> str:
    """The place of the one error of a file, which is that it is too much."""
    model = file.examine(folder)
    assert model.scene is None
    (found,) = [finding for finding in model.findings if finding.severity is Severity.ERROR]
    assert found.code == "TOO_MUCH_DATA"
    return found.place


def test_nodes_that_each_show_a_mesh_of_many_primitives(tmp_path: Path) -> None:
    file = GltfFile()
    mesh = file.mesh(*[file.triangle()] * 1000)
    for _ in range(DRAWN_PRIMITIVES_MAX // 1000 + 1):
        file.node(mesh=mesh)
    assert refusal(tmp_path, file) == "nodes"


def test_instances_of_a_mesh_of_many_points(tmp_path: Path) -> None:
    file = GltfFile()
    file.use("EXT_mesh_gpu_instancing")
    point = {"attributes": {"POSITION": file.positions([[0, 0, 0]])}, "mode": 0}
    places = file.accessor(np.zeros((200_000, 3)))
    attributes = {"TRANSLATION": places}
    file.show(*[point] * 1001, extensions={"EXT_mesh_gpu_instancing": {"attributes": attributes}})
    assert refusal(tmp_path, file) == "nodes"


def test_many_variants_of_many_primitives(tmp_path: Path) -> None:
    file = GltfFile()
    file.use("KHR_materials_variants")
    material = file.add("materials", {})
    variants = [{"name": str(index)} for index in range(2000)]
    file.tree["extensions"] = {"KHR_materials_variants": {"variants": variants}}
    mapping = {"mappings": [{"material": material, "variants": [0]}]}
    part = {**file.triangle(), "extensions": {"KHR_materials_variants": mapping}}
    file.show(*[part] * (VARIANT_CHOICES_MAX // 2000 + 1))
    assert refusal(tmp_path, file) == "extensions.KHR_materials_variants.variants"


def test_many_channels_of_one_sampler_of_many_keys(tmp_path: Path) -> None:
    file = GltfFile()
    node = file.show(file.triangle())
    keys = 50_000
    sampler = {"input": file.accessor(np.arange(keys)), "output": file.accessor(np.zeros((keys, 3)))}
    channel = {"sampler": 0, "target": {"node": node, "path": "translation"}}
    file.add("animations", {"samplers": [sampler], "channels": [channel] * 2000})
    assert refusal(tmp_path, file) == "accessors"


def test_many_buffers_in_one_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_data, "REFERENCED_MAX_BYTES", 10_000)
    (tmp_path / "data.bin").write_bytes(bytes(1000))
    file = GltfFile()
    file.show(file.triangle())
    file.tree["buffers"] = [{"byteLength": 1000, "uri": "data.bin"}] * 50
    assert refusal(tmp_path, file) == "buffers[11].uri"


def test_many_images_in_one_view(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(check_images, "REFERENCED_MAX_BYTES", 10_000)
    file = GltfFile()
    file.show(file.triangle())
    data = png(np.random.default_rng(1).integers(0, 256, (16, 16, 4)))
    view = file.view(data)
    file.tree["images"] = [{"bufferView": view, "mimeType": "image/png"}] * 50
    assert refusal(tmp_path, file) == f"images[{10_000 // len(data)}]"


@pytest.mark.parametrize("name", ["model.glb", "model.gltf", "model.obj", "model.stl"])
def test_a_pipe_is_not_waited_for(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name)
    model = examine_model(tmp_path / name, name="test")
    assert [finding.message for finding in model.findings] == ["is no plain file"]


def test_a_node_of_gltf_1_that_lists_a_mesh_very_often(tmp_path: Path) -> None:
    primitives = [{"attributes": {}}] * 1000
    tree = {
        "asset": {"version": "1.0"},
        "accessors": {},
        "meshes": {"mesh": {"primitives": primitives}},
        "nodes": {"node": {"meshes": ["mesh"] * 1000}},
    }
    path = tmp_path / "model.gltf"
    path.write_text(json.dumps(tree))
    model = examine_model(path, name="test")
    assert "primitives" in model.findings[0].message
