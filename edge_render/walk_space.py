"""Where a visitor can stand and walk: a grid of the floor, blocked by what stands between knee and head."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from edge_render.package import Walkable
from edge_render.pose import Vec3
from edge_render.scene import Scene

CELL_M = 0.05
KNEE_M = 0.25
"""Lower things (rugs, skirting, steps) do not block."""
HEADROOM_M = 0.15
"""Above the eyes; higher things (lamps, lintels) do not block."""
NEAREST_FREE_MAX_M = 1.5
_SPLIT_MAX = 2048

Floats = NDArray[np.float64]


class OccupancyGrid:
    """Free and blocked cells of CELL_M. Immutable; positions are those of the eyes."""

    def __init__(self, scene: Scene, walkable: Walkable) -> None:
        self._eye_y = walkable.floor_y + walkable.eye_height
        self._origin = np.array(walkable.min)
        size = np.array(walkable.max) - self._origin
        self._shape = (max(1, math.ceil(size[0] / CELL_M)), max(1, math.ceil(size[1] / CELL_M)))
        # A frame around the bounds, so that what stands just outside still keeps its distance.
        frame = math.ceil(walkable.body_radius / CELL_M) + 1
        blocked = np.zeros((self._shape[0] + 2 * frame, self._shape[1] + 2 * frame), np.bool_)
        low, high = walkable.floor_y + KNEE_M, self._eye_y + HEADROOM_M
        for points in _surface_points(scene, low, high):
            inside = points[(points[:, 1] >= low) & (points[:, 1] <= high)]
            cells = np.floor((inside[:, [0, 2]] - self._origin) / CELL_M).astype(np.int64) + frame
            cells = cells[((cells >= 0) & (cells < blocked.shape)).all(axis=1)]
            blocked[cells[:, 0], cells[:, 1]] = True
        away_m = ndimage.distance_transform_edt(~blocked) * CELL_M if blocked.any() else np.full(blocked.shape, np.inf)
        free = (away_m > walkable.body_radius)[frame:-frame, frame:-frame]
        self._free: NDArray[np.bool_] = free
        self._nearest: NDArray[np.int32] | None = None
        if free.any():
            self._nearest = ndimage.distance_transform_edt(~free, return_distances=False, return_indices=True)

    def is_free(self, x: float, z: float) -> bool:
        """Whether a visitor can stand at that point of the floor, metres."""
        i, j = self._cell(x, z)
        return 0 <= i < self._shape[0] and 0 <= j < self._shape[1] and bool(self._free[i, j])

    def move(self, position: Vec3, dx: float, dz: float) -> Vec3:
        """Walk a step in metres, sliding along what is in the way; never through it, however long the step."""
        x, _, z = position
        steps = max(1, math.ceil(math.hypot(dx, dz) / CELL_M))
        step_x, step_z = dx / steps, dz / steps
        for _ in range(steps):
            if self.is_free(x + step_x, z + step_z):
                x, z = x + step_x, z + step_z
            elif step_x != 0.0 and self.is_free(x + step_x, z):
                x += step_x
            elif step_z != 0.0 and self.is_free(x, z + step_z):
                z += step_z
            else:
                break
        return x, self._eye_y, z

    def free_point(self, x: float, z: float) -> Vec3 | None:
        """Where the eyes are of who stands there or, where nobody can, at the nearest free place;
        None where that is further than NEAREST_FREE_MAX_M."""
        if self.is_free(x, z):
            return x, self._eye_y, z
        if self._nearest is None:
            return None
        i, j = self._cell(x, z)
        i, j = min(max(i, 0), self._shape[0] - 1), min(max(j, 0), self._shape[1] - 1)
        cell = self._nearest[:, i, j]
        free_x, free_z = (float(value) for value in self._origin + (cell + 0.5) * CELL_M)
        if math.hypot(free_x - x, free_z - z) > NEAREST_FREE_MAX_M:
            return None
        return free_x, self._eye_y, free_z

    def _cell(self, x: float, z: float) -> tuple[int, int]:
        return math.floor((x - self._origin[0]) / CELL_M), math.floor((z - self._origin[1]) / CELL_M)


def _surface_points(scene: Scene, low: float, high: float) -> list[Floats]:
    """Points on all triangles that reach between two heights, closer together than a cell; arrays of (n, 3)."""
    corners = []
    for node in scene.nodes:
        mesh = scene.meshes[node.mesh]
        world = mesh.positions.astype(np.float64) @ node.matrix[:3, :3].T + node.matrix[:3, 3]
        triangles = world[mesh.triangles]
        heights = triangles[:, :, 1]
        corners.append(triangles[(heights.max(axis=1) >= low) & (heights.min(axis=1) <= high)])
    triangles = np.concatenate(corners) if corners else np.zeros((0, 3, 3))
    edges = np.linalg.norm(triangles - np.roll(triangles, 1, axis=1), axis=2).max(axis=1, initial=0.0)
    # Triangles are split into n x n small ones; powers of two keep the number of different n small.
    splits = np.minimum(2 ** np.ceil(np.log2(np.maximum(edges / (CELL_M * 0.7), 1.0))), _SPLIT_MAX).astype(np.int64)
    points = []
    for split in np.unique(splits):
        u, v = np.meshgrid(np.arange(split + 1) / split, np.arange(split + 1) / split)
        inside = u + v <= 1.0 + 1e-9
        u, v = u[inside], v[inside]
        weights = np.stack([1.0 - u - v, u, v])
        group = triangles[splits == split]
        # A part at a time, so that a hall of large walls does not need gigabytes.
        for part in np.array_split(group, max(1, len(group) * weights.shape[1] // 2_000_000)):
            points.append(np.einsum("wp,twc->tpc", weights, part).reshape(-1, 3))
    return points
