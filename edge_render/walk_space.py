"""Where a visitor can stand and walk: a grid of the floor, blocked by what stands between knee and head."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from edge_render.animation import Animator
from edge_render.errors import PackageError
from edge_render.geometry.posed import Placement, placements
from edge_render.package import Walkable
from edge_render.pose import Vec3
from edge_render.scene import Scene

CELL_M = 0.05
KNEE_M = 0.25
"""Lower things (rugs, skirting, steps) do not block."""
HEADROOM_M = 0.15
"""Above the eyes; higher things (lamps, lintels) do not block."""
NEAREST_FREE_MAX_M = 1.5
POINTS_MAX = 100_000_000
"""What some 50 000 m² of surfaces between knee and head come to."""
_SPACING_M = CELL_M * 0.7
_SPLIT_MAX = 64
_FAR_M = 1e10
_TOGETHER = 200_000

Floats = NDArray[np.float64]


class OccupancyGrid:
    """Free and blocked cells of CELL_M. Immutable; positions are those of the eyes."""

    def __init__(self, scene: Scene, walkable: Walkable) -> None:
        """Raises PackageError where there is too much in the scene to tell."""
        self._eye_y = walkable.floor_y + walkable.eye_height
        self._origin = np.array(walkable.min)
        size = np.array(walkable.max) - self._origin
        self._shape = (max(1, math.ceil(size[0] / CELL_M)), max(1, math.ceil(size[1] / CELL_M)))
        # A frame around the bounds, so that what stands just outside still keeps its distance.
        frame = math.ceil(walkable.body_radius / CELL_M) + 1
        blocked = np.zeros((self._shape[0] + 2 * frame, self._shape[1] + 2 * frame), np.bool_)
        low_y, high_y = walkable.floor_y + KNEE_M, self._eye_y + HEADROOM_M
        margin = frame * CELL_M
        low = np.array([walkable.min[0] - margin, low_y, walkable.min[1] - margin])
        high = np.array([walkable.max[0] + margin, high_y, walkable.max[1] + margin])
        for points in _surface_points(scene, low, high):
            inside = points[(points[:, 1] >= low_y) & (points[:, 1] <= high_y)]
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


def _surface_points(scene: Scene, low: Floats, high: Floats) -> Iterator[Floats]:
    """Points on all surfaces within a box, closer together than a cell; arrays of (n, 3).

    Large triangles are halved until they are smaller; what lies outside of the box is left out at each step,
    so that a dome or a ground of kilometres costs no more than what is near. Raises PackageError where it is too much.
    """
    animator = None if scene.rig is None else Animator(scene.rig)
    rest = None if animator is None else animator.rest
    # What moves is where it rests: nobody is to be stopped by something that has gone by.
    placed = placements(scene, animator, rest, iter(range(len(scene.nodes))))
    waiting = [part for entry in placed if len(part := _within(_triangles(scene, entry), low, high))]
    left = POINTS_MAX
    while waiting:
        part = waiting.pop()
        edges = np.linalg.norm(part - np.roll(part, 1, axis=1), axis=2)
        longest = edges.max(axis=1)
        small = longest <= _SPLIT_MAX * _SPACING_M
        halves = _within(_halves(part[~small], edges[~small]), low, high)
        if len(halves):
            waiting += np.array_split(halves, -(-len(halves) // _TOGETHER))
        # Triangles are split into n x n small ones; powers of two keep the number of different n small.
        splits = 2 ** np.ceil(np.log2(np.maximum(longest[small] / _SPACING_M, 1.0))).astype(np.int64)
        left -= len(halves) + int((splits * splits).sum())
        if left < 0:
            raise PackageError(
                f"{scene.name}: more surfaces stand where visitors walk than can be looked at: make walkable smaller,"
                " or leave out of the model what nobody sees"
            )
        for split in np.unique(splits):
            yield from _grids(part[small][splits == split], int(split))


def _grids(triangles: Floats, split: int) -> Iterator[Floats]:
    """Points of each triangle, ``split`` + 1 on each edge."""
    u, v = np.meshgrid(np.arange(split + 1) / split, np.arange(split + 1) / split)
    inside = u + v <= 1.0 + 1e-9
    u, v = u[inside], v[inside]
    weights = np.stack([1.0 - u - v, u, v])
    # A part at a time, so that a hall of large walls does not need gigabytes.
    for part in np.array_split(triangles, max(1, len(triangles) * weights.shape[1] // 2_000_000)):
        yield np.einsum("wp,twc->tpc", weights, part).reshape(-1, 3)


def _triangles(scene: Scene, placed: Placement) -> Floats:
    """(m, 3, 3), world space."""
    mesh, matrix = scene.meshes[scene.nodes[placed.node].mesh], placed.matrix
    with np.errstate(over="ignore", invalid="ignore"):
        world: Floats = placed.positions.astype(np.float64) @ matrix[:3, :3].T + matrix[:3, 3]
    triangles: Floats = world[mesh.triangles]
    # Beyond that, a double can't tell places in the room apart.
    return triangles[(np.abs(triangles) <= _FAR_M).all(axis=(1, 2))]


def _within(triangles: Floats, low: Floats, high: Floats) -> Floats:
    """Those whose own boxes reach into a box."""
    inside: Floats = triangles[((triangles.max(axis=1) >= low) & (triangles.min(axis=1) <= high)).all(axis=1)]
    return inside


def _halves(triangles: Floats, edges: Floats) -> Floats:
    """Each triangle as two, by the middle of its longest edge, so that needles become short; (2 * m, 3, 3). ``edges``:
    (m, 3), the lengths from corner to corner before."""
    longest = edges.argmax(axis=1)
    order = (longest[:, None] + [-1, 0, 1]) % 3
    a, b, c = np.take_along_axis(triangles, order[:, :, None], axis=1).transpose(1, 0, 2)
    middle = (a + b) / 2.0
    return np.concatenate([np.stack([a, middle, c], axis=1), np.stack([middle, b, c], axis=1)])
