"""glTF files: good ones become scenes, all others an error that names the place."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from edge_render.errors import ModelError
from edge_render.gltf.loader import load_model
from edge_render.scene import AlphaMode


def good_glb() -> bytes:
    """A textured triangle, placed one metre up, written by trimesh."""
    image = Image.fromarray(np.arange(48, dtype=np.uint8).reshape(4, 4, 3))
    material = PBRMaterial(
        name="paint", baseColorTexture=image, metallicFactor=0.25, roughnessFactor=0.5, alphaMode="MASK",
        alphaCutoff=0.3, doubleSided=True,
    )  # fmt: skip
    mesh = trimesh.Trimesh(
        vertices=[[0, 0, 0], [1, 0, 0], [0, 1, 0]],
        faces=[[0, 1, 2]],
        vertex_normals=[[0, 0, 1]] * 3,
        visual=TextureVisuals(uv=[[0, 0], [1, 0], [0, 1]], material=material),
        process=False,
    )
    scene = trimesh.Scene()
    scene.add_geometry(mesh, node_name="poster", transform=trimesh.transformations.translation_matrix([0, 1, 0]))
    return bytes(scene.export(file_type="glb", include_normals=True))


GOOD = good_glb()


def split(glb: bytes) -> tuple[dict[str, Any], bytes]:
    length = struct.unpack_from("<I", glb, 12)[0]
    return json.loads(glb[20 : 20 + length]), glb[20 + length :]


def join(tree: object, rest: bytes) -> bytes:
    text = json.dumps(tree).encode()
    text += b" " * (-len(text) % 4)
    return struct.pack("<IIIII", 0x46546C67, 2, 20 + len(text) + len(rest), len(text), 0x4E4F534A) + text + rest


def load(folder: Path, data: bytes) -> Any:
    path = folder / "model.glb"
    path.write_bytes(data)
    return load_model(path, name="test")


def test_geometry_material_and_place_come_through(tmp_path: Path) -> None:
    scene = load(tmp_path, GOOD)
    (node,), (mesh,) = scene.nodes, scene.meshes
    material = scene.materials[mesh.material]
    assert node.name == "poster"
    assert node.matrix[:3, 3] == pytest.approx([0, 1, 0])
    assert mesh.positions.tolist() == [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
    assert mesh.normals.tolist() == [[0, 0, 1]] * 3
    assert mesh.uvs.tolist() == [[0, 1], [1, 1], [0, 0]], "v = 0 is the first row of the picture"
    assert (material.name, material.metallic_factor, material.roughness_factor) == ("paint", 0.25, 0.5)
    assert (material.alpha_mode, material.alpha_cutoff, material.double_sided) == (AlphaMode.MASK, 0.3, True)
    texture = scene.textures[material.base_color_texture.texture]
    assert texture.pixels[0, 1].tolist() == [3, 4, 5, 255]


def _set(tree: dict[str, Any], path: str, value: object) -> None:
    *parents, last = path.split(".")
    at: Any = tree
    for key in parents:
        at = at[int(key)] if isinstance(at, list) else at[key]
    at[int(last) if isinstance(at, list) else last] = value


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("asset.version", "1.0", "asset.version"),
        ("extensionsRequired", ["ACME_curves"], "ACME_curves is not supported"),
        ("scene", 7, "scene: 7 is out of range"),
        ("nodes.0.children", [99], r"nodes\[0\].children: 99 is out of range"),
        ("nodes.0.matrix", [1, 2, 3], r"nodes\[0\].matrix"),
        ("meshes.0.primitives.0.attributes", [], "attributes: must be an object"),
        ("meshes.0.primitives.0.material", 5, r"material: 5 is out of range"),
        ("meshes.0.primitives.0.indices", 50, r"indices: 50 is out of range"),
        ("accessors.0.bufferView", 40, r"accessors\[0\].bufferView: 40 is out of range"),
        ("accessors.0.count", 10_000, "but its buffer view has"),
        ("accessors.0.count", -1, r"accessors\[0\].count"),
        ("accessors.0.componentType", 1, "componentType"),
        ("bufferViews.0.byteLength", 10_000_000, r"bufferViews\[0\]: ends at byte"),
        ("buffers.0.byteLength", 10_000_000, "byteLength: 10000000, but there are"),
        ("buffers.0.uri", "http://example.org/x.bin", "nothing is fetched from a network"),
        ("images.0", {"uri": "../../../../etc/passwd"}, "leads out of the folder"),
        ("images.0", {"uri": "data:image/png;base64,AAAA"}, r"images\[0\]: is no PNG, JPEG, WebP, AVIF or KTX2"),
        ("textures.0.source", 9, r"textures\[0\].source: 9 is out of range"),
        ("materials.0.doubleSided", 3, "doubleSided"),
    ],
)
def test_each_mistake_is_told_with_its_place(tmp_path: Path, path: str, value: object, complaint: str) -> None:
    tree, rest = split(GOOD)
    _set(tree, path, value)
    with pytest.raises(ModelError, match=complaint) as raised:
        load(tmp_path, join(tree, rest))
    assert str(raised.value).startswith("model.glb: ")


def test_nodes_in_a_circle_are_refused(tmp_path: Path) -> None:
    tree, rest = split(GOOD)
    tree["nodes"] += [{"children": [len(tree["nodes"]) + 1]}, {"children": [len(tree["nodes"])]}]
    with pytest.raises(ModelError, match="circle"):
        load(tmp_path, join(tree, rest))


def test_positions_that_are_no_numbers_are_refused(tmp_path: Path) -> None:
    tree, rest = split(GOOD)
    position = tree["meshes"][0]["primitives"][0]["attributes"]["POSITION"]
    view = tree["bufferViews"][tree["accessors"][position]["bufferView"]]
    at = 8 + view.get("byteOffset", 0)
    with pytest.raises(ModelError, match="no numbers"):
        load(tmp_path, join(tree, rest[:at] + struct.pack("<f", float("nan")) + rest[at + 4 :]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(GOOD) - 1))
def test_a_truncated_file_is_refused(tmp_path_factory: pytest.TempPathFactory, length: int) -> None:
    with pytest.raises(ModelError):
        load(tmp_path_factory.mktemp("cut"), GOOD[:length])


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, len(GOOD) - 1), st.integers(0, 255)), min_size=1, max_size=12))
def test_flipped_bytes_give_a_scene_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, flips: list[tuple[int, int]]
) -> None:
    data = bytearray(GOOD)
    for at, value in flips:
        data[at] = value
    try:
        scene = load(tmp_path_factory.mktemp("flip"), bytes(data))
    except ModelError:
        return
    assert all(np.isfinite(mesh.positions).all() for mesh in scene.meshes)
