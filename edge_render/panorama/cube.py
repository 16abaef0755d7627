"""The cube that a panorama is laid on: directions and points of its six faces. Pure.

A face is a square of a plane at distance 1: the point (x, y) of a face, each from -1 to 1 to the right and down as seen
from the eye, lies in the direction ``forward + x * right + y * down`` (world space, see edge_render.look_around).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Face:
    """Unit vectors. ``yaw_rad`` is that of the middle, and 0 for those above and below."""

    right: tuple[int, int, int]
    down: tuple[int, int, int]
    forward: tuple[int, int, int]
    yaw_rad: float

    def axes(self) -> NDArray[np.float64]:
        """Columns right, down, forward: from (x, y, 1) to a direction, shape (3, 3)."""
        return np.array([self.right, self.down, self.forward], np.float64).T


FACES = (
    Face((1, 0, 0), (0, -1, 0), (0, 0, -1), 0.0),
    Face((0, 0, 1), (0, -1, 0), (1, 0, 0), -np.pi / 2),
    Face((-1, 0, 0), (0, -1, 0), (0, 0, 1), np.pi),
    Face((0, 0, -1), (0, -1, 0), (-1, 0, 0), np.pi / 2),
    Face((1, 0, 0), (0, 0, -1), (0, 1, 0), 0.0),
    Face((1, 0, 0), (0, 0, 1), (0, -1, 0), 0.0),
)
UP, DOWN = 4, 5
AXES = np.array([face.axes() for face in FACES])
"""Of each face, see Face.axes: (6, 3, 3)."""


def directions(face: NDArray[np.int64], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """In which directions points (n,) of faces (n,) lie: (n, 3), not of length 1."""
    axes = AXES[face]
    found: NDArray[np.float64] = axes[:, :, 0] * x[:, None] + axes[:, :, 1] * y[:, None] + axes[:, :, 2]
    return found


def angles(face: int, x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Yaw and pitch (radians) of points (n,) of a face. The yaw of the four faces around is continuous, and so may be
    a little beyond pi."""
    if face in (UP, DOWN):
        forward_y = FACES[face].forward[1]
        z = y * FACES[face].down[2]
        return np.arctan2(-x, -z), np.arctan2(np.float32(forward_y), np.hypot(x, z))
    return np.float32(FACES[face].yaw_rad) - np.arctan(x), np.arctan2(-y, np.hypot(x, np.float32(1.0)))
