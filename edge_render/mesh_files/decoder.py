"""Runs in a decoder process: what trimesh makes of a mesh file, as arrays and plain facts."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, Final

import numpy as np
import trimesh
from numpy.typing import NDArray

from edge_render.gltf.limits import IMAGE_SIDE_MAX
from edge_render.plain_file import UnreadableFileError, read_plain_file

COMPANION_MAX_BYTES: Final = 256 * 1024 * 1024
_NO_UNIT: Final = "meters"


def decode(data: NDArray[np.uint8], parameters: dict[str, Any]) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """``parameters``: ``suffix`` and the ``folder`` that other files are looked for in.

    Facts name arrays by their place in the list: ``meshes`` (positions, triangles or points, normals, uvs with v
    downwards, colors as sRGB, material), ``nodes`` (name, mesh, matrix) and ``materials``; ``files`` are the other ones
    that were read. Lengths are in metres, Y is up where the format says what it is in the file. Raises ValueError.
    """
    suffix = str(parameters["suffix"]).lstrip(".")
    folder = _Folder(Path(parameters["folder"]))
    loaded = trimesh.load_scene(io.BytesIO(data.tobytes()), file_type=suffix, resolver=folder, process=False)
    result = _Result()
    meshes = {}
    for name, geometry in loaded.geometry.items():
        mesh = result.mesh(geometry)
        if mesh is not None:
            meshes[name] = mesh
    root = _to_metres_and_y_up(loaded) if suffix == "3mf" else np.eye(4)
    nodes = []
    for name in loaded.graph.nodes_geometry:
        matrix, geometry_name = loaded.graph.get(name)
        if geometry_name in meshes:
            nodes.append({"name": str(name), "mesh": meshes[geometry_name], "matrix": (root @ matrix).ravel().tolist()})
    facts = {"meshes": result.meshes, "nodes": nodes, "materials": result.materials}
    return {**facts, "files": [str(path) for path in folder.read]}, result.arrays


def _to_metres_and_y_up(loaded: trimesh.Scene) -> NDArray[np.float64]:
    """3MF says its unit (millimetres where it does not), and that Z is up (3MF Core Specification, section 3.3)."""
    scale = trimesh.units.unit_conversion(loaded.units or "millimeters", _NO_UNIT)
    return np.array([[scale, 0, 0, 0], [0, 0, scale, 0], [0, -scale, 0, 0], [0, 0, 0, 1.0]])


class _Folder(trimesh.resolvers.Resolver):  # type: ignore[misc] # trimesh has no types
    """Gives trimesh the files beside the model, and none that lie elsewhere."""

    def __init__(self, folder: Path, read: list[Path] | None = None) -> None:
        self._folder = folder.resolve()
        self.read: list[Path] = [] if read is None else read

    def get(self, name: str) -> bytes:
        path = (self._folder / name.strip()).resolve()
        if not path.is_relative_to(self._folder):
            raise FileNotFoundError(f"{name} leads out of the folder of the model")
        try:
            data = read_plain_file(path, COMPANION_MAX_BYTES)
        except UnreadableFileError as error:
            raise FileNotFoundError(f"{name} {error}") from error
        self.read.append(path)
        return data

    def __getitem__(self, name: str) -> bytes:
        return self.get(name)

    def write(self, name: str, data: bytes) -> None:
        raise PermissionError("loading a model writes nothing")

    def namespaced(self, namespace: str) -> _Folder:
        return _Folder(self._folder / namespace, self.read)

    def keys(self) -> list[str]:
        return []


class _Result:
    """Collects arrays, and facts that name them."""

    def __init__(self) -> None:
        self.arrays: list[NDArray[Any]] = []
        self.meshes: list[dict[str, Any]] = []
        self.materials: list[dict[str, Any]] = []
        self._material_of: dict[int, int] = {}

    def mesh(self, geometry: Any) -> int | None:
        if isinstance(geometry, trimesh.PointCloud) and len(geometry.vertices):
            facts = {"positions": self._add(geometry.vertices, np.float32), "points": True}
            if len(geometry.colors) == len(geometry.vertices):
                facts["colors"] = self._add(geometry.colors, np.uint8)
        elif isinstance(geometry, trimesh.Trimesh) and len(geometry.faces):
            facts = self._triangles(geometry)
        else:
            return None
        self.meshes.append(facts)
        return len(self.meshes) - 1

    def _triangles(self, geometry: trimesh.Trimesh) -> dict[str, Any]:
        facts: dict[str, Any] = {
            "positions": self._add(geometry.vertices, np.float32),
            "triangles": self._add(geometry.faces, np.uint32),
            "normals": self._add(np.nan_to_num(geometry.vertex_normals), np.float32),
        }
        visual = geometry.visual
        if isinstance(visual, trimesh.visual.TextureVisuals):
            if visual.uv is not None and len(visual.uv) == len(geometry.vertices):
                # trimesh has v upwards.
                facts["uvs"] = self._add(np.stack([visual.uv[:, 0], 1.0 - visual.uv[:, 1]], axis=1), np.float32)
            if visual.material is not None:
                facts["material"] = self._material(visual.material)
        elif visual.defined:
            facts["colors"] = self._add(visual.vertex_colors, np.uint8)
        return facts

    def _material(self, material: Any) -> int:
        if id(material) not in self._material_of:
            pbr = material if isinstance(material, trimesh.visual.material.PBRMaterial) else material.to_pbr()
            facts: dict[str, Any] = {"name": str(pbr.name or "")}
            if pbr.baseColorFactor is not None:
                facts["color"] = [float(value) / 255.0 for value in np.asarray(pbr.baseColorFactor)]
            if pbr.roughnessFactor is not None:
                facts["roughness"] = float(pbr.roughnessFactor)
            image = pbr.baseColorTexture
            if image is not None and max(image.size) <= IMAGE_SIDE_MAX:
                facts["image"] = self._add(np.asarray(image.convert("RGBA")), np.uint8)
            self._material_of[id(material)] = len(self.materials)
            self.materials.append(facts)
        return self._material_of[id(material)]

    def _add(self, values: Any, dtype: Any) -> int:
        self.arrays.append(np.ascontiguousarray(values, dtype=dtype))
        return len(self.arrays) - 1
