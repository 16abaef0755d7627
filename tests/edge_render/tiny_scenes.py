"""Scenes of a few triangles, made by hand, whose pictures can be told in advance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from edge_render.pose import Vec3
from edge_render.scene import Ambient, Material, Mesh, Node, Scene, Sun, Texture

BLACK: Vec3 = (0.0, 0.0, 0.0)
NO_SUN = Sun((0.0, -1.0, 0.0), intensity=0.0)
NO_AMBIENT = Ambient(BLACK, BLACK)


def matte(color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0), **more: object) -> Material:
    """A rough material that is no metal."""
    return Material("matte", color, metallic_factor=0.0, roughness_factor=1.0, **more)  # type: ignore[arg-type]


def glowing(color: Vec3, **more: object) -> Material:
    """A black material that only emits: its picture does not depend on light."""
    return Material(
        "glowing",
        (0.0, 0.0, 0.0, 1.0),
        metallic_factor=1.0,
        roughness_factor=1.0,
        emissive_factor=color,
        **more,  # type: ignore[arg-type]
    )


def quad_mesh(material: int = 0, *, size_m: float = 2.0) -> Mesh:
    """A square in the XY plane that faces +Z; its texture stands upright, first row on top."""
    half = size_m / 2.0
    return Mesh(
        positions=np.array([[-half, -half, 0], [half, -half, 0], [half, half, 0], [-half, half, 0]], np.float32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (4, 1)),
        triangles=np.array([[0, 1, 2], [0, 2, 3]], np.uint32),
        material=material,
        uvs=np.array([[0, 1], [1, 1], [1, 0], [0, 0]], np.float32),
    )


def placed(x: float = 0.0, y: float = 0.0, z: float = 0.0, *, scale: Vec3 = (1.0, 1.0, 1.0)) -> NDArray[np.float64]:
    matrix = np.diag([*scale, 1.0])
    matrix[:3, 3] = (x, y, z)
    return matrix


def turned_x(angle_rad: float, y: float = 0.0) -> NDArray[np.float64]:
    """Turned about +X; a quarter turn backwards makes a quad a floor."""
    c, s = np.cos(angle_rad), np.sin(angle_rad)
    matrix = np.eye(4)
    matrix[1:3, 1:3] = [[c, -s], [s, c]]
    matrix[1, 3] = y
    return matrix


def quads(
    parts: Sequence[tuple[Material, NDArray[np.float64]]],
    *,
    textures: tuple[Texture, ...] = (),
    sun: Sun = NO_SUN,
    ambient: Ambient = NO_AMBIENT,
    size_m: float = 2.0,
) -> Scene:
    """A scene of quads, each with its own material, before a black background."""
    return Scene(
        name="quads",
        meshes=tuple(quad_mesh(index, size_m=size_m) for index in range(len(parts))),
        nodes=tuple(Node(f"quad {index}", index, matrix) for index, (_, matrix) in enumerate(parts)),
        materials=tuple(material for material, _ in parts),
        textures=textures,
        sun=sun,
        ambient=ambient,
        background=BLACK,
    )


def four_colors(alpha_left: int = 255) -> Texture:
    """Red top left, green top right, blue bottom left, white bottom right."""
    texels = np.array(
        [[[255, 0, 0, alpha_left], [0, 255, 0, 255]], [[0, 0, 255, alpha_left], [255, 255, 255, 255]]], np.uint8
    )
    return Texture("four", texels, nearest=True)


def one_quad(base_color: tuple[float, float, float, float] = (1.0, 1.0, 1.0, 1.0)) -> Scene:
    """One lit quad at the origin."""
    return quads([(matte(base_color), np.eye(4))], sun=Sun((0.0, 0.0, -1.0)), ambient=Ambient())
