"""What is photographed, from where: sidecars, references' names, and the camera that frames a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.fidelity.shots import Camera, Shot, ShotError, ShotSpec, camera_of, find_shots
from edge_render.pose import Pose
from edge_render.scene import Material, Mesh, Node, Scene, SceneCamera

LOW, HIGH = np.array([-1.0, 0.0, -2.0]), np.array([3.0, 1.0, 2.0])


def scene(*cameras: SceneCamera, low: np.ndarray = LOW, high: np.ndarray = HIGH) -> Scene:
    """One triangle strip through the corners of a box."""
    positions = corners(low, high).astype(np.float32)
    normals = np.tile(np.array([0.0, 1.0, 0.0], np.float32), (8, 1))
    mesh = Mesh(positions, normals, np.array([(at, at + 1, at + 2) for at in range(6)], np.uint32), 0)
    return Scene("model", (mesh,), (Node("box", 0, np.eye(4)),), (Material("grey"),), (), cameras=cameras)


def shots(folder: Path, environment: Path | None = None) -> list[Shot]:
    return list(find_shots(folder, environment))


def with_model(folder: Path, *listed: dict[str, Any]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "chair.glb").touch()
    if listed:
        (folder / "chair.fidelity.json").write_text(json.dumps({"shots": listed}), "utf-8")
    return folder


def seen(camera: Camera, spec: ShotSpec, points: np.ndarray) -> np.ndarray:
    """Where points (n, 3) are on the picture: (n, 3), x and y from -1 to 1 on it, and the distance along the view."""
    local = np.c_[points, np.ones(len(points))] @ np.linalg.inv(camera.pose.world_matrix()).T
    height = np.tan(camera.fov_y_rad / 2.0) * -local[:, 2]
    return np.stack([local[:, 0] / (height * spec.size[0] / spec.size[1]), local[:, 1] / height, -local[:, 2]], axis=1)


def corners(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    return np.array([[(low, high)[bit >> axis & 1][axis] for axis in range(3)] for bit in range(8)])


# --- folders and sidecars --------------------------------------------------------------------------


def test_models_are_found_in_folders_too_and_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b.glb", "a.gltf", "rooms/c.GLB", "readme.txt", "b.fidelity.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [shot.label for shot in shots(tmp_path)] == ["a", "b", "rooms/c"]
    assert shots(tmp_path)[2].reference_name == "rooms/c.reference.png"


def test_two_models_that_differ_by_their_suffix_alone_have_a_reference_each(tmp_path: Path) -> None:
    with_model(tmp_path, {"name": "front"}, {"name": "side"})
    (tmp_path / "chair.gltf").touch()
    assert [shot.reference_name for shot in shots(tmp_path)] == [
        f"chair.{suffix}.{name}.reference.png" for suffix in ("glb", "gltf") for name in ("front", "side")
    ]


def test_a_model_without_a_sidecar_has_one_shot_in_the_light_of_the_folder(tmp_path: Path) -> None:
    with_model(tmp_path)
    assert shots(tmp_path)[0].environment is None
    (tmp_path / "environment.hdr").touch()
    assert shots(tmp_path)[0].environment == tmp_path / "environment.hdr"
    assert shots(tmp_path, tmp_path / "other.hdr")[0].environment == tmp_path / "other.hdr"


def test_each_shot_of_a_sidecar_has_its_own_reference(tmp_path: Path) -> None:
    front = {"name": "front", "position": [0, 1, 3], "timeS": 0.5, "variant": "oak", "environment": "dusk.hdr"}
    found = shots(with_model(tmp_path / "rooms", front, {"name": "side", "fovYDeg": 60}), tmp_path / "common.hdr")
    assert [shot.reference_name for shot in found] == ["chair.front.reference.png", "chair.side.reference.png"]
    assert found[0].spec.position == (0.0, 1.0, 3.0)
    assert (found[0].spec.time_s, found[0].spec.variant) == (0.5, "oak")
    assert found[0].environment == tmp_path / "rooms" / "dusk.hdr"
    assert (found[1].spec.fov_y_deg, found[1].environment) == (60.0, tmp_path / "common.hdr")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("{", "Expecting property name"),
        ('{"shots": []}', "shots"),
        ('{"shots": [{"fov": 3}]}', "shots.0.fov"),
        ('{"shots": [{"size": [641, 480]}]}', "shots.0.size.0"),
        ('{"shots": [{"size": [100000, 480]}]}', "shots.0.size.0"),
        ('{"shots": [{"position": [0, NaN, 0]}]}', "shots.0.position.1"),
        ('{"shots": [{"name": "../../up"}]}', "shots.0.name"),
        ('{"shots": [{"exposure": 0}]}', "shots.0.exposure"),
    ],
)
def test_a_wrong_sidecar_is_refused_by_file_and_field(tmp_path: Path, content: str, said: str) -> None:
    with_model(tmp_path)
    sidecar = tmp_path / "chair.fidelity.json"
    sidecar.write_text(content, "utf-8")
    with pytest.raises(ShotError) as refused:
        shots(tmp_path)
    assert str(refused.value).startswith(f"{sidecar}: ")
    assert said in str(refused.value)


# --- cameras ---------------------------------------------------------------------------------------


@given(
    st.floats(1e-3, 1e3),
    st.tuples(*[st.floats(-50.0, 50.0)] * 3),
    st.floats(5.0, 120.0),
    st.sampled_from([(640, 480), (480, 640), (200, 1000), (1000, 200)]),
)
def test_the_whole_model_is_seen_and_large(
    size_m: float, middle: tuple[float, float, float], fov_y_deg: float, size: tuple[int, int]
) -> None:
    half = np.array([1.0, 0.6, 0.8]) * size_m / 2.0
    low, high = np.array(middle) - half, np.array(middle) + half
    spec = ShotSpec(fov_y_deg=fov_y_deg, size=size)
    camera = camera_of(spec, scene(low=low, high=high))
    points = seen(camera, spec, corners(low, high))
    assert np.abs(points[:, :2]).max() < 1.0
    assert np.abs(points[:, :2]).max() > 0.3, "it is lost in the picture"
    assert points[:, 2].min() >= camera.near_m
    assert points[:, 2].max() <= camera.far_m


def test_a_position_looks_at_the_middle_or_at_its_target() -> None:
    for target, middle in ((None, (LOW + HIGH) / 2.0), ((0.0, 5.0, -1.0), np.array([0.0, 5.0, -1.0]))):
        spec = ShotSpec(position=(4.0, 2.0, 9.0), target=target)
        camera = camera_of(spec, scene())
        assert camera.pose.position == (4.0, 2.0, 9.0)
        np.testing.assert_allclose(seen(camera, spec, middle[None])[0, :2], 0.0, atol=1e-6)


def test_a_camera_of_the_file_says_all_of_where_it_looks_even_where_its_node_is_scaled() -> None:
    pose = Pose.from_yaw_pitch((1.0, 2.0, 8.0), 0.3, -0.2)
    matrix = pose.world_matrix() @ np.diag([2.0, 2.0, 2.0, 1.0])
    listed = scene(SceneCamera("other", np.eye(4), 1.0), SceneCamera("entry", matrix, 0.7))
    camera = camera_of(ShotSpec(camera="entry"), listed)
    assert camera.fov_y_rad == 0.7
    np.testing.assert_allclose(camera.pose.world_matrix(), pose.world_matrix(), atol=1e-9)


@pytest.mark.parametrize("name", ["nowhere", "plan"])
def test_a_camera_that_is_not_there_or_has_no_perspective_is_named(name: str) -> None:
    with pytest.raises(ShotError, match=f"model: has no perspective camera '{name}'"):
        camera_of(ShotSpec(camera=name), scene(SceneCamera("plan", np.eye(4), None, 4.0)))
