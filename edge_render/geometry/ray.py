"""Where a ray meets triangles. Pure numpy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BLOCK_TRIANGLES = 128
_NEAREST_M = 1e-4
_PARALLEL = 1e-12
_beyond_numbers = np.errstate(over="ignore", invalid="ignore")
"""What a file places so far out, or so small, that doubles can't tell where, comes to infinities or to no numbers, and
no comparison with those is a hit."""

Floats = NDArray[np.float64]


class BlockedMesh:
    """Triangles in blocks of neighbours, each with a box around it. Immutable.

    They are put in order along a curve through space (G. M. Morton, "A computer oriented geodetic data base", 1966), so
    that those that follow each other lie together; it takes 12 bytes a triangle.
    """

    def __init__(self, positions: NDArray[np.floating], triangles: NDArray[np.uint32]) -> None:
        self._positions = positions
        used = positions[triangles]
        self.low: Floats = used.min(axis=(0, 1)).astype(np.float64)
        self.high: Floats = used.max(axis=(0, 1)).astype(np.float64)
        if len(triangles) > BLOCK_TRIANGLES:
            order = np.argsort(_morton(used.mean(axis=1, dtype=np.float64), self.low, self.high), kind="stable")
            triangles, used = triangles[order], used[order]
        self._triangles = triangles
        first = np.arange(0, len(triangles), BLOCK_TRIANGLES)
        self._block_low = np.minimum.reduceat(used.min(axis=1), first, axis=0).astype(np.float64)
        self._block_high = np.maximum.reduceat(used.max(axis=1), first, axis=0).astype(np.float64)

    @_beyond_numbers
    def hit(self, origin: Floats, direction: Floats, matrix: Floats) -> tuple[float, Floats] | None:
        """Where a ray in world space first meets the mesh, placed by ``matrix`` (4, 4): how far along it, in lengths of
        ``direction``, and the triangle's normal (3,) in world space. None where it misses."""
        try:
            inverse = np.linalg.inv(matrix)
        except np.linalg.LinAlgError:
            return None  # flattened to a plane or less: it is not seen either, but from one side, edge on
        start, along = inverse[:3, :3] @ origin + inverse[:3, 3], inverse[:3, :3] @ direction
        blocks = np.flatnonzero(np.isfinite(boxes_entered(self._block_low, self._block_high, start, along)))
        if not len(blocks):
            return None
        chosen = (blocks[:, None] * BLOCK_TRIANGLES + np.arange(BLOCK_TRIANGLES)).reshape(-1)
        corners = self._positions[self._triangles[chosen[chosen < len(self._triangles)]]].astype(np.float64)
        distances = _distances(corners, start, along)
        nearest = int(np.argmin(distances))
        if not np.isfinite(distances[nearest]):
            return None
        a, b, c = corners[nearest] @ matrix[:3, :3].T
        # Of the edges' directions, as the product of very long or short ones is no number.
        normal = np.cross(_unit(b - a), _unit(c - a))
        return float(distances[nearest]), _unit(normal)


def _unit(vector: Floats) -> Floats:
    scaled = vector / np.abs(vector).max()
    result: Floats = scaled / np.linalg.norm(scaled)
    return result


@_beyond_numbers
def world_boxes_of(matrices: Floats, low: Floats, high: Floats) -> tuple[Floats, Floats]:
    """The boxes (n, 3) in world space that just hold boxes ``low``..``high`` (n, 3) placed by matrices (n, 4, 4)."""
    center, extent = (low + high).reshape(-1, 3) * 0.5, (high - low).reshape(-1, 3) * 0.5
    middle = np.einsum("nij,nj->ni", matrices[:, :3, :3], center) + matrices[:, :3, 3]
    reach = np.einsum("nij,nj->ni", np.abs(matrices[:, :3, :3]), extent)
    return middle - reach, middle + reach


@_beyond_numbers
def boxes_entered(low: Floats, high: Floats, origin: Floats, direction: Floats) -> Floats:
    """How far along a ray it enters each of the boxes (n, 3), infinite where it misses: the slab test."""
    least = max(_PARALLEL * float(np.abs(direction).max()), np.finfo(np.float64).tiny)
    safe = np.where(np.abs(direction) < least, least, direction)
    first, second = (low - origin) / safe, (high - origin) / safe
    entry = np.minimum(first, second).max(axis=1)
    leave = np.maximum(first, second).min(axis=1)
    result: Floats = np.where((entry <= leave) & (leave > 0.0), np.maximum(entry, 0.0), np.inf)
    return result


def _distances(corners: Floats, origin: Floats, direction: Floats) -> Floats:
    """Along a ray to each triangle (n, 3, 3), infinite where it is missed."""
    a = corners[:, 0]
    edge1, edge2 = corners[:, 1] - a, corners[:, 2] - a
    across = np.cross(direction, edge2)
    determinant = np.einsum("ij,ij->i", edge1, across)
    # Files have their own units: what counts as parallel goes by the size of the triangle.
    size = np.linalg.norm(edge1, axis=1) * np.linalg.norm(edge2, axis=1) * np.linalg.norm(direction)
    parallel = np.abs(determinant) <= _PARALLEL * size
    inverse = 1.0 / np.where(parallel, 1.0, determinant)
    offset = origin - a
    u = np.einsum("ij,ij->i", offset, across) * inverse
    beside = np.cross(offset, edge1)
    v = (beside @ direction) * inverse
    distance = np.einsum("ij,ij->i", edge2, beside) * inverse
    hit = ~parallel & (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1.0 + 1e-9) & (distance > _NEAREST_M)
    result: Floats = np.where(hit, distance, np.inf)
    return result


def _morton(points: NDArray[np.floating], low: Floats, high: Floats) -> NDArray[np.uint64]:
    """The place of points (n, 3) along the curve: ten bits of each axis by turns."""
    share = (points - low) / np.maximum(high - low, 1e-30)
    cells = np.clip(share * 1024.0, 0.0, 1023.0).astype(np.uint64)
    code = np.zeros(len(points), np.uint64)
    for bit in range(10):
        for axis in range(3):
            code |= ((cells[:, axis] >> np.uint64(bit)) & np.uint64(1)) << np.uint64(3 * bit + axis)
    return code
