"""Solids of the demo showroom: plain arrays with smooth normals and metre-scaled texture coordinates.

Frames: right-handed, Y up, metres. Triangles are counter-clockwise seen from outside.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Rect = tuple[float, float, float, float]
"""A part of an atlas: left, top, right, bottom, each from 0 to 1."""


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """``positions``, ``normals``: (n, 3); ``uvs``: (n, 2), metres with v downwards; ``triangles``: (m, 3)."""

    positions: Floats = field(repr=False)
    normals: Floats = field(repr=False)
    uvs: Floats = field(repr=False)
    triangles: Ints = field(repr=False)

    def moved(self, x: float = 0.0, y: float = 0.0, z: float = 0.0) -> Solid:
        return replace(self, positions=self.positions + np.array((x, y, z)))

    def turned(self, x_deg: float = 0.0, y_deg: float = 0.0, z_deg: float = 0.0) -> Solid:
        """Rotated about the origin: first about Z, then about X, then about Y."""
        rotation = _about(1, y_deg) @ _about(0, x_deg) @ _about(2, z_deg)
        return replace(self, positions=self.positions @ rotation.T, normals=self.normals @ rotation.T)

    def scaled(self, x: float, y: float, z: float) -> Solid:
        """Scaled by positive factors; texture coordinates stay."""
        factors = np.array((x, y, z))
        return replace(self, positions=self.positions * factors, normals=unit(self.normals / factors))

    def with_uvs(self, u_scale: float = 1.0, v_scale: float = 1.0, *, swap: bool = False) -> Solid:
        """Texture coordinates scaled; ``swap`` turns the texture by a quarter (wood grain the other way)."""
        uvs = self.uvs[:, ::-1] if swap else self.uvs
        return replace(self, uvs=uvs * np.array((u_scale, v_scale)))

    def with_swatch(self, u: float, v: float) -> Solid:
        """All texture coordinates at one point: the part takes one colour of a palette."""
        return replace(self, uvs=np.tile(np.array((u, v)), (len(self.positions), 1)))

    def bent(self, radius: float) -> Solid:
        """The X axis rolled around a vertical cylinder of ``radius`` whose axis lies at z = +radius.

        A box that faces +Z becomes a shell whose hollow side faces +Z.
        """
        angle = self.positions[:, 0] / radius
        reach = radius - self.positions[:, 2]
        sine, cosine = np.sin(angle), np.cos(angle)
        positions = np.stack([reach * sine, self.positions[:, 1], radius - reach * cosine], axis=1)
        nx, ny, nz = self.normals.T
        normals = np.stack([nx * cosine - nz * sine, ny, nx * sine + nz * cosine], axis=1)
        return replace(self, positions=positions, normals=unit(normals))

    def puffed(self, height: float) -> Solid:
        """A cushion: both broad sides bulge along Y by ``height`` in the middle, normals made anew."""
        low, high = self.positions.min(axis=0), self.positions.max(axis=0)
        middle, half = (low + high) / 2, (high - low) / 2
        x, y, z = ((self.positions - middle) / half).T
        bulge = (1 - x**2) * (1 - z**2) * y * height
        positions = self.positions.copy()
        positions[:, 1] += bulge
        return replace(self, positions=positions, normals=smooth_normals(positions, self.triangles))


def unit(vectors: Floats) -> Floats:
    """Vectors scaled to length 1, shape (n, 3)."""
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 1e-12, lengths, 1.0))


def _about(axis: int, angle_deg: float) -> Floats:
    cosine, sine = math.cos(math.radians(angle_deg)), math.sin(math.radians(angle_deg))
    matrix = np.eye(3)
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    return matrix


def smooth_normals(positions: Floats, triangles: Ints) -> Floats:
    """Area-weighted normals, shape (n, 3), shared by all vertices of one place."""
    _, place = np.unique(np.round(positions, 6), axis=0, return_inverse=True)
    place = place.ravel()
    corners = positions[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    rows = place[triangles].ravel()
    columns = np.repeat(np.arange(len(triangles)), 3)
    shape = (int(place.max()) + 1, len(triangles))
    sums = coo_array((np.ones(len(rows)), (rows, columns)), shape=shape).tocsr() @ faces
    return unit(np.asarray(sums))[place]


def join(solids: Iterable[Solid]) -> Solid:
    """Several solids as one."""
    parts = list(solids)
    starts = np.cumsum([0] + [len(part.positions) for part in parts])
    return Solid(
        np.concatenate([part.positions for part in parts]),
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.uvs for part in parts]),
        np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=False)]),
    )


def grid_triangles(rows: int, columns: int) -> Ints:
    """Triangles of a grid of ``rows`` x ``columns`` vertices that runs right, then up."""
    first = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)[None, :]).ravel()
    right, up, across = first + 1, first + columns, first + columns + 1
    return np.concatenate([np.stack([first, right, across], axis=1), np.stack([first, across, up], axis=1)])


def box(
    width: float,
    height: float,
    depth: float,
    bevel: float = 0.006,
    segments: int = 1,
    cell: float | None = None,
) -> Solid:
    """A box around the origin with rounded edges; flat sides are divided into cells of at most ``cell``
    metres, as light is baked into the vertices."""
    half = np.array((width, height, depth)) / 2
    bevel = min(bevel, float(half.min()) * 0.999)
    inner = half - bevel
    steps = bevel * np.tan(np.linspace(0, math.pi / 4, segments + 1))
    sides = []
    for axis in range(3):
        for sign in (1.0, -1.0):
            # (right, up, out) is right-handed, so that triangles face outwards; up is +Y on upright sides.
            right, up = {0: (2, 1), 1: (0, 2), 2: (0, 1)}[axis]
            right_sign = {0: -sign, 1: 1.0, 2: sign}[axis]
            up_sign = -sign if axis == 1 else 1.0
            across, along = _stops(inner[right], steps, cell), _stops(inner[up], steps, cell)
            u, v = np.meshgrid(across, along)
            points = np.zeros((u.size, 3))
            points[:, axis] = sign * half[axis]
            points[:, right] = right_sign * u.ravel()
            points[:, up] = up_sign * v.ravel()
            core = np.clip(points, -inner, inner)
            normals = unit(points - core)
            uvs = np.stack([u.ravel(), -v.ravel()], axis=1)
            sides.append(Solid(core + normals * bevel, normals, uvs, grid_triangles(len(along), len(across))))
    return join(sides)


def _stops(inner: float, steps: Floats, cell: float | None) -> Floats:
    cells = 1 if cell is None else max(1, math.ceil(2 * inner / cell))
    flat = np.linspace(-inner, inner, cells + 1)
    return np.concatenate([-inner - steps[:0:-1], flat, inner + steps[1:]])


def lathe(profile: list[tuple[float, float]], sides: int = 32, crease_deg: float = 35.0) -> Solid:
    """A profile of (radius, y), from the bottom outwards and up, turned about the Y axis.

    Corners sharper than ``crease_deg`` stay sharp; the rest is smooth.
    """
    points = np.array(profile)
    edges = np.diff(points, axis=0)
    angles = np.arctan2(edges[:, 1], edges[:, 0])
    runs: list[list[int]] = [[0]]
    for index in range(1, len(edges)):
        turn = abs((angles[index] - angles[index - 1] + math.pi) % (2 * math.pi) - math.pi)
        if turn > math.radians(crease_deg):
            runs.append([index])
        else:
            runs[-1].append(index)
    lengths = np.concatenate([[0.0], np.cumsum(np.hypot(edges[:, 0], edges[:, 1]))])
    turns = np.linspace(0, 2 * math.pi, sides + 1)
    around = float(np.abs(points[:, 0]).max())
    parts = []
    for run in runs:
        rows = np.array([*run, run[-1] + 1])
        tangents = np.stack(
            [edges[max(run[0], i - 1) : min(run[-1], i) + 1].sum(axis=0) for i in rows]  # mean of the edges that meet
        )
        out, up = tangents[:, 1], -tangents[:, 0]
        radius, y = points[rows].T
        sine, cosine = np.sin(turns), np.cos(turns)
        shape = (len(rows), sides + 1)
        positions = np.stack([np.outer(radius, sine), np.broadcast_to(y[:, None], shape), np.outer(radius, cosine)], -1)
        normals = np.stack([np.outer(out, sine), np.broadcast_to(up[:, None], shape), np.outer(out, cosine)], -1)
        uvs = np.stack(np.broadcast_arrays(turns[None, :] * around, -lengths[rows][:, None]), -1)
        triangles = grid_triangles(*shape)
        flat = positions.reshape(-1, 3)
        corners = flat[triangles]
        areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
        parts.append(Solid(flat, unit(normals.reshape(-1, 3)), uvs.reshape(-1, 2), triangles[areas > 1e-12]))
    return join(parts)


def cylinder(radius: float, height: float, bevel: float = 0.004, sides: int = 24) -> Solid:
    """An upright cylinder that stands on y = 0, with a small bevel at both ends."""
    bevel = min(bevel, radius * 0.5, height * 0.45)
    return lathe(
        [(0, 0), (radius - bevel, 0), (radius, bevel), (radius, height - bevel), (radius - bevel, height), (0, height)],
        sides,
        crease_deg=50,
    )


def sphere(radius: float, sides: int = 24) -> Solid:
    """A sphere around the origin."""
    turns = np.linspace(-math.pi / 2, math.pi / 2, sides // 2 + 1)
    profile = [(radius * max(0.0, math.cos(t)), radius * math.sin(t)) for t in turns]
    return lathe(profile, sides, crease_deg=90)


def panel(width: float, height: float, rect: Rect = (0.0, 0.0, 1.0, 1.0), cell: float | None = None) -> Solid:
    """An upright sheet that faces +Z and shows one part of an atlas."""
    none = np.zeros(1)
    x, y = np.meshgrid(_stops(width / 2, none, cell), _stops(height / 2, none, cell))
    left, top, right, bottom = rect
    positions = np.stack([x.ravel(), y.ravel(), np.zeros(x.size)], axis=1)
    u = left + (x.ravel() / width + 0.5) * (right - left)
    v = bottom + (y.ravel() / height + 0.5) * (top - bottom)
    normals = np.tile(np.array((0.0, 0.0, 1.0)), (x.size, 1))
    return Solid(positions, normals, np.stack([u, v], axis=1), grid_triangles(*x.shape))


def arc(radius: float, from_deg: float, to_deg: float, steps: int) -> list[tuple[float, float]]:
    """Points of an arc around the origin; 0 degrees is (radius, 0), counter-clockwise."""
    return [(radius * math.cos(t), radius * math.sin(t)) for t in np.radians(np.linspace(from_deg, to_deg, steps))]
