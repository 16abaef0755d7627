"""Normals for what has none: flat ones (glTF 2.0, section 3.7.2.1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def flat_normals(positions: NDArray[np.float32], triangles: NDArray[np.uint32]) -> NDArray[np.float32]:
    """One for each corner of each triangle, (3 * m, 3), length 1; +Z for triangles without an area."""
    a, b, c = positions[triangles].astype(np.float64).transpose(1, 0, 2)
    normals = np.cross(b - a, c - a)
    lengths = np.linalg.norm(normals, axis=1)
    whole = lengths > 0.0
    flat = np.zeros((len(triangles), 3), np.float32)
    flat[:, 2] = 1.0
    flat[whole] = normals[whole] / lengths[whole, None]
    return np.repeat(flat, 3, axis=0)
