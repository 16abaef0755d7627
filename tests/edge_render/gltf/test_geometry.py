"""Primitives become meshes: every mode and attribute, what is missing is made, what is compressed is unpacked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import DracoPy
import numpy as np
import pytest

from edge_render.errors import ModelError
from edge_render.gltf import draco
from edge_render.scene import Mesh
from tests.edge_render.gltf.gltf_files import TRIANGLE, GltfFile

SQUARE = np.array([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], np.float32)


def _only_mesh(file: GltfFile, folder: Path) -> Mesh:
    scene = file.load(folder)
    (node,) = scene.nodes
    return scene.meshes[node.mesh]


def _corners(mesh: Mesh) -> list[list[list[float]]]:
    return mesh.positions[mesh.triangles].tolist()


def _faces_plus_z(mesh: Mesh) -> bool:
    a, b, c = mesh.positions[mesh.triangles].transpose(1, 0, 2)
    return bool((np.cross(b - a, c - a)[:, 2] > 0.0).all())


@pytest.mark.parametrize(
    ("mode", "order", "count"),
    [
        (4, [0, 1, 2, 0, 2, 3], 2),
        (4, [0, 1, 2, 0], 1),
        (5, [0, 1, 3, 2], 2),
        (5, [0, 1, 3, 3, 3, 1, 2], 2),
        (6, [0, 1, 2, 3], 2),
        (6, [0, 1], 0),
    ],
)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32"])
def test_modes_of_triangles_keep_their_winding(
    tmp_path: Path, mode: int, order: list[int], count: int, dtype: str
) -> None:
    file = GltfFile()
    normals = file.accessor([[0, 0, 1]] * 4)
    attributes = {"POSITION": file.positions(SQUARE), "NORMAL": normals}
    file.show({"attributes": attributes, "indices": file.accessor(order, dtype=dtype), "mode": mode})
    file.show(file.triangle(), name="something to show")
    scene = file.load(tmp_path)
    drawn = [scene.meshes[node.mesh] for node in scene.nodes if node.name != "something to show"]
    assert [len(mesh.triangles) for mesh in drawn] == ([count] if count else [])
    assert all(_faces_plus_z(mesh) for mesh in drawn)


@pytest.mark.parametrize(
    ("mode", "lines"),
    [
        (1, [[0, 1], [2, 3]]),
        (2, [[0, 1], [1, 2], [2, 3], [3, 0]]),
        (3, [[0, 1], [1, 2], [2, 3]]),
    ],
)
@pytest.mark.parametrize("indexed", [True, False])
def test_modes_of_lines(tmp_path: Path, mode: int, lines: list[list[int]], indexed: bool) -> None:
    file = GltfFile()
    more = {"indices": file.accessor([0, 1, 2, 3], dtype="uint16")} if indexed else {}
    file.show({"attributes": {"POSITION": file.positions(SQUARE)}, "mode": mode, **more})
    mesh = _only_mesh(file, tmp_path)
    assert mesh.lines.tolist() == lines
    assert (len(mesh.triangles), mesh.points, mesh.unlit) == (0, None, True)


def test_points_with_normals_are_shaded(tmp_path: Path) -> None:
    file = GltfFile()
    file.show(file.triangle(mode=0))
    mesh = _only_mesh(file, tmp_path)
    assert (mesh.points.tolist(), mesh.lines, mesh.unlit) == ([0, 1, 2], None, False)


def test_missing_normals_are_flat_and_tangents_without_normals_are_ignored(tmp_path: Path) -> None:
    file = GltfFile()
    ridge = [[0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 0, 1]]
    attributes = {
        "POSITION": file.positions(ridge),
        "TANGENT": file.accessor([[1, 0, 0, 1]] * 4),
        "TEXCOORD_0": file.accessor([[0, 0], [1, 0], [0, 1], [1, 1]]),
    }
    file.show({"attributes": attributes, "indices": file.accessor([0, 1, 2, 0, 3, 1], dtype="uint8")})
    mesh = _only_mesh(file, tmp_path)
    assert _corners(mesh) == np.array(ridge)[[[0, 1, 2], [0, 3, 1]]].tolist()
    assert mesh.normals.tolist() == [[0, 0, 1]] * 3 + [[0, 1, 0]] * 3
    assert mesh.uvs[mesh.triangles[1]].tolist() == [[0, 0], [1, 1], [1, 0]]
    assert mesh.tangents is None


def test_a_triangle_without_area_has_a_normal_nevertheless(tmp_path: Path) -> None:
    file = GltfFile()
    file.show({"attributes": {"POSITION": file.positions([[0, 0, 0]] * 3)}})
    assert np.linalg.norm(_only_mesh(file, tmp_path).normals, axis=1) == pytest.approx(1.0)


def test_tangents_are_kept_as_the_file_has_them(tmp_path: Path) -> None:
    file = GltfFile()
    file.show(file.triangle(attributes={"TANGENT": file.accessor([[1, 0, 0, -1]] * 3)}))
    assert _only_mesh(file, tmp_path).tangents.tolist() == [[1, 0, 0, -1]] * 3


def test_vertices_that_a_primitive_does_not_use_are_left_out(tmp_path: Path) -> None:
    file = GltfFile()
    cloud = np.random.default_rng(1).normal(size=(1000, 3)).astype(np.float32)
    attributes = {"POSITION": file.positions(cloud), "NORMAL": file.accessor(np.tile([0, 0, 1], (1000, 1)))}
    file.show({"attributes": attributes, "indices": file.accessor([700, 20, 333], dtype="uint16")})
    mesh = _only_mesh(file, tmp_path)
    assert len(mesh.positions) == 3
    assert _corners(mesh) == [cloud[[700, 20, 333]].tolist()]


@pytest.mark.parametrize(
    ("dtype", "stored", "linear"),
    [
        ("uint8", [[255, 0, 51]] * 3, [1.0, 0.0, 0.2, 1.0]),
        ("uint8", [[255, 0, 51, 102]] * 3, [1.0, 0.0, 0.2, 0.4]),
        ("uint16", [[65535, 0, 13107]] * 3, [1.0, 0.0, 0.2, 1.0]),
        ("float32", [[1.0, 0.0, 0.2, 0.4]] * 3, [1.0, 0.0, 0.2, 0.4]),
    ],
)
def test_vertex_colors_of_each_kind(tmp_path: Path, dtype: str, stored: list[Any], linear: list[float]) -> None:
    file = GltfFile()
    color = file.accessor(stored, dtype=dtype, **({} if dtype == "float32" else {"normalized": True}))
    file.show(file.triangle(attributes={"COLOR_0": color}))
    assert _only_mesh(file, tmp_path).colors[0] == pytest.approx(linear, abs=1e-6)


def test_both_sets_of_texture_coordinates_are_kept(tmp_path: Path) -> None:
    file = GltfFile()
    first, second = [[0, 0], [1, 0], [0, 1]], [[0, 13107], [65535, 0], [0, 65535]]
    uvs = {"TEXCOORD_0": file.accessor(first), "TEXCOORD_1": file.accessor(second, dtype="uint16", normalized=True)}
    file.show(file.triangle(attributes=uvs))
    mesh = _only_mesh(file, tmp_path)
    assert mesh.uvs.tolist() == first
    assert mesh.uvs_1[0] == pytest.approx([0.0, 0.2])


def test_a_material_on_a_third_set_of_texture_coordinates_gets_it(tmp_path: Path) -> None:
    file = GltfFile()
    file.add(
        "materials", {"normalTexture": {"index": 0, "texCoord": 2}, "occlusionTexture": {"index": 0, "texCoord": 1}}
    )
    file.add("textures", {})
    sets = {f"TEXCOORD_{number}": file.accessor([[number, 0]] * 3) for number in range(3)}
    file.show(file.triangle(attributes=sets, material=0))
    mesh = _only_mesh(file, tmp_path)
    assert (mesh.uvs[0, 0], mesh.uvs_1[0, 0]) == (2, 1), "set 1 stays where lightmaps look for it"


def test_quantised_attributes_are_dequantised_or_taken_as_numbers(tmp_path: Path) -> None:
    file = GltfFile()
    file.use("KHR_mesh_quantization", required=True)
    corners = np.array([[0, 0, 0], [100, 0, 0], [0, 100, 0]])
    attributes = {
        "POSITION": file.accessor(corners, dtype="uint16", min=[0, 0, 0], max=[100, 100, 0]),
        "NORMAL": file.accessor([[0, 0, 127]] * 3, dtype="int8", normalized=True),
        "TEXCOORD_0": file.accessor([[0, 0], [2, 0], [0, 2]], dtype="int16"),
    }
    file.show({"attributes": attributes})
    mesh = _only_mesh(file, tmp_path)
    assert mesh.positions.tolist() == corners.tolist()
    assert mesh.normals.tolist() == [[0, 0, 1]] * 3
    assert mesh.uvs.tolist() == [[0, 0], [2, 0], [0, 2]]


def test_morph_targets_may_be_sparse_and_may_lack_what_others_have(tmp_path: Path) -> None:
    file = GltfFile()
    sparse = {
        "count": 1,
        "indices": {"bufferView": file.view(b"\x02"), "componentType": 5121},
        "values": {"bufferView": file.view(np.array([[0, 0, 5]], np.float32).tobytes())},
    }
    lift = file.accessor_of(None, TRIANGLE, sparse=sparse, min=[0, 0, 0], max=[0, 0, 5])
    turn = file.accessor([[0, 1, 0]] * 3)
    file.show(file.triangle(targets=[{"POSITION": lift}, {"NORMAL": turn}]), weights=[0.5, 0.0])
    morphs = _only_mesh(file, tmp_path).morphs
    assert morphs.positions.tolist() == [[[0, 0, 0], [0, 0, 0], [0, 0, 5]], [[0, 0, 0]] * 3]
    assert morphs.normals.tolist() == [[[0, 0, 0]] * 3, [[0, 1, 0]] * 3]
    assert morphs.tangents is None


def test_morph_targets_follow_vertices_that_are_parted_for_flat_normals(tmp_path: Path) -> None:
    file = GltfFile()
    deltas = [[0, 0, 1], [0, 0, 2], [0, 0, 3]]
    primitive = {"attributes": {"POSITION": file.positions()}, "indices": file.accessor([1, 2, 0], dtype="uint8")}
    file.show({**primitive, "targets": [{"POSITION": file.positions(deltas)}]})
    mesh = _only_mesh(file, tmp_path)
    assert mesh.morphs.positions[0][mesh.triangles[0]].tolist() == [deltas[1], deltas[2], deltas[0]]


def test_nodes_share_the_mesh_and_primitives_the_arrays(tmp_path: Path) -> None:
    file = GltfFile()
    for name in ("red", "blue"):
        file.add("materials", {"name": name})
    red = file.triangle(material=0)
    mesh = file.mesh(red, {**red, "material": 1})
    for _ in range(3):
        file.node(mesh=mesh)
    scene = file.load(tmp_path)
    assert [node.mesh for node in scene.nodes] == [0, 1] * 3
    assert [mesh.material for mesh in scene.meshes] == [0, 1]
    assert scene.meshes[0].positions is scene.meshes[1].positions


def _draco(file: GltfFile, attributes: dict[str, np.ndarray[Any, Any]], faces: np.ndarray[Any, Any]) -> dict[str, Any]:
    """A compressed primitive; the ids of its attributes are as DracoPy gives them."""
    coded = DracoPy.encode(
        attributes["POSITION"],
        faces,
        preserve_order=True,
        quantization_bits=16,
        normals=attributes["NORMAL"].astype(np.float64),
        tex_coord=attributes["TEXCOORD_0"].astype(np.float64),
        generic_attributes={7: attributes["JOINTS_0"], 8: attributes["WEIGHTS_0"], 9: attributes["COLOR_0"]},
    )
    kinds = {0: "POSITION", 1: "NORMAL", 3: "TEXCOORD_0"}
    own = {7: "JOINTS_0", 8: "WEIGHTS_0", 9: "COLOR_0"}
    found = DracoPy.decode(coded).attributes
    ids = {own.get(part["unique_id"]) or kinds[part["attribute_type"]]: part["unique_id"] for part in found}
    accessors = {}
    for name, values in attributes.items():
        more: dict[str, Any] = {"normalized": True} if name == "COLOR_0" else {}
        if name == "POSITION":
            more = {"min": values.min(axis=0).tolist(), "max": values.max(axis=0).tolist()}
        accessors[name] = file.accessor_of(None, values, **more)
    return {
        "attributes": accessors,
        "indices": file.accessor_of(None, np.zeros(faces.size, np.uint16)),
        "extensions": {"KHR_draco_mesh_compression": {"bufferView": file.view(coded), "attributes": ids}},
    }


def _draco_file() -> GltfFile:
    file = GltfFile()
    file.use("KHR_draco_mesh_compression", required=True)
    attributes = {
        "POSITION": SQUARE,
        "NORMAL": np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        "TEXCOORD_0": SQUARE[:, :2].copy(),
        "JOINTS_0": np.array([[1, 0, 0, 0]] * 4, np.uint8),
        "WEIGHTS_0": np.array([[1, 0, 0, 0]] * 4, np.float32),
        "COLOR_0": np.array([[255, 0, 51, 255]] * 4, np.uint8),
    }
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.uint32)
    file.show(_draco(file, attributes, faces))
    return file


def test_draco_gives_triangles_even_if_without_it_they_were_a_strip(tmp_path: Path) -> None:
    file = _draco_file()
    triangles = _only_mesh(file, tmp_path).triangles
    file.tree["meshes"][0]["primitives"][0]["mode"] = 5
    assert _only_mesh(file, tmp_path).triangles.tolist() == triangles.tolist()


def test_a_morph_target_of_an_attribute_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    file = GltfFile()
    targets = [{"POSITION": file.positions(), "TANGENT": file.accessor(np.ones((2, 3)))}]
    file.show(file.triangle(targets=targets))
    mesh = _only_mesh(file, tmp_path)
    assert mesh.morphs is not None
    assert mesh.morphs.tangents is None


def test_draco_gives_every_attribute_by_its_id(tmp_path: Path) -> None:
    mesh = _only_mesh(_draco_file(), tmp_path)
    assert np.allclose(_corners(mesh), SQUARE[[[0, 1, 2], [0, 2, 3]]], atol=1e-3)
    assert mesh.normals == pytest.approx(np.tile([0, 0, 1], (4, 1)), abs=0.01)
    assert mesh.uvs[mesh.triangles[0]] == pytest.approx(SQUARE[:3, :2], abs=1e-3)
    assert mesh.joints[0].tolist() == [1, 0, 0, 0]
    assert mesh.weights[0].tolist() == [1, 0, 0, 0]
    assert mesh.colors[0] == pytest.approx([1.0, 0.0, 0.2, 1.0])


@pytest.mark.parametrize("damage", ["cut", "noise"])
def test_draco_that_is_broken_is_refused_with_its_place(tmp_path: Path, damage: str) -> None:
    file = _draco_file()
    view = file.tree["bufferViews"][-1]
    if damage == "cut":
        view["byteLength"] //= 2
    else:
        file.overwrite(view["byteOffset"] + 12, bytes(range(0, 240, 3)))
    with pytest.raises(ModelError, match=r"meshes\[0\]\.primitives\[0\]\.extensions\.KHR_draco_mesh_compression"):
        file.load(tmp_path)


def test_draco_that_many_primitives_name_is_refused_where_it_is_too_much_in_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(draco, "DECODED_MAX_BYTES", 10_000)
    file = _draco_file()
    primitives = file.tree["meshes"][0]["primitives"]
    primitives *= 5
    assert len(file.load(tmp_path).meshes) == 5
    primitives *= 1000
    wanted = r"meshes\[0\]\.primitives\[\d+\]\.extensions\.KHR_draco_mesh_compression: .* more than 10000 bytes"
    with pytest.raises(ModelError, match=wanted):
        file.load(tmp_path)


def test_draco_that_decodes_to_something_else_is_refused(tmp_path: Path) -> None:
    file = _draco_file()
    for accessor in file.tree["accessors"]:
        if accessor["count"] == 4:
            accessor["count"] = 5
    with pytest.raises(ModelError, match=r"4 .*5|5 .*4"):
        file.load(tmp_path)
