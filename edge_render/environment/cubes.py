"""Cube maps as OpenGL has them: directions of their texels, and looking up directions in them. Pure numpy.

Faces are in OpenGL's order (+X -X +Y -Y +Z -Z) and orientation (OpenGL 3.3, section 3.8.10, table 3.20); a face's first
row is that of t = 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

# For each face: what s, t (from -1 to 1) and 1 are multiplied by to give x, y, z.
_AXES = np.array(
    [
        [[0, 0, -1], [0, -1, 0], [1, 0, 0]],
        [[0, 0, 1], [0, -1, 0], [-1, 0, 0]],
        [[1, 0, 0], [0, 0, 1], [0, 1, 0]],
        [[1, 0, 0], [0, 0, -1], [0, -1, 0]],
        [[1, 0, 0], [0, -1, 0], [0, 0, 1]],
        [[-1, 0, 0], [0, -1, 0], [0, 0, -1]],
    ],
    dtype=np.float32,
)


def cube_directions(size: int, *, border: int = 0, shift: tuple[float, float] = (0.0, 0.0)) -> Floats:
    """Unit vectors to the texels, (6, size + 2 border, size + 2 border, 3). ``shift``: from their middles to the right
    and down, in texels; ``border``: so many more texels on each side, which lie on the neighbours."""
    at = np.arange(-border, size + border, dtype=np.float32) + np.float32(0.5)
    s = (at + np.float32(shift[0])) * np.float32(2.0 / size) - 1.0
    t = (at + np.float32(shift[1])) * np.float32(2.0 / size) - 1.0
    plane = np.stack(np.broadcast_arrays(s[None, :], t[:, None], np.float32(1.0)), axis=-1)
    directions = plane @ _AXES[:, None]
    result: Floats = directions / np.linalg.norm(directions, axis=-1, keepdims=True)
    return result


def solid_angles(size: int) -> Floats:
    """Of each texel of a face, steradians, (size, size): their sum is a sixth of the sphere."""
    at = (np.arange(size) + 0.5) * (2.0 / size) - 1.0
    angles = (2.0 / size) ** 2 * (1.0 + at[None, :] ** 2 + at[:, None] ** 2) ** -1.5
    result: Floats = (angles * (2.0 / 3.0 * np.pi / angles.sum())).astype(np.float32)
    return result


def halved(cube: Floats) -> Floats:
    """The next mipmap level: (6, size, size, 3) to half the size, each texel the mean of what it covers."""
    size = cube.shape[1]
    angles = solid_angles(size)[..., None]
    quarters = (cube * angles).reshape(6, size // 2, 2, size // 2, 2, 3).sum(axis=(2, 4))
    result: Floats = quarters / angles.reshape(size // 2, 2, size // 2, 2, 1).sum(axis=(1, 3))
    return result


class CubeLookup:
    """A cube that is sampled bilinearly, across its edges too."""

    def __init__(self, cube: Floats) -> None:
        """``cube``: (6, size, size, 3)."""
        self._size = cube.shape[1]
        face, column, row = _place(cube_directions(self._size, border=1).reshape(-1, 3), self._size)
        columns = np.clip(np.rint(column), 0, self._size - 1).astype(np.int64)
        rows = np.clip(np.rint(row), 0, self._size - 1).astype(np.int64)
        edge = self._size + 2
        self._texels: Floats = np.ascontiguousarray(cube[face, rows, columns].reshape(6 * edge * edge, 3))

    def sample(self, directions: Floats) -> Floats:
        """Directions (n, 3), of any length, to values (n, 3)."""
        face, column, row = _place(directions, self._size)
        edge = self._size + 2
        left, top = np.floor(column), np.floor(row)
        along, down = (column - left)[:, None], (row - top)[:, None]
        first = (face * edge + top.astype(np.int64) + 1) * edge + left.astype(np.int64) + 1
        texels = self._texels
        upper = texels[first] * (1.0 - along) + texels[first + 1] * along
        lower = texels[first + edge] * (1.0 - along) + texels[first + edge + 1] * along
        result: Floats = upper * (1.0 - down) + lower * down
        return result


def _place(directions: Floats, size: int) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Face, column and row (0 is the middle of the first texel) of directions (n, 3)."""
    x, y, z = directions[:, 0], directions[:, 1], directions[:, 2]
    ax, ay, az = np.abs(x), np.abs(y), np.abs(z)
    on_x, on_y = (ax >= ay) & (ax >= az), ay >= az
    face = np.where(on_x, np.where(x > 0, 0, 1), np.where(on_y, np.where(y > 0, 2, 3), np.where(z > 0, 4, 5)))
    major = np.where(on_x, ax, np.where(on_y, ay, az))
    s = np.where(on_x, np.where(x > 0, -z, z), np.where(on_y | (z > 0), x, -x)) / major
    t = np.where(on_x | ~on_y, -y, np.where(y > 0, z, -z)) / major
    column, row = ((at + 1.0) * (0.5 * size) - 0.5 for at in (s, t))
    return face, column.astype(np.float32), row.astype(np.float32)
