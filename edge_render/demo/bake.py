"""Light that is baked into the vertices: how open a place is, and what lamps and windows shine on it.

Rays march through a grid of voxels instead of triangles: that is a few array look-ups for each step, so a whole
showroom takes seconds, and light that is this soft needs no more precision than a voxel.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from edge_render.demo.solid import Floats, Solid
from edge_render.pose import Vec3

AO_RAYS = 32
AO_STEPS_M = np.concatenate([[0.0], 0.04 * 1.36 ** np.arange(11)])
"""Where along a ray the voxels are looked up; the last one is as far as openness looks."""
START_VOXELS = 1.1
"""How far off its own surface a ray starts: out of the voxel that the surface itself fills."""
LAMP_START_VOXELS = 2.2
LAMP_STEP_M = 0.1
WINDOW_PATCH_M = 1.3
_CHUNK = 400_000

Fields = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Lamp:
    """Shines downwards: its strength falls with ``focus``-th power of the cosine from straight down
    (0: to all sides alike). ``color`` is linear RGB, irradiance at 1 m."""

    position: Vec3
    color: Vec3
    focus: float = 0.0
    reach_m: float = 3.6


@dataclass(frozen=True, slots=True)
class Window:
    """An upright opening through which the sky shines: its middle, its size, where it faces, its radiance."""

    middle: Vec3
    width: float
    height: float
    facing: Vec3
    color: Vec3


class VoxelGrid:
    """Which cells of a box in space something solid runs through."""

    def __init__(self, solids: Iterable[Solid], low: Vec3, high: Vec3, cell_m: float) -> None:
        self.cell_m = cell_m
        self._low = np.array(low, np.float32)
        self._size = np.ceil((np.array(high) - np.array(low)) / cell_m).astype(np.int64)
        self._filled = np.zeros(int(self._size.prod()) + 1, np.bool_)
        for solid in solids:
            self._fill(solid)
        self._filled[-1] = False

    def _fill(self, solid: Solid) -> None:
        """Mark the surface of a solid and what it encloses: a box is not open inside."""
        corner = np.floor((solid.positions.min(axis=0) - self._low) / self.cell_m).astype(np.int64) - 1
        end = np.floor((solid.positions.max(axis=0) - self._low) / self.cell_m).astype(np.int64) + 2
        local = np.zeros(end - corner, np.bool_)
        for points in _points_on(solid, self.cell_m * 0.8):
            cells = np.floor((points.astype(np.float32) - self._low) / np.float32(self.cell_m)).astype(np.int64)
            local[tuple((cells - corner).T)] = True
        filled = np.argwhere(ndimage.binary_fill_holes(local)) + corner
        filled = filled[((filled >= 0) & (filled < self._size)).all(axis=1)]
        self._filled[(filled[:, 0] * self._size[1] + filled[:, 1]) * self._size[2] + filled[:, 2]] = True

    def _cells(self, points: Fields) -> NDArray[np.int32]:
        """Index of each point's cell; all that lies outside shares the last one, which is empty."""
        # One axis after the other: along a last axis of three, numpy takes several times as long.
        flat, inside = np.zeros(points.shape[:-1], np.int32), np.ones(points.shape[:-1], np.bool_)
        for axis, size in enumerate(self._size.astype(np.int32)):
            at = np.floor((points[..., axis] - self._low[axis]) / np.float32(self.cell_m)).astype(np.int32)
            inside &= at.view(np.uint32) < np.uint32(size)  # what is below 0 is a large number there
            flat = flat * size + at
        return np.where(inside, flat, np.int32(len(self._filled) - 1))

    def blocked(self, points: Fields) -> NDArray[np.bool_]:
        """Whether something is in the cell of each point; shape (..., 3) to (...)."""
        result: NDArray[np.bool_] = self._filled[self._cells(points)]
        return result

    def openness(self, positions: Fields, normals: Fields) -> Fields:
        """How much of the half space above each place is free nearby, 0 to 1, shape (n,)."""
        rays = _cosine_rays(AO_RAYS)
        across, along = _tangents(normals)
        start = positions + normals * np.float32(START_VOXELS * self.cell_m)
        steps = (AO_STEPS_M * self.cell_m / 0.05).astype(np.float32)
        # What is near shades fully, what is far a little: so the edge of the search does not show.
        shade = (1.0 - (steps / steps[-1]) ** 2).astype(np.float32)
        shaded = np.zeros(len(positions), np.float32)
        for right, up, out in rays.astype(np.float32):
            direction = across * right + along * up + normals * out
            points = start[:, None] + direction[:, None] * steps[:, None]
            blocked = self.blocked(points)
            # In a corner, a ray starts within the voxel of the other surface: only what stays in it is shaded.
            buried = blocked[:, 0] & blocked[:, 1]
            shaded += np.where(buried, 1.0, (blocked[:, 1:] * shade[1:]).max(axis=1))
        return np.asarray(1.0 - shaded / len(rays), np.float32)

    def lit_by(self, lamp: Lamp, positions: Fields, normals: Fields) -> Fields:
        """Irradiance of a lamp, without its colour; shape (n,)."""
        result = np.zeros(len(positions), np.float32)
        to_lamp = np.array(lamp.position, np.float32) - positions
        distance = np.linalg.norm(to_lamp, axis=1)
        direction = to_lamp / np.maximum(distance, 1e-3)[:, None]
        facing = np.einsum("ij,ij->i", normals, direction)
        down = np.clip(direction[:, 1], 0.0, 1.0)
        fade = np.clip(1.0 - (distance / lamp.reach_m) ** 2, 0.0, 1.0)
        strength = np.clip(facing, 0.0, 1.0) * down**lamp.focus * fade / np.maximum(distance, 0.25) ** 2
        reached = np.flatnonzero(strength > 1e-3)
        if len(reached) == 0:
            return result
        # The last voxels before the lamp are left out: they hold the lamp itself.
        steps = np.arange(0.0, lamp.reach_m, LAMP_STEP_M, dtype=np.float32)
        start = positions[reached] + normals[reached] * np.float32(LAMP_START_VOXELS * self.cell_m)
        points = start[:, None] + direction[reached][:, None] * steps[:, None]
        blocked = self.blocked(points) & (steps < distance[reached][:, None] - 0.28)
        result[reached] = strength[reached] * ~blocked.any(axis=1)
        return result


def window_light(window: Window, positions: Fields, normals: Fields) -> Fields:
    """Irradiance from a window, without its colour and whatever stands between; shape (n,)."""
    facing = np.array(window.facing, np.float32)
    sideways = np.cross((0.0, 1.0, 0.0), facing)
    columns, rows = math.ceil(window.width / WINDOW_PATCH_M), math.ceil(window.height / WINDOW_PATCH_M)
    area = window.width * window.height / (columns * rows)
    result = np.zeros(len(positions), np.float32)
    for column in range(columns):
        for row in range(rows):
            aside = ((column + 0.5) / columns - 0.5) * window.width
            above = ((row + 0.5) / rows - 0.5) * window.height
            patch = (np.array(window.middle) + sideways * aside + (0.0, above, 0.0)).astype(np.float32)
            away = patch - positions
            # A patch is not a point: close to it the light grows no further.
            square = np.einsum("ij,ij->i", away, away) + np.float32(0.3 * area)
            received = np.clip(np.einsum("ij,ij->i", away, normals), 0.0, None)
            sent = np.clip(-(away @ facing), 0.0, None)
            result += received * sent * np.float32(area / math.pi) / square**2
    return result


def bake_room(
    grid: VoxelGrid, positions: Floats, normals: Floats, ambient: Vec3, lamps: Sequence[Lamp], windows: Sequence[Window]
) -> Floats:
    """Irradiance of places in the room relative to full ambient light, shape (n, 3), linear RGB."""
    points, directions = positions.astype(np.float32), normals.astype(np.float32)
    light = np.empty((len(points), 3), np.float64)
    for first in range(0, len(points), _CHUNK):
        part = slice(first, first + _CHUNK)
        here, normal = points[part], directions[part]
        soft = np.tile(np.array(ambient), (len(here), 1))
        for window in windows:
            soft += np.array(window.color) * window_light(window, here, normal)[:, None]
        soft *= grid.openness(here, normal)[:, None]
        for lamp in lamps:
            soft += np.array(lamp.color) * grid.lit_by(lamp, here, normal)[:, None]
        light[part] = soft
    return light


def _cosine_rays(count: int) -> Floats:
    """Directions of a half sphere around +Z, denser towards it as the cosine is, shape (count, 3)."""
    index = np.arange(count) + 0.5
    radius, turn = np.sqrt(index / count), index * math.pi * (3.0 - math.sqrt(5.0))
    return np.stack([radius * np.cos(turn), radius * np.sin(turn), np.sqrt(1.0 - radius**2)], axis=1)


def _tangents(normals: Fields) -> tuple[Fields, Fields]:
    helper = np.where(np.abs(normals[:, 1:2]) < 0.9, (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)).astype(np.float32)
    across = np.cross(helper, normals)
    across /= np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-6)
    return across, np.cross(normals, across)


def _points_on(solid: Solid, spacing_m: float) -> Iterable[Floats]:
    """Points on the triangles of a solid, none further apart than the spacing."""
    triangles = solid.positions[solid.triangles]
    edges = np.linalg.norm(triangles - np.roll(triangles, 1, axis=1), axis=2).max(axis=1)
    splits = 2 ** np.ceil(np.log2(np.maximum(edges / spacing_m, 1.0))).astype(np.int64)
    for split in np.unique(splits):
        u, v = np.meshgrid(np.arange(split + 1) / split, np.arange(split + 1) / split)
        inside = u + v <= 1.0 + 1e-9
        weights = np.stack([1.0 - u[inside] - v[inside], u[inside], v[inside]])
        group = triangles[splits == split]
        for part in np.array_split(group, max(1, len(group) * weights.shape[1] // 1_000_000)):
            yield np.einsum("wp,twc->tpc", weights, part).reshape(-1, 3)
