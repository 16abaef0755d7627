"""A mesh file becomes a Scene. trimesh decodes it in a process apart, so that nothing in it can harm this one."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge_render.apart.pool import Decoded, Job, decode_apart
from edge_render.errors import ModelError
from edge_render.plain_file import UnreadableFileError, read_plain_file
from edge_render.scene import AlphaMode, Material, Mesh, Node, Scene, Texture, TextureUse
from edge_render.tone import linear_from_srgb, linear_of_bytes

FILE_MAX_BYTES: Final = 256 * 1024 * 1024
_WORKING_BYTES: Final = 2 * 1024 * 1024 * 1024
_ROUGHNESS: Final = 0.8
"""Of what the file says nothing of: neither chalk nor varnish."""


def read_mesh_file(path: Path, *, name: str) -> tuple[Scene, tuple[Path, ...]]:
    """Load a file of one of MESH_SUFFIXES: still geometry with normals, and colours or base colour textures where it
    has them; and which other files it has these from. Raises ModelError."""
    try:
        data = np.frombuffer(read_plain_file(path, FILE_MAX_BYTES), np.uint8)
    except UnreadableFileError as error:
        raise ModelError(f"{path.name}: {error}") from error
    parameters = {"suffix": path.suffix.lower(), "folder": str(path.parent.resolve())}
    (decoded,) = decode_apart([Job("mesh file", data, _WORKING_BYTES, parameters)])
    if decoded.error is not None:
        raise ModelError(f"{path.name}: trimesh can't read it: {decoded.error}")
    scene = _scene(decoded, name)
    for index, mesh in enumerate(scene.meshes):
        _check(f"{path.name}: mesh {index}", mesh)
    return scene, tuple(Path(file) for file in decoded.facts["files"])


def _scene(decoded: Decoded, name: str) -> Scene:
    facts, arrays = decoded.facts, decoded.arrays
    textures = [part["image"] for part in facts["materials"] if "image" in part]
    materials = [_material(part, textures) for part in facts["materials"]]
    meshes = tuple(_mesh(part, arrays, len(materials)) for part in facts["meshes"])
    nodes = tuple(
        Node(str(part["name"]), int(part["mesh"]), np.array(part["matrix"], np.float64).reshape(4, 4))
        for part in facts["nodes"]
    )
    return Scene(
        name=name,
        meshes=meshes,
        nodes=nodes,
        materials=(*materials, Material("default", metallic_factor=0.0, roughness_factor=_ROUGHNESS)),
        textures=tuple(Texture(f"texture-{place}", arrays[place]) for place in textures),
    )


def _material(part: dict[str, Any], textures: list[int]) -> Material:
    red, green, blue, alpha = part.get("color", (1.0, 1.0, 1.0, 1.0))
    linear = linear_from_srgb([red, green, blue])
    return Material(
        name=str(part["name"]) or "material",
        base_color_factor=(float(linear[0]), float(linear[1]), float(linear[2]), float(alpha)),
        metallic_factor=0.0,
        roughness_factor=float(part.get("roughness", _ROUGHNESS)),
        alpha_mode=AlphaMode.OPAQUE if alpha >= 1.0 else AlphaMode.BLEND,
        base_color_texture=TextureUse(textures.index(part["image"])) if "image" in part else None,
    )


def _mesh(part: dict[str, Any], arrays: list[NDArray[Any]], default_material: int) -> Mesh:
    positions = arrays[part["positions"]]
    colors = None
    if "colors" in part:
        stored = arrays[part["colors"]]
        alpha = stored[:, 3:].astype(np.float32) / 255.0
        colors = np.concatenate([linear_of_bytes()[stored[:, :3]], alpha], axis=1)
    is_cloud = "points" in part
    return Mesh(
        positions=positions,
        normals=np.zeros_like(positions) if is_cloud else arrays[part["normals"]],
        triangles=np.zeros((0, 3), np.uint32) if is_cloud else arrays[part["triangles"]],
        material=int(part.get("material", default_material)),
        uvs=arrays[part["uvs"]] if "uvs" in part else None,
        colors=colors,
        points=np.arange(len(positions), dtype=np.uint32) if is_cloud else None,
        unlit=is_cloud,
    )


def _check(place: str, mesh: Mesh) -> None:
    """What trimesh passes on as the file has it."""
    for values in (mesh.positions, mesh.normals, mesh.uvs):
        if values is not None and not np.isfinite(values).all():
            raise ModelError(f"{place}: has values that are no numbers")
    if mesh.triangles.max(initial=0) >= len(mesh.positions):
        raise ModelError(
            f"{place}: a triangle names vertex {mesh.triangles.max()}, but there are {len(mesh.positions)}"
        )
