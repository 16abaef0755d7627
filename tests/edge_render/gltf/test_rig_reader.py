"""Nodes, skins and animations become a Rig; what never moves is left out of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edge_render.errors import ModelError
from edge_render.placement import levels
from edge_render.rig import Interpolation, TrackPath
from tests.edge_render.gltf.gltf_files import TRIANGLE, GltfFile

QUARTER = [0.0, 0.7071068, 0.0, 0.7071068]
"""A quarter turn about +Y."""


def test_a_place_is_scaled_then_turned_then_moved_and_that_of_the_parent_comes_last(tmp_path: Path) -> None:
    file = GltfFile()
    mesh = file.mesh(file.triangle())
    leaf = file.node(mesh=mesh, shown=False, name="leaf", translation=[1, 0, 0], rotation=QUARTER, scale=[2, 2, 2])
    shift = [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 10, 0, 0, 1]
    file.node(matrix=shift, children=[leaf])
    scene = file.load(tmp_path)
    (node,) = scene.nodes
    assert node.matrix @ [1, 0, 0, 1] == pytest.approx([11, 0, -2, 1], abs=1e-6)
    assert (node.name, node.rig_node, scene.rig) == ("leaf", None, None)


def test_only_the_default_scene_is_shown_and_each_node_of_it_once(tmp_path: Path) -> None:
    file = GltfFile()
    mesh = file.mesh(file.triangle())
    file.node(mesh=mesh, name="other")
    file.tree["scenes"].append({"nodes": [file.node(mesh=mesh, name="default", shown=False)]})
    file.tree["scene"] = 1
    assert [node.name for node in file.load(tmp_path).nodes] == ["default"]


def test_a_root_that_hangs_on_another_node_is_drawn_once_where_that_places_it(tmp_path: Path) -> None:
    file = GltfFile()
    mesh = file.mesh(file.triangle())
    leaf = file.node(mesh=mesh, name="leaf")
    file.node(name="parent", translation=[0, 3, 0], children=[leaf])
    (node,) = file.load(tmp_path).nodes
    assert (node.name, node.matrix[1, 3]) == ("leaf", 3.0)


def test_a_chain_of_ten_thousand_nodes_is_no_recursion(tmp_path: Path) -> None:
    file = GltfFile()
    count = 10_000
    mesh = file.mesh(file.triangle())
    file.node(translation=[0, 1, 0], children=[1])
    for index in range(1, count - 1):
        file.node(translation=[0, 1, 0], children=[index + 1], shown=False)
    file.node(translation=[0, 1, 0], mesh=mesh, shown=False)
    (node,) = file.load(tmp_path).nodes
    assert node.matrix[1, 3] == pytest.approx(count)


def test_nodes_that_form_a_circle_have_no_levels() -> None:
    with pytest.raises(ValueError, match="circle"):
        levels(np.array([1, 2, 0], np.int32))


def test_levels_put_every_node_after_its_parent() -> None:
    parents = np.array([3, -1, 0, 1, -1], np.int32)
    assert [sorted(level.tolist()) for level in levels(parents)] == [[1, 4], [3], [0], [2]]


@pytest.mark.parametrize(("path", "width"), [("translation", 3), ("rotation", 4), ("scale", 3)])
@pytest.mark.parametrize("interpolation", ["STEP", "LINEAR", "CUBICSPLINE"])
def test_each_path_in_each_interpolation(tmp_path: Path, path: str, width: int, interpolation: str) -> None:
    file = GltfFile()
    node = file.show(file.triangle())
    each = 3 if interpolation == "CUBICSPLINE" else 1
    values = np.zeros((2 * each, width), np.float32)
    values[:, -1] = 1.0
    file.animate(node, path, file.accessor(values), interpolation=interpolation, name="moves")
    scene = file.load(tmp_path)
    (clip,) = scene.rig.clips
    (track,) = clip.tracks
    assert (clip.name, clip.duration_s, scene.rig.playing) == ("moves", 1.0, (0,))
    assert (track.node, track.path, track.interpolation) == (node, TrackPath(path), Interpolation(interpolation))
    assert track.values.shape == ((2, 3, width) if each == 3 else (2, width))
    assert track.times_s.tolist() == [0.0, 1.0]
    assert scene.nodes[0].rig_node == node


@pytest.mark.parametrize("interpolation", ["STEP", "LINEAR", "CUBICSPLINE"])
def test_of_keys_at_the_same_time_the_last_counts(tmp_path: Path, interpolation: str) -> None:
    file = GltfFile()
    node = file.show(file.triangle())
    each = 3 if interpolation == "CUBICSPLINE" else 1
    values = np.repeat(np.arange(4, dtype=np.float32), each)[:, None] * [1.0, 0.0, 0.0]
    file.animate(node, "translation", file.accessor(values), times_s=(0.0, 1.0, 1.0, 2.0), interpolation=interpolation)
    (track,) = file.load(tmp_path).rig.clips[0].tracks
    assert track.times_s.tolist() == [0.0, 1.0, 2.0]
    assert track.values[..., 0].reshape(3, each)[:, 0].tolist() == [0.0, 2.0, 3.0]


def test_normalised_integers_are_rotations(tmp_path: Path) -> None:
    file = GltfFile()
    node = file.show(file.triangle())
    stored = file.accessor([[0, 0, 0, 32767], [0, 32767, 0, 0]], dtype="int16", normalized=True)
    file.animate(node, "rotation", stored)
    assert file.load(tmp_path).rig.clips[0].tracks[0].values.tolist() == [[0, 0, 0, 1], [0, 1, 0, 0]]


def test_weights_of_morph_targets_are_one_track(tmp_path: Path) -> None:
    file = GltfFile()
    targets = [{"POSITION": file.positions(TRIANGLE * scale)} for scale in (1, 2)]
    node = file.show(file.triangle(targets=targets))
    file.animate(node, "weights", file.accessor([0.0, 0.1, 0.2, 0.3]))
    scene = file.load(tmp_path)
    assert scene.rig.clips[0].tracks[0].values == pytest.approx(np.array([[0.0, 0.1], [0.2, 0.3]]))
    assert scene.rig.morph_weights == ((0.0, 0.0),)
    assert scene.nodes[0].rig_node == node


@pytest.mark.parametrize(("own", "rest"), [({}, (0.25, 0.5)), ({"weights": [1.0, 0.0]}, (1.0, 0.0))])
def test_a_node_has_the_weights_of_its_mesh_unless_it_has_its_own(
    tmp_path: Path, own: dict[str, Any], rest: tuple[float, ...]
) -> None:
    file = GltfFile()
    targets = [{"POSITION": file.positions(TRIANGLE * scale)} for scale in (1, 2)]
    node = file.node(mesh=file.mesh(file.triangle(targets=targets), weights=[0.25, 0.5]), **own)
    scene = file.load(tmp_path)
    assert scene.rig.morph_weights == (rest,)
    assert scene.nodes[0].rig_node == node, "it is not as it is stored, though nothing moves it"


def test_what_hangs_on_a_moved_node_moves_and_what_does_not_is_still(tmp_path: Path) -> None:
    file = GltfFile()
    mesh = file.mesh(file.triangle())
    hand = file.node(mesh=mesh, name="hand", shown=False)
    arm = file.node(name="arm", children=[hand])
    file.node(mesh=mesh, name="wall")
    file.animate(arm, "translation", file.accessor([[0, 0, 0], [1, 0, 0]]))
    moving = {node.name: node.rig_node for node in file.load(tmp_path).nodes}
    assert moving == {"hand": hand, "wall": None}


def test_clips_that_move_the_same_do_not_run_together(tmp_path: Path) -> None:
    file = GltfFile()
    one, two = file.show(file.triangle()), file.show(file.triangle())
    steps = file.accessor([[0, 0, 0], [1, 0, 0]])
    for node in (one, one, two):
        file.animate(node, "translation", steps)
    assert file.load(tmp_path).rig.playing == (0, 2)


def _skinned(joints: list[list[int]], weights: list[list[float]], *, count: int = 2, **skin: Any) -> GltfFile:
    file = GltfFile()
    influences = {}
    for number in range(len(joints) // 3):
        part = slice(3 * number, 3 * number + 3)
        influences[f"JOINTS_{number}"] = file.accessor(joints[part], dtype="uint8")
        influences[f"WEIGHTS_{number}"] = file.accessor(weights[part])
    bones = [file.node(name=f"bone-{index}") for index in range(count)]
    skin = {"joints": bones, **skin}
    if "inverse_bind" in skin:
        columns = np.array(skin.pop("inverse_bind"), np.float32).transpose(0, 2, 1).reshape(count, 16)
        skin["inverseBindMatrices"] = file.accessor(columns)
    file.add("skins", skin)
    file.show(file.triangle(attributes=influences), skin=0, name="body")
    return file


def test_a_skin_has_its_joints_and_bind_matrices(tmp_path: Path) -> None:
    shifted = np.eye(4)
    shifted[0, 3] = -5.0
    file = _skinned([[0, 1, 0, 0]] * 3, [[0.75, 0.25, 0, 0]] * 3, inverse_bind=[np.eye(4), shifted])
    scene = file.load(tmp_path)
    (node,) = scene.nodes
    skin = scene.rig.skins[node.skin]
    assert skin.joints.tolist() == [0, 1]
    assert skin.inverse_bind[1].tolist() == shifted.tolist()
    assert node.rig_node == 2
    mesh = scene.meshes[node.mesh]
    assert (mesh.joints.dtype, mesh.weights.tolist()) == (np.uint16, [[0.75, 0.25, 0, 0]] * 3)


def test_without_bind_matrices_they_are_the_identity(tmp_path: Path) -> None:
    scene = _skinned([[0, 1, 0, 0]] * 3, [[0.5, 0.5, 0, 0]] * 3).load(tmp_path)
    assert scene.rig.skins[0].inverse_bind.tolist() == [np.eye(4).tolist()] * 2


def test_eight_influences_of_twelve_are_kept_and_add_up_to_one(tmp_path: Path) -> None:
    joints = [[0, 1, 2, 3]] * 3 + [[4, 5, 6, 7]] * 3 + [[8, 9, 10, 11]] * 3
    weights = [[0.01, 0.02, 0.03, 0.04]] * 3 + [[0.1, 0.1, 0.1, 0.1]] * 3 + [[0.1, 0.1, 0.1, 0.2]] * 3
    scene = _skinned(joints, weights, count=12).load(tmp_path)
    mesh = scene.meshes[scene.nodes[0].mesh]
    assert mesh.joints.shape == (3, 8)
    assert sorted(mesh.joints[0].tolist()) == [4, 5, 6, 7, 8, 9, 10, 11]
    assert mesh.weights.sum(axis=1) == pytest.approx(1.0)
    assert mesh.weights[0, 0] == pytest.approx(0.2 / 0.9)


def test_a_joint_that_the_skin_does_not_have_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="joint"):
        _skinned([[0, 9, 0, 0]] * 3, [[0.5, 0.5, 0, 0]] * 3).load(tmp_path)


def test_instances_are_placed_in_the_space_of_their_node(tmp_path: Path) -> None:
    file = GltfFile()
    file.use("EXT_mesh_gpu_instancing", required=True)
    attributes = {
        "TRANSLATION": file.accessor([[0, 0, 0], [0, 0, 5]]),
        "ROTATION": file.accessor([[0, 0, 0, 127], [0, 127, 0, 0]], dtype="int8", normalized=True),
        "SCALE": file.accessor([[1, 1, 1], [2, 2, 2]]),
    }
    file.show(file.triangle(), extensions={"EXT_mesh_gpu_instancing": {"attributes": attributes}})
    scene = file.load(tmp_path)
    assert scene.nodes[0].instances[0].tolist() == np.eye(4).tolist()
    assert scene.nodes[0].instances[1] @ [1, 0, 0, 1] == pytest.approx([-2, 0, 5, 1], abs=1e-6)
    assert scene.triangle_count() == 2


def test_cameras_and_lights_stand_where_their_nodes_do(tmp_path: Path) -> None:
    file = GltfFile()
    file.use("KHR_lights_punctual")
    lights = [
        {"type": "directional", "intensity": 100.0},
        {"type": "point", "color": [1, 0.5, 0], "range": 4.0},
        {"type": "spot", "spot": {"innerConeAngle": 0.1, "outerConeAngle": 0.5}},
    ]
    file.tree["extensions"] = {"KHR_lights_punctual": {"lights": lights}}
    file.show(file.triangle())
    for index in range(3):
        file.node(translation=[0, index, 0], extensions={"KHR_lights_punctual": {"light": index}})
    file.add("cameras", {"type": "perspective", "perspective": {"yfov": 0.8, "znear": 0.1}})
    file.add("cameras", {"type": "orthographic", "orthographic": {"xmag": 2, "ymag": 3, "znear": 0.1, "zfar": 9}})
    for index in range(2):
        file.node(camera=index, name=f"view {index}", translation=[index, 0, 0])
    file.animate(3, "translation", file.accessor([[0, 2, 0], [0, 3, 0]]))
    scene = file.load(tmp_path)
    sun, bulb, spot = scene.lights
    assert (sun.kind, sun.intensity, sun.range_m, sun.rig_node) == ("directional", 100.0, None, None)
    assert (bulb.kind, bulb.color, bulb.range_m, bulb.matrix[1, 3]) == ("point", (1.0, 0.5, 0.0), 4.0, 1.0)
    assert (spot.inner_cone_rad, spot.outer_cone_rad, spot.rig_node) == (0.1, 0.5, 3)
    near, far = scene.cameras
    assert (near.name, near.fov_y_rad, near.orthographic_height_m) == ("view 0", 0.8, None)
    assert (far.orthographic_height_m, far.fov_y_rad, far.matrix[0, 3]) == (6.0, None, 1.0)
