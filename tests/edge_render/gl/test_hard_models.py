"""Valid glTF files that combine what is hard by itself, from their bytes to pixels."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from edge_render.gl.renderer import GlRenderer
from edge_render.pose import Pose
from edge_render.renderer import View
from edge_render.scene import Sun
from tests.edge_render.gl.pictures import Clock, Pixels, drawn_once
from tests.edge_render.gltf.gltf_files import GltfFile, png
from tests.edge_render.tiny_scenes import BLACK, NO_AMBIENT

WIDTH, HEIGHT = 96, 64
FOV_RAD = math.radians(60.0)
VIEW = View(Pose((0.0, 0.0, 4.0), (0.0, 0.0, 0.0, 1.0)), FOV_RAD, WIDTH, HEIGHT)
SQUARE = np.array([[-0.2, -0.2, 0], [0.2, -0.2, 0], [0.2, 0.2, 0], [-0.2, 0.2, 0]], np.float32)
"""Faces +Z; 0.4 across."""
FACES = [0, 1, 2, 0, 2, 3]
ALL_OF_ONE = [[1.0, 0.0, 0.0, 0.0]] * 4
IDENTITY = (1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1)

Draw = Callable[..., Pixels]


@pytest.fixture
def draw(clocked_renderer: GlRenderer, clock: Clock, tmp_path: Path) -> Draw:
    """The picture of a file at a time, in the light of a sun alone."""

    def shot(file: GltfFile, time_s: float = 0.0) -> Pixels:
        scene = replace(file.load(tmp_path), sun=Sun((0.3, -0.9, -0.3)), ambient=NO_AMBIENT, background=BLACK)
        clock.now_s = time_s
        return drawn_once(clocked_renderer, scene, VIEW)

    return shot


def flat(file: GltfFile, *color: float) -> int:
    """An unlit material, seen from its front alone."""
    file.use("KHR_materials_unlit")
    return file.add(
        "materials",
        {"pbrMetallicRoughness": {"baseColorFactor": [*color, 1.0]}, "extensions": {"KHR_materials_unlit": {}}},
    )


def square(file: GltfFile, material: int, **primitive: Any) -> dict[str, Any]:
    attributes = {
        "POSITION": file.positions(SQUARE),
        "NORMAL": file.accessor([[0, 0, 1]] * 4),
        **primitive.pop("attributes", {}),
    }
    indices = file.accessor(FACES, dtype="uint16")
    return {"attributes": attributes, "indices": indices, "material": material, **primitive}


def held(file: GltfFile, joints: ArrayLike) -> dict[str, int]:
    """Attributes by which each corner of a square hangs on one joint."""
    rows = np.zeros((4, 4), np.uint8)
    rows[:, 0] = joints
    return {"JOINTS_0": file.accessor(rows, dtype="uint8"), "WEIGHTS_0": file.accessor(ALL_OF_ONE)}


def seen(pixels: Pixels, x: float, y: float) -> str:
    """The colour at a point of the plane z = 0."""
    scale = HEIGHT / 2.0 / math.tan(FOV_RAD / 2.0) / 4.0
    shown = pixels[math.floor(HEIGHT / 2.0 - y * scale), math.floor(WIDTH / 2.0 + x * scale)][:3] > 100
    return {(1, 0, 0): "red", (0, 1, 0): "green", (0, 0, 0): "none"}.get(tuple(map(int, shown)), f"{shown}")


def count(pixels: Pixels) -> int:
    return int((pixels[..., :3].max(axis=2) > 100).sum())


def test_a_skinned_and_morphed_mesh_is_shown_with_and_without_its_skin(draw: Draw) -> None:
    file = GltfFile()
    part = square(file, flat(file, 1, 0, 0), attributes=held(file, 0))
    part["targets"] = [{"POSITION": file.positions(np.full((4, 3), [0.0, 1.0, 0.0]))}]
    mesh = file.mesh(part)
    bone = file.node(translation=[-1, 0, 0])
    file.add("skins", {"joints": [bone]})
    held_node = file.node(mesh=mesh, skin=0, translation=[50, 50, 50])
    file.node(mesh=mesh, translation=[1, 0, 0], weights=[-1.0])
    file.animate(held_node, "weights", file.accessor([0.0, 1.0, 0.0]), times_s=[0.0, 1.0, 2.0])
    rest, raised = draw(file, 0.0), draw(file, 1.0)
    assert [seen(rest, *at) for at in [(-1, 0), (-1, 1), (1, -1), (1, 0)]] == ["red", "none", "red", "none"]
    assert [seen(raised, *at) for at in [(-1, 0), (-1, 1), (1, -1)]] == ["none", "red", "red"]


def test_the_place_of_a_skinned_node_is_ignored_even_if_it_mirrors(draw: Draw) -> None:
    file = GltfFile()
    bone = file.node()
    file.add("skins", {"joints": [bone]})
    mesh = file.mesh(square(file, flat(file, 0, 1, 0), attributes=held(file, 0)))
    file.node(mesh=mesh, skin=0, scale=[-1, 1, 1], translation=[9, 0, 0])
    assert seen(draw(file), 0, 0) == "green"


def test_a_mirrored_node_shows_its_front_still(draw: Draw) -> None:
    file = GltfFile()
    mesh = file.mesh(square(file, flat(file, 0, 1, 0)))
    file.node(mesh=mesh, scale=[-1, 1, 1], translation=[-1, 0, 0])
    turned = file.node(mesh=mesh, shown=False, scale=[1, -1, 1])
    file.node(children=[turned], scale=[-1, 1, 1], translation=[1, 0, 0])
    behind = file.node(mesh=mesh, shown=False, rotation=[0, 1, 0, 0])
    file.node(children=[behind], scale=[-1, 1, 1])
    assert [seen(draw(file), x, 0) for x in (-1, 1, 0)] == ["green", "green", "none"]


def test_what_hangs_below_what_moves_goes_along(draw: Draw) -> None:
    file = GltfFile()
    leaf = file.node(mesh=file.mesh(square(file, flat(file, 1, 0, 0))), shown=False, translation=[1, 0, 0])
    arm = file.node(shown=False, children=[leaf], scale=[1, 1, 1])
    file.node(children=[arm], translation=[0, 0.5, 0])
    turns = file.accessor([[0, 0, 0, 1], [0, 0, 1, 0], [0, 0, 0, -1]])
    file.animate(arm, "rotation", turns, times_s=[0.0, 1.0, 2.0])
    assert [seen(draw(file, 0.0), x, 0.5) for x in (1, -1)] == ["red", "none"]
    assert [seen(draw(file, 1.0), x, 0.5) for x in (1, -1)] == ["none", "red"]
    assert seen(draw(file, 0.5), 0, 1.5) == "red"


def test_what_has_no_size_is_not_seen_until_it_has_one(draw: Draw) -> None:
    file = GltfFile()
    mesh = file.mesh(square(file, flat(file, 1, 0, 0)))
    file.node(mesh=mesh, scale=[0, 0, 0])
    file.node(mesh=mesh, scale=[1, 0, 1], translation=[0, 1, 0])
    growing = file.node(mesh=mesh, translation=[1, 0, 0])
    file.animate(growing, "scale", file.accessor([[0, 0, 0], [1, 1, 1], [0, 0, 0]]), times_s=[0.0, 1.0, 2.0])
    assert count(draw(file, 0.0)) == 0
    assert seen(draw(file, 1.0), 1, 0) == "red"


def _ball() -> tuple[NDArray[np.float32], NDArray[np.uint16]]:
    """Vertices of a sphere of radius 1, which are its normals as well, and its faces."""
    rings = 12
    theta, phi = np.meshgrid(np.linspace(0, np.pi, rings + 1), np.linspace(0, 2 * np.pi, 2 * rings + 1), indexing="ij")
    points = np.stack([np.sin(theta) * np.cos(phi), np.cos(theta), np.sin(theta) * np.sin(phi)], axis=2)
    first = (np.arange(rings)[:, None] * (2 * rings + 1) + np.arange(2 * rings)).reshape(-1)
    below = first + 2 * rings + 1
    faces = np.concatenate([np.stack(part, 1) for part in ((first, first + 1, below), (first + 1, below + 1, below))])
    return points.reshape(-1, 3).astype(np.float32), faces.astype(np.uint16)


@pytest.mark.parametrize("moves", [False, True])
def test_normals_of_what_is_stretched_are_those_of_its_surface(draw: Draw, moves: bool) -> None:
    points, faces = _ball()
    turn = math.radians(30.0)
    cosine, sine = math.cos(turn), math.sin(turn)
    matrix = np.array([[cosine, -sine, 0], [sine, cosine, 0], [0, 0, 1]]) @ np.diag([1.5, 0.5, -0.75])

    def ball(positions: NDArray[Any], normals: NDArray[Any], order: NDArray[np.uint16], **node: Any) -> GltfFile:
        file = GltfFile()
        attributes = {"POSITION": file.positions(positions), "NORMAL": file.accessor(normals)}
        material = file.add("materials", {"pbrMetallicRoughness": {"metallicFactor": 0, "roughnessFactor": 1}})
        indices = file.accessor(order.reshape(-1), dtype="uint16")
        index = file.show({"attributes": attributes, "indices": indices, "material": material}, **node)
        if moves:
            file.animate(index, "translation", file.accessor([[0, 0, 0], [0, 5, 0]]))
        return file

    normals = points @ np.linalg.inv(matrix)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    expected = draw(ball(points @ matrix.T, normals, faces[:, ::-1]))
    placed = {"rotation": [0, 0, math.sin(turn / 2), math.cos(turn / 2)], "scale": [1.5, 0.5, -0.75]}
    picture = draw(ball(points, points, faces, **placed))
    assert expected[HEIGHT // 2, WIDTH // 2, 0] > 50, "it is lit"
    assert np.abs(picture.astype(int) - expected).max() <= 3


def test_skins_share_joints_each_with_binds_of_its_own(draw: Draw) -> None:
    file = GltfFile()
    first, second = file.node(translation=[-1, 0, 0]), file.node(translation=[1, 0, 0])
    mesh = file.mesh(square(file, flat(file, 1, 0, 0), attributes=held(file, 0)))
    raised = (*IDENTITY[:12], 0, 1, 0, 1)
    binds = np.array([IDENTITY, raised], np.float32)
    file.add("skins", {"joints": [first, second], "inverseBindMatrices": file.accessor(binds)})
    file.add("skins", {"joints": [second, first], "inverseBindMatrices": file.accessor(binds[::-1])})
    for skin in (0, 1):
        file.node(mesh=mesh, skin=skin)
    picture = draw(file)
    assert [seen(picture, *at) for at in [(-1, 0), (1, 1), (1, 0), (-1, 1)]] == ["red", "red", "none", "none"]


def test_a_joint_that_the_scene_does_not_show_moves_what_it_holds(draw: Draw) -> None:
    file = GltfFile()
    bone = file.node(shown=False)
    file.node(shown=False, children=[bone], translation=[0, 0.5, 0])
    file.add("skins", {"joints": [bone]})
    file.node(mesh=file.mesh(square(file, flat(file, 1, 0, 0), attributes=held(file, 0))), skin=0)
    places = file.accessor([[-1, 0, 0], [1, 0, 0], [-1, 0, 0]])
    file.animate(bone, "translation", places, times_s=[0.0, 1.0, 2.0], interpolation="STEP")
    assert [seen(draw(file, 0.5), x, 0.5) for x in (-1, 1)] == ["red", "none"]
    assert [seen(draw(file, 1.5), x, 0.5) for x in (-1, 1)] == ["none", "red"]


def test_positions_and_targets_may_be_sparse_on_nothing(draw: Draw) -> None:
    file = GltfFile()

    def sparse(rows: list[int], values: ArrayLike) -> int:
        stored = np.asarray(values, np.float32)
        return file.accessor_of(
            None,
            SQUARE,
            sparse={
                "count": len(rows),
                "indices": {"bufferView": file.view(np.array(rows, np.uint8).tobytes()), "componentType": 5121},
                "values": {"bufferView": file.view(stored.tobytes())},
            },
            min=np.minimum(stored.min(axis=0), 0.0 if len(rows) < 4 else np.inf).tolist(),
            max=np.maximum(stored.max(axis=0), 0.0 if len(rows) < 4 else -np.inf).tolist(),
        )

    part = square(file, flat(file, 0, 1, 0))
    part["attributes"]["POSITION"] = sparse([0, 1, 2, 3], SQUARE)
    part["targets"] = [{"POSITION": sparse([1, 2], [[1.0, 0, 0], [1.0, 0, 0]])}]
    file.show(part)
    file.tree["meshes"][0]["weights"] = [1.0]
    picture = draw(file)
    assert [seen(picture, x, 0) for x in (-0.1, 1.1, -0.3)] == ["green", "green", "none"], "stretched to the right"


def test_weights_follow_a_spline_in_all_primitives_of_a_mesh(draw: Draw) -> None:
    file = GltfFile()
    parts = []
    for color, way in (((1, 0, 0), 1.0), ((0, 1, 0), -1.0)):
        part = square(file, flat(file, *color))
        steps = [[way, 0.0, 0.0], [0.0, way, 0.0]]
        part["targets"] = [{"POSITION": file.positions(np.tile(np.float32(step), (4, 1)))} for step in steps]
        parts.append(part)
    node = file.show(*parts)
    flat_keys = [0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0]  # in, value and out of two targets, two times
    file.animate(node, "weights", file.accessor(flat_keys), interpolation="CUBICSPLINE")
    start, late = draw(file, 0.0), draw(file, 0.999)
    assert [seen(start, *at) for at in [(1, 0), (-1, 0), (0, 1)]] == ["red", "green", "none"]
    assert [seen(late, *at) for at in [(0, 1), (0, -1), (1, 0)]] == ["red", "green", "none"]


def test_the_first_scene_is_shown_where_none_is_the_default_and_names_may_be_of_any_script(draw: Draw) -> None:
    file = GltfFile()
    del file.tree["scene"]
    mesh = file.mesh(square(file, flat(file, 1, 0, 0)), name="狗🐕")
    file.node(mesh=mesh, name="\u202eمصباح\u0000", translation=[1, 0, 0])
    file.tree["scenes"].append({"nodes": [file.node(mesh=mesh, shown=False, name="", translation=[-1, 0, 0])]})
    assert [seen(draw(file), x, 0) for x in (1, -1)] == ["red", "none"]


def test_a_texture_transform_may_choose_other_coordinates(draw: Draw) -> None:
    file = GltfFile()
    file.use("KHR_texture_transform")
    material = flat(file, 1, 1, 1)
    texture = file.texture(png([[[255, 0, 0], [0, 255, 0]]]), sampler=file.add("samplers", {"magFilter": 9728}))
    transform = {"offset": [0.5, 0.0], "scale": [0.5, 1.0], "texCoord": 1}
    info = {"index": texture, "texCoord": 0, "extensions": {"KHR_texture_transform": transform}}
    file.tree["materials"][0]["pbrMetallicRoughness"]["baseColorTexture"] = info
    corners = {
        "TEXCOORD_0": file.accessor(np.zeros((4, 2))),
        "TEXCOORD_1": file.accessor(
            np.array([[0, 65535], [65535, 65535], [65535, 0], [0, 0]]), dtype="uint16", normalized=True
        ),
    }
    file.show(square(file, material, attributes=corners))
    picture = draw(file)
    assert [seen(picture, x, 0) for x in (-0.1, 0.1)] == ["green", "green"]
