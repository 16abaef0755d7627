"""OBJ, PLY, STL and 3MF files become scenes, by trimesh in a process apart; bad ones an error that names the file."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import Image

from edge_render.errors import ModelError
from edge_render.gltf.loader import examine_model, load_model


@pytest.mark.parametrize("suffix", ["obj", "ply", "stl", "3mf"])
def test_a_box_of_each_format_stands_where_it_should(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"box.{suffix}"
    trimesh.creation.box((2.0, 4.0, 6.0)).export(path)
    scene = load_model(path, name="test")
    assert scene.triangle_count() == 12
    (node,) = scene.nodes
    mesh = scene.meshes[node.mesh]
    size = node.matrix[:3, :3] @ np.ptp(mesh.positions, axis=0)
    # 3MF is in millimetres with Z up.
    assert np.abs(size) == pytest.approx([0.002, 0.006, 0.004] if suffix == "3mf" else [2.0, 4.0, 6.0])
    assert np.linalg.norm(mesh.normals, axis=1) == pytest.approx(1.0)


def test_an_obj_has_the_texture_and_color_of_its_mtl(tmp_path: Path) -> None:
    (tmp_path / "poster.obj").write_text(
        "mtllib poster.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nusemtl print\nf 1/1 2/2 3/3\n"
    )
    (tmp_path / "poster.mtl").write_text("newmtl print\nKd 1.0 1.0 1.0\nmap_Kd poster.png\n")
    Image.fromarray(np.array([[[255, 0, 0]], [[0, 0, 255]]], np.uint8)).save(tmp_path / "poster.png")
    examined = examine_model(tmp_path / "poster.obj", name="test")
    scene = examined.scene
    assert {path.name for path in examined.files} == {"poster.mtl", "poster.png"}
    mesh = scene.meshes[0]
    assert mesh.uvs[np.argmax(mesh.positions[:, 1])].tolist() == [0.0, 0.0], "the top of the picture is v = 0"
    texture = scene.textures[scene.materials[mesh.material].base_color_texture.texture]
    assert texture.pixels[:, 0].tolist() == [[255, 0, 0, 255], [0, 0, 255, 255]]


def test_vertex_colors_of_a_ply_become_linear_light(tmp_path: Path) -> None:
    box = trimesh.creation.box()
    box.visual.vertex_colors = np.tile([255, 188, 0, 255], (len(box.vertices), 1))
    box.export(tmp_path / "box.ply")
    mesh = load_model(tmp_path / "box.ply", name="test").meshes[0]
    assert mesh.colors[0] == pytest.approx([1.0, 0.5, 0.0, 1.0], abs=0.005)


def test_a_cloud_of_points_is_drawn_as_points(tmp_path: Path) -> None:
    trimesh.PointCloud(np.eye(3), colors=[[255, 255, 255, 255]] * 3).export(tmp_path / "cloud.ply")
    mesh = load_model(tmp_path / "cloud.ply", name="test").meshes[0]
    assert (mesh.points.tolist(), len(mesh.triangles), mesh.unlit) == ([0, 1, 2], 0, True)


_ENDLESS = b"ply\nformat binary_little_endian 1.0\nelement vertex 2000000000\nproperty float x\nend_header\n0000"


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        ("endless.ply", _ENDLESS, "can't read it"),
        ("nan.obj", b"v 0 0 0\nv 1 0 nan\nv 0 1 0\nf 1 2 3\n", "no numbers"),
        ("short.obj", b"v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 9\n", "can't read it"),
        ("no-zip.3mf", b"PK\3\4 and so on", "can't read it"),
    ],
)
def test_a_bad_file_is_refused_by_name(tmp_path: Path, name: str, content: bytes, complaint: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=complaint) as raised:
        load_model(tmp_path / name, name="test")
    assert str(raised.value).startswith(name)


def test_files_outside_of_the_folder_are_not_read(tmp_path: Path) -> None:
    inside = tmp_path / "model"
    inside.mkdir()
    Image.new("RGB", (2, 2), "red").save(tmp_path / "secret.png")
    (inside / "a.mtl").write_text("newmtl print\nmap_Kd ../secret.png\n")
    (inside / "a.obj").write_text("mtllib a.mtl\nusemtl print\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nf 1/1 2/1 3/1\n")
    assert load_model(inside / "a.obj", name="test").textures == ()


def test_a_pipe_beside_the_model_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.mtl")
    (tmp_path / "a.obj").write_text("mtllib a.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    examined = examine_model(tmp_path / "a.obj", name="test")
    assert examined.scene is not None, examined.findings
    assert examined.files == ()
