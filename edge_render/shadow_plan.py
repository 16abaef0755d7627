"""Which parts of a scene the sun's shadow maps hold: all of it, and finer cascades around the visitor. Pure.

Cascades are squares around the visitor's place as the sun sees it, snapped to a coarse grid: a map of what stands still
is drawn once for a cell of the grid, holds for all visitors in it, and does not shimmer as they walk.
(M. Valient, "Stable rendering of cascaded shadow maps", ShaderX6, 2008, for stable cascades.)
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from edge_render.pose import Matrix, Vec3

RADII_M = (3.0, 12.0, 48.0)
"""Half of the edge of each cascade; one that would hold half of the scene or more is left out."""
_SNAP = 0.5
"""Edge of a cell, as a share of the radius."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Cell:
    """Of which cascade's grid, and which one."""

    cascade: int
    column: int
    row: int


@dataclass(frozen=True, slots=True, eq=False)
class MapPart:
    """A part of the map of the whole scene: its texture coordinates are ``scale`` times those plus ``offset``."""

    scale: Floats = field(repr=False)
    offset: Floats = field(repr=False)

    def clip_from_whole(self) -> Matrix:
        """From clip space of the whole map to that of the part, (4, 4)."""
        matrix = np.eye(4)
        matrix[0, 0], matrix[1, 1] = self.scale
        matrix[:2, 3] = self.scale + 2.0 * self.offset - 1.0
        return matrix


@dataclass(frozen=True, slots=True, eq=False)
class ShadowPlan:
    """``clip_from_world``: the sun's view of the whole scene; ``edges_m``: its width and height."""

    clip_from_world: Matrix = field(repr=False)
    edges_m: Floats
    radii_m: tuple[float, ...]

    @classmethod
    def of(cls, direction: Vec3, low: Floats, high: Floats, cascades: int) -> ShadowPlan:
        """For a scene inside a box, with so many cascades at most."""
        clip_from_world, edges_m = sun_projection(direction, low, high)
        fitting = tuple(radius for radius in RADII_M if 4.0 * radius < edges_m.max())
        return cls(clip_from_world, edges_m, fitting[:cascades])

    def cells(self, eye: Vec3) -> list[Cell]:
        """The cell of each cascade that a visitor is in, the finest first."""
        at_m = self._place_m(np.asarray(eye, np.float64))
        found = []
        for cascade, radius in enumerate(self.radii_m):
            column, row = np.floor(at_m / (_SNAP * radius)).astype(np.int64)
            found.append(Cell(cascade, int(column), int(row)))
        return found

    def part(self, cell: Cell) -> MapPart:
        """What the map of a cell holds: at least 1 - SNAP / 2 of the radius around everywhere in the cell."""
        radius = self.radii_m[cell.cascade]
        center_m = (np.array([cell.column, cell.row]) + 0.5) * (_SNAP * radius)
        return self._square(center_m, np.full(2, radius))

    def part_around(self, low: Floats, high: Floats) -> MapPart:
        """The part that holds a box of the world."""
        corners = [np.array([x, y, z]) for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])]
        places = np.stack([self._place_m(corner) for corner in corners])
        least, most = places.min(axis=0), places.max(axis=0)
        return self._square((least + most) / 2.0, (most - least) / 2.0 + 0.01 * self.edges_m.max())

    def _place_m(self, point: Floats) -> Floats:
        """Metres to the right and up in the whole map."""
        clip = self.clip_from_world[:2, :3] @ point + self.clip_from_world[:2, 3]
        result: Floats = (clip + 1.0) * 0.5 * self.edges_m
        return result

    def _square(self, center_m: Floats, radius_m: Floats) -> MapPart:
        scale = self.edges_m / (2.0 * radius_m)
        return MapPart(scale, 0.5 - center_m / self.edges_m * scale)


def sun_projection(direction: Vec3, low: Floats, high: Floats) -> tuple[Matrix, Floats]:
    """The parallel projection along the sun that just holds a box: clip from world (4, 4), and the width and height of
    the picture in metres."""
    along = np.asarray(direction, dtype=np.float64) / np.linalg.norm(direction)
    helper = np.array([0.0, 1.0, 0.0]) if abs(along[1]) < 0.9 else np.array([0.0, 0.0, 1.0])
    right = np.cross(along, helper)
    right /= np.linalg.norm(right)
    rotation = np.stack([right, np.cross(right, along), along])
    corners = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    turned = corners @ rotation.T
    near, far = turned.min(axis=0), turned.max(axis=0)
    # A margin keeps what lies in the outermost faces off the edge of the map.
    margin = 0.01 * (far - near).max() + 1e-3
    near, far = near - margin, far + margin
    matrix = np.eye(4)
    matrix[:3, :3] = rotation * (2.0 / (far - near))[:, None]
    matrix[:3, 3] = -(far + near) / (far - near)
    return matrix, (far - near)[:2]
