"""Which tiles of a panorama a view needs, the most important first. Pure.

The pyramid is walked from the six faces down: what is outside the view is left out, and a tile whose pixels would be
too coarse on the screen is replaced by its children.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_render.panorama.cube import directions
from edge_render.panorama.pyramid import TILE_PX, PyramidShape, TileKey
from edge_render.pose import Matrix

AHEAD = 1.25
"""The view is taken for so much wider and higher, so that tiles are there before a turn comes to them."""
TILES_MAX = 192
"""For one view; the least important beyond that are seen as their parents are."""

Indices = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Gaze:
    """What of a view counts here. ``rotation``: camera to world (3, 3); ``height_px`` of the picture that is drawn;
    ``texels_per_px``: how fine the tiles should be at least, along a line, for each pixel of that."""

    rotation: Matrix
    fov_y_rad: float
    aspect: float
    height_px: int
    texels_per_px: float


def tiles_in_view(shape: PyramidShape, eye: int, gaze: Gaze) -> list[TileKey]:
    """Tiles that cover the view, none of them within another."""
    tangent = math.tan(gaze.fov_y_rad / 2.0)
    planes = _planes(gaze.rotation, tangent * gaze.aspect * AHEAD, tangent * AHEAD)
    pixel_rad = 2.0 * tangent / gaze.height_px
    corner = tangent * math.hypot(gaze.aspect, 1.0)
    face, y, x = np.arange(6), np.zeros(6, np.int64), np.zeros(6, np.int64)
    found: list[tuple[float, TileKey]] = []
    for level in range(shape.levels):
        edges = _Edges.of(shape, level, y, x)
        seen = _seen(face, edges, planes)
        face, y, x, edges = face[seen], y[seen], x[seen], edges.at(seen)
        forward = _ahead(face, edges, gaze.rotation)
        # Off the middle of a flat picture, a pixel sees less; off the middle of a face, so does a texel.
        off_axis = np.minimum(np.sqrt(np.maximum(1.0 / np.maximum(forward, 1e-6) ** 2 - 1.0, 0.0)), corner)
        pixels = pixel_rad / np.sqrt(1.0 + off_axis**2)
        nearest_x, nearest_y = np.clip(0.0, edges.left, edges.right), np.clip(0.0, edges.top, edges.bottom)
        texels = 2.0 / shape.face_px(level) / np.sqrt(1.0 + nearest_x**2 + nearest_y**2)
        finer = (texels * gaze.texels_per_px > pixels) & (level + 1 < shape.levels)
        keys = zip(-forward[~finer], face[~finer], y[~finer], x[~finer], strict=True)
        found += [(float(rank), TileKey(eye, level, int(f), int(r), int(c))) for rank, f, r, c in keys]
        face, y, x = _children(shape, level, face[finer], y[finer], x[finer])
    return [key for _, key in sorted(found)[:TILES_MAX]]


@dataclass(frozen=True, slots=True)
class _Edges:
    """Of tiles, as points of their faces: (n,) each."""

    left: NDArray[np.float64]
    top: NDArray[np.float64]
    right: NDArray[np.float64]
    bottom: NDArray[np.float64]

    @classmethod
    def of(cls, shape: PyramidShape, level: int, y: Indices, x: Indices) -> _Edges:
        face = shape.face_px(level)

        def point(index: Indices) -> NDArray[np.float64]:
            return np.minimum(index * TILE_PX, face) * (2.0 / face) - 1.0

        return cls(point(x), point(y), point(x + 1), point(y + 1))

    def at(self, chosen: NDArray[np.bool_]) -> _Edges:
        return _Edges(self.left[chosen], self.top[chosen], self.right[chosen], self.bottom[chosen])


def _planes(rotation: Matrix, tangent_x: float, tangent_y: float) -> Matrix:
    """Normals of the view's four sides, inwards, world space: (4, 3)."""
    sides = np.array([[1, 0, -tangent_x], [-1, 0, -tangent_x], [0, 1, -tangent_y], [0, -1, -tangent_y]])
    planes: Matrix = sides @ rotation.T
    return planes


def _seen(face: Indices, edges: _Edges, planes: Matrix) -> NDArray[np.bool_]:
    """Which tiles are not wholly outside one side of the view."""
    inside = np.zeros((len(face), 4), np.bool_)
    for across in (edges.left, edges.right):
        for down in (edges.top, edges.bottom):
            np.logical_or(inside, directions(face, across, down) @ planes.T >= 0.0, out=inside)
    seen: NDArray[np.bool_] = np.asarray(inside.all(axis=1))
    return seen


def _ahead(face: Indices, edges: _Edges, rotation: Matrix) -> NDArray[np.float64]:
    """Cosines of the angles between the middle of the view and those of tiles."""
    middle = directions(face, (edges.left + edges.right) / 2.0, (edges.top + edges.bottom) / 2.0)
    cosines: NDArray[np.float64] = (middle @ -rotation[:, 2]) / np.linalg.norm(middle, axis=1)
    return cosines


def _children(
    shape: PyramidShape, level: int, face: Indices, y: Indices, x: Indices
) -> tuple[Indices, Indices, Indices]:
    if len(face) == 0:
        return face, y, x
    faces = np.repeat(face, 4)
    rows = (2 * y[:, None] + np.array([0, 0, 1, 1])).reshape(-1)
    columns = (2 * x[:, None] + np.array([0, 1, 0, 1])).reshape(-1)
    edge = shape.tiles(level + 1)
    exist = (rows < edge) & (columns < edge)
    return faces[exist], rows[exist], columns[exist]
