"""Primitives of a file as meshes: all modes and attributes (glTF 2.0, section 3.7.2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from edge_render.errors import ModelError
from edge_render.gltf.accessors import AccessorReader, to_floats
from edge_render.gltf.draco import DracoGeometry
from edge_render.gltf.format_meshes import POINTS, TRIANGLES, Primitive
from edge_render.gltf.influences import strongest
from edge_render.gltf.limits import DECODED_MAX_BYTES
from edge_render.gltf.materials import UvSlots
from edge_render.gltf.normals import flat_normals
from edge_render.gltf.topology import LINE_MODES, TRIANGLE_MODES, lines, triangles
from edge_render.scene import Mesh, MorphTargets

_NO_TRIANGLES: Final = np.zeros((0, 3), np.uint32)
_VERTEX_BYTES: Final = 64
_CROWDED: Final = 2
"""Vertices are left out where there are that many times more than a primitive uses."""

Floats = NDArray[np.float32]


class GeometryReader:
    """Makes a mesh of each primitive. What primitives share in the file, their meshes share in memory."""

    def __init__(self, accessors: AccessorReader, unpacked: Mapping[str, DracoGeometry]) -> None:
        self._accessors = accessors
        self._unpacked = unpacked
        self._made: dict[tuple[object, ...], Mesh] = {}
        self._bytes_left = 2 * DECODED_MAX_BYTES

    def mesh(self, place: str, primitive: Primitive, material: int, slots: UvSlots) -> Mesh | None:
        """None where there is nothing to draw. Raises ModelError, which names the place."""
        if "POSITION" not in primitive.attributes:
            return None
        key = (
            place if primitive.extensions.draco is not None else None,
            tuple(sorted(primitive.attributes.items())),
            primitive.indices,
            primitive.mode,
            tuple(tuple(sorted(target.items())) for target in primitive.targets),
            slots,
        )
        if key not in self._made:
            self._made[key] = self._read(place, primitive, slots)
        mesh = self._made[key]
        drawn = len(mesh.triangles) or mesh.lines is not None or mesh.points is not None
        return replace(mesh, material=material) if drawn else None

    def _read(self, place: str, primitive: Primitive, slots: UvSlots) -> Mesh:
        vertices = _Vertices(place, primitive, self._accessors, self._unpacked.get(place))
        positions = vertices.floats("POSITION")
        indices = self._indices(place, primitive, len(positions))
        self._bytes_left -= _VERTEX_BYTES * max(len(positions), len(indices)) * (1 + len(primitive.targets))
        if self._bytes_left < 0:
            raise ModelError(f"{place}: all meshes together need more than {2 * DECODED_MAX_BYTES} bytes")
        used = None
        if _CROWDED * len(indices) < len(positions):
            used, places = np.unique(indices, return_inverse=True)
            indices = places.astype(np.uint32)
        mesh = vertices.mesh(slots, used)
        if primitive.mode in TRIANGLE_MODES:
            # Draco keeps triangles, also where the primitive would be a strip of them without it.
            mode = TRIANGLES if place in self._unpacked else primitive.mode
            corners = triangles(mode, indices)
            return replace(mesh, triangles=corners) if vertices.has("NORMAL") else _faceted(mesh, corners)
        unlit = not vertices.has("NORMAL")
        if primitive.mode in LINE_MODES:
            pairs = lines(primitive.mode, indices)
            return replace(mesh, lines=pairs, unlit=unlit) if len(pairs) else mesh
        assert primitive.mode == POINTS, "checked: the mode is one of seven"
        return replace(mesh, points=indices, unlit=unlit) if len(indices) else mesh

    def _indices(self, place: str, primitive: Primitive, vertices: int) -> NDArray[np.uint32]:
        unpacked = self._unpacked.get(place)
        if unpacked is not None:
            indices = unpacked.triangles.reshape(-1)
        elif primitive.indices is not None:
            indices = self._accessors.indices(primitive.indices)
        else:
            return np.arange(vertices, dtype=np.uint32)
        if len(indices) and int(indices.max()) >= vertices:
            raise ModelError(f"{place}.indices: name vertex {int(indices.max())}, but there are {vertices}")
        return indices


class _Vertices:
    """The attributes of one primitive, from accessors or unpacked."""

    def __init__(
        self, place: str, primitive: Primitive, accessors: AccessorReader, unpacked: DracoGeometry | None
    ) -> None:
        self._place = place
        self._primitive = primitive
        self._accessors = accessors
        self._unpacked = {} if unpacked is None else unpacked.attributes

    def has(self, name: str) -> bool:
        return name in self._primitive.attributes

    def floats(self, name: str) -> Floats:
        if name in self._unpacked:
            place = f"{self._place}.attributes.{name}"
            return to_floats(self._unpacked[name], self._accessors.normalized(self._primitive.attributes[name]), place)
        return self._accessors.floats(self._primitive.attributes[name])

    def mesh(self, slots: UvSlots, used: NDArray[np.uint32] | None) -> Mesh:
        """All vertices, or those that are used; without triangles, lines or points."""

        def optional(name: str) -> Floats | None:
            return _chosen(self.floats(name), used) if self.has(name) else None

        positions = _chosen(self.floats("POSITION"), used)
        normals = optional("NORMAL")
        joints, weights = self._influences(used)
        return Mesh(
            positions=positions,
            normals=np.zeros_like(positions) if normals is None else normals,
            triangles=_NO_TRIANGLES,
            material=0,
            uvs=optional(f"TEXCOORD_{slots.first}"),
            uvs_1=optional(f"TEXCOORD_{slots.second}"),
            colors=_colors(optional("COLOR_0")),
            # Tangents without normals must be ignored (section 3.7.2.1).
            tangents=optional("TANGENT") if normals is not None else None,
            joints=joints,
            weights=weights,
            morphs=self._morphs(len(positions), used),
        )

    def _influences(self, used: NDArray[np.uint32] | None) -> tuple[NDArray[np.uint16] | None, Floats | None]:
        sets: list[int] = []
        while self.has(f"JOINTS_{len(sets)}") and self.has(f"WEIGHTS_{len(sets)}"):
            sets.append(len(sets))
        if not sets:
            return None, None
        joints = np.concatenate([self._raw(f"JOINTS_{number}") for number in sets], axis=1)
        weights = np.concatenate([self.floats(f"WEIGHTS_{number}") for number in sets], axis=1)
        return strongest(_chosen(joints, used), _chosen(weights, used))

    def _raw(self, name: str) -> NDArray[Any]:
        return self._unpacked[name] if name in self._unpacked else self._accessors.raw(self._primitive.attributes[name])

    def _morphs(self, count: int, used: NDArray[np.uint32] | None) -> MorphTargets | None:
        targets = self._primitive.targets
        if not targets:
            return None

        def deltas(name: str) -> Floats | None:
            # Without the attribute itself it says nothing, and may be of any length.
            if not self.has(name) or not any(name in target for target in targets):
                return None
            stacked = np.zeros((len(targets), count, 3), np.float32)
            for index, target in enumerate(targets):
                if name in target:
                    stacked[index] = _chosen(self._accessors.floats(target[name]), used)
            return stacked

        positions = deltas("POSITION")
        if positions is None:
            positions = np.zeros((len(targets), count, 3), np.float32)
        return MorphTargets(positions, deltas("NORMAL"), deltas("TANGENT"))


def _chosen(values: NDArray[Any], used: NDArray[np.uint32] | None) -> NDArray[Any]:
    return values if used is None else values[used]


def _colors(stored: Floats | None) -> Floats | None:
    """(n, 4) linear from 0 to 1, opaque where there is no alpha."""
    if stored is None:
        return None
    if stored.shape[1] == 3:
        stored = np.concatenate([stored, np.ones((len(stored), 1), np.float32)], axis=1)
    return np.clip(stored, 0.0, 1.0)


def _faceted(mesh: Mesh, corners: NDArray[np.uint32]) -> Mesh:
    """Each triangle with three vertices of its own, so that it can have its own normal."""
    if not len(corners):
        return mesh
    normals = flat_normals(mesh.positions, corners)
    order = corners.reshape(-1)

    def own(values: NDArray[Any] | None) -> Any:
        return None if values is None else values[order]

    morphs = mesh.morphs
    if morphs is not None:
        morphs = MorphTargets(morphs.positions[:, order])
    return replace(
        mesh,
        positions=mesh.positions[order],
        normals=normals,
        triangles=np.arange(len(order), dtype=np.uint32).reshape(-1, 3),
        uvs=own(mesh.uvs),
        uvs_1=own(mesh.uvs_1),
        colors=own(mesh.colors),
        joints=own(mesh.joints),
        weights=own(mesh.weights),
        morphs=morphs,
    )
