"""Tangents for normal textures, where a file gives none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_render.scene import Mesh

Floats = NDArray[np.float32]


def vertex_tangents(mesh: Mesh, uvs: Floats) -> Floats:
    """Tangents (n, 4) of a mesh for its ``uvs`` (n, 2): per-triangle directions of u, summed at shared vertices.

    As in MikkTSpace the vertex normal is kept and the tangent made perpendicular to it; vertices that no
    usable triangle touches get any perpendicular.
    """
    corners = mesh.triangles
    p0, p1, p2 = (mesh.positions[corners[:, k]].astype(np.float64) for k in range(3))
    w0, w1, w2 = (uvs[corners[:, k]].astype(np.float64) for k in range(3))
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
        np.add.at(sum_u, corners[:, k], unit(along_u) * weight)
        np.add.at(sum_v, corners[:, k], unit(along_v) * weight)
    normals = mesh.normals.astype(np.float64)
    tangent = sum_u - normals * np.sum(normals * sum_u, axis=1, keepdims=True)
    lost = np.linalg.norm(tangent, axis=1) < 1e-12
    axis = np.where(np.abs(normals[:, :1]) < 0.9, [[1.0, 0.0, 0.0]], [[0.0, 1.0, 0.0]])
    tangent[lost] = np.cross(axis, normals)[lost]
    # A normal texture's green is up in its picture, and v grows downwards (glTF 2.0, section 3.8.3).
    sign = np.where(np.sum(np.cross(normals, tangent) * sum_v, axis=1) > 0.0, -1.0, 1.0)
    return np.concatenate([unit(tangent), sign[:, None]], axis=1).astype(np.float32)


def unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Vectors (n, 3) at length 1; those of no length stay as they are."""
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    result: NDArray[np.float64] = vectors / np.where(length < 1e-30, 1.0, length)
    return result
