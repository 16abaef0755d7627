"""Normals for what has none: flat ones, by trimesh (glTF 2.0, section 3.7.2.1)."""

from __future__ import annotations

import numpy as np
import trimesh
from numpy.typing import NDArray


def flat_normals(positions: NDArray[np.float32], triangles: NDArray[np.uint32]) -> NDArray[np.float32]:
    """One for each corner of each triangle, (3 * m, 3), length 1; +Z for triangles without an area."""
    normals, whole = trimesh.triangles.normals(positions[triangles])
    flat = np.zeros((len(triangles), 3), np.float32)
    flat[:, 2] = 1.0
    flat[whole] = normals
    return np.repeat(flat, 3, axis=0)
