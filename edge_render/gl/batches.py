"""Static nodes merged by material into few large vertex buffers. Pure numpy, no GL.

World transforms are applied here, once. The triangles of a batch are ordered by *chunks*, coarse cells of
space (or whole nodes, where they are blended and must be sorted), which are what is culled and sorted per
frame, all at once in numpy.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge_render.scene import AlphaMode, Material, Mesh, Scene

CHUNK_CELL_M = 3.0
"""Least edge of the cells that triangles are grouped by; large scenes get larger cells."""
CHUNK_CELLS_PER_AXIS_MAX = 12

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """All triangles of one material, in world space.

    Vertices are in node order: those of node ``node_ids[i]`` begin at ``node_first_vertex[i]``.
    Chunk ``i`` is ``chunk_count[i]`` indices from ``chunk_first[i]``, inside ``chunk_min[i]..chunk_max[i]``.
    """

    material: int
    positions: Floats = field(repr=False)
    normals: Floats = field(repr=False)
    uvs: Floats | None = field(repr=False)
    tangents: Floats | None = field(repr=False)
    """(n, 4): direction of growing u, and the sign of the bitangent ``cross(normal, tangent)``."""
    colors: Floats | None = field(repr=False)
    indices: NDArray[np.uint32] = field(repr=False)
    chunk_first: NDArray[np.int64] = field(repr=False)
    chunk_count: NDArray[np.int64] = field(repr=False)
    chunk_min: Floats = field(repr=False)
    chunk_max: Floats = field(repr=False)
    node_ids: NDArray[np.int64] = field(repr=False)
    node_first_vertex: NDArray[np.int64] = field(repr=False)

    def node_of_vertex(self, vertex: int) -> int:
        """Index in ``Scene.nodes`` of the node that a vertex of this batch belongs to."""
        return int(self.node_ids[np.searchsorted(self.node_first_vertex, vertex, side="right") - 1])


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    """One node in world space."""

    node: int
    positions: Floats
    normals: Floats
    uvs: Floats | None
    tangents: Floats | None
    colors: Floats | None
    triangles: NDArray[np.uint32]


def build_batches(scene: Scene) -> tuple[Batch, ...]:
    """Merge a scene's nodes by material, in the order of ``Scene.materials``; unused materials give no batch."""
    tangents: dict[int, Floats] = {}
    placed: dict[int, list[_Placed]] = defaultdict(list)
    low, high = scene_bounds(scene)
    cell = max(CHUNK_CELL_M, float((high - low).max()) / CHUNK_CELLS_PER_AXIS_MAX)
    for index, node in enumerate(scene.nodes):
        mesh = scene.meshes[node.mesh]
        material = scene.materials[mesh.material]
        if len(mesh.triangles) == 0:
            continue
        if material.normal_texture is not None and mesh.uvs is not None and node.mesh not in tangents:
            tangents[node.mesh] = vertex_tangents(mesh)
        placed[mesh.material].append(_place(index, mesh, node.matrix, material, tangents.get(node.mesh)))
    return tuple(_merge(key, scene.materials[key], parts, low, cell) for key, parts in sorted(placed.items()))


def scene_bounds(scene: Scene) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Smallest and largest corner, world space, metres; zeros where nothing is placed."""
    low, high = np.full(3, np.inf), np.full(3, -np.inf)
    for node in scene.nodes:
        positions = scene.meshes[node.mesh].positions
        if len(positions):
            world = positions @ node.matrix[:3, :3].T + node.matrix[:3, 3]
            low, high = np.minimum(low, world.min(axis=0)), np.maximum(high, world.max(axis=0))
    if not np.isfinite(low).all():
        return np.zeros(3), np.zeros(3)
    return low, high


def vertex_tangents(mesh: Mesh) -> Floats:
    """Tangents (n, 4) of a mesh with uvs: per-triangle directions of u, summed at shared vertices.

    As in MikkTSpace the vertex normal is kept and the tangent made perpendicular to it; vertices that no
    usable triangle touches get any perpendicular.
    """
    assert mesh.uvs is not None
    corners = mesh.triangles
    p0, p1, p2 = (mesh.positions[corners[:, k]].astype(np.float64) for k in range(3))
    w0, w1, w2 = (mesh.uvs[corners[:, k]].astype(np.float64) for k in range(3))
    edge1, edge2, step1, step2 = p1 - p0, p2 - p0, w1 - w0, w2 - w0
    area = step1[:, 0] * step2[:, 1] - step2[:, 0] * step1[:, 1]
    flat = np.abs(area) < 1e-20
    scale = np.where(flat, 0.0, 1.0 / np.where(flat, 1.0, area))[:, None]
    along_u = (edge1 * step2[:, 1:2] - edge2 * step1[:, 1:2]) * scale
    along_v = (edge2 * step1[:, 0:1] - edge1 * step2[:, 0:1]) * scale
    # Directions are summed by area in space, not in texture, so that stretched texture does not count more.
    weight = np.linalg.norm(np.cross(edge1, edge2), axis=1)[:, None]
    sum_u, sum_v = np.zeros((len(mesh.positions), 3)), np.zeros((len(mesh.positions), 3))
    for k in range(3):
        np.add.at(sum_u, corners[:, k], _unit(along_u) * weight)
        np.add.at(sum_v, corners[:, k], _unit(along_v) * weight)
    normals = mesh.normals.astype(np.float64)
    tangent = sum_u - normals * np.sum(normals * sum_u, axis=1, keepdims=True)
    lost = np.linalg.norm(tangent, axis=1) < 1e-12
    axis = np.where(np.abs(normals[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    tangent[lost] = np.cross(axis, normals)[lost]
    sign = np.where(np.sum(np.cross(normals, tangent) * sum_v, axis=1) < 0.0, -1.0, 1.0)
    return np.concatenate([_unit(tangent), sign[:, None]], axis=1).astype(np.float32)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: NDArray[np.float64] = vectors / np.where(length < 1e-30, 1.0, length)
    return result


def _place(index: int, mesh: Mesh, matrix: NDArray[np.float64], material: Material, tangents: Floats | None) -> _Placed:
    linear = matrix[:3, :3]
    # The cofactor matrix turns normals as the inverse transpose does, and exists for flattened nodes too.
    cofactor = np.stack(
        [np.cross(linear[1], linear[2]), np.cross(linear[2], linear[0]), np.cross(linear[0], linear[1])]
    )
    mirrored = bool(np.linalg.det(linear) < 0.0)
    sign = -1.0 if mirrored else 1.0
    world_tangents = None
    if tangents is not None:
        turned = _unit(tangents[:, :3] @ linear.T)
        world_tangents = np.concatenate([turned, tangents[:, 3:] * sign], axis=1).astype(np.float32)
    return _Placed(
        node=index,
        positions=(mesh.positions @ linear.T + matrix[:3, 3]).astype(np.float32),
        normals=_unit(sign * (mesh.normals @ cofactor.T)).astype(np.float32),
        uvs=mesh.uvs if _textured(material) else None,
        tangents=world_tangents,
        colors=mesh.colors,
        # A mirrored triangle is seen in the other winding; culling must go on seeing its front as front.
        triangles=mesh.triangles[:, ::-1] if mirrored else mesh.triangles,
    )


def _textured(material: Material) -> bool:
    return any(
        texture is not None
        for texture in (
            material.base_color_texture,
            material.metallic_roughness_texture,
            material.normal_texture,
            material.occlusion_texture,
            material.emissive_texture,
        )
    )


def _merge(key: int, material: Material, parts: list[_Placed], origin: NDArray[np.float64], cell_m: float) -> Batch:
    first_vertex = np.cumsum([0, *(len(part.positions) for part in parts)])
    positions = np.concatenate([part.positions for part in parts])
    triangles = np.concatenate(
        [part.triangles.astype(np.uint32) + np.uint32(first) for part, first in zip(parts, first_vertex, strict=False)]
    )
    if material.alpha_mode is AlphaMode.BLEND:
        group = np.repeat(np.arange(len(parts)), [len(part.triangles) for part in parts])
    else:
        centres = positions[triangles].mean(axis=1)
        x, y, z = np.floor((centres - origin) / cell_m).astype(np.int64).T
        group = (x << 20) | (z << 10) | y
    order = np.argsort(group, kind="stable")
    triangles, group = triangles[order], group[order]
    first = np.flatnonzero(np.concatenate([[True], group[1:] != group[:-1]]))
    corner_min = positions[triangles].min(axis=1)
    corner_max = positions[triangles].max(axis=1)
    return Batch(
        material=key,
        positions=positions,
        normals=np.concatenate([part.normals for part in parts]),
        uvs=_join([part.uvs for part in parts], parts, (0.0, 0.0)),
        tangents=_join([part.tangents for part in parts], parts, (1.0, 0.0, 0.0, 1.0)),
        colors=_join([part.colors for part in parts], parts, (1.0, 1.0, 1.0, 1.0)),
        indices=np.ascontiguousarray(triangles, dtype=np.uint32).reshape(-1),
        chunk_first=first * 3,
        chunk_count=np.diff(np.append(first, len(triangles))) * 3,
        chunk_min=np.minimum.reduceat(corner_min, first, axis=0),
        chunk_max=np.maximum.reduceat(corner_max, first, axis=0),
        node_ids=np.array([part.node for part in parts], dtype=np.int64),
        node_first_vertex=first_vertex[:-1],
    )


def _join(values: list[Floats | None], parts: list[_Placed], default: tuple[float, ...]) -> Floats | None:
    """Concatenate a vertex attribute that some nodes may lack; None where all do."""
    if all(value is None for value in values):
        return None
    filled = [
        np.tile(np.asarray(default, np.float32), (len(part.positions), 1))
        if value is None
        else value.astype(np.float32)
        for value, part in zip(values, parts, strict=True)
    ]
    return np.concatenate(filled)
