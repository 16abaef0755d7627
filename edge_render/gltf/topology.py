"""Modes of primitives as separate triangles and lines (glTF 2.0, section 3.7.2.1)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from edge_render.gltf.format_meshes import LINE_LOOP, LINE_STRIP, LINES, TRIANGLE_FAN, TRIANGLE_STRIP, TRIANGLES

TRIANGLE_MODES: Final = (TRIANGLES, TRIANGLE_STRIP, TRIANGLE_FAN)
LINE_MODES: Final = (LINES, LINE_LOOP, LINE_STRIP)

Indices = NDArray[np.uint32]


def triangles(mode: int, indices: Indices) -> Indices:
    """(m, 3); what is left over at the end is not drawn, nor are triangles of a strip that only lead to the next."""
    if mode == TRIANGLES:
        return indices[: len(indices) // 3 * 3].reshape(-1, 3)
    if len(indices) < 3:
        return np.zeros((0, 3), np.uint32)
    if mode == TRIANGLE_FAN:
        hub = np.full(len(indices) - 2, indices[0], np.uint32)
        return np.stack([indices[1:-1], indices[2:], hub], axis=1)
    corners = np.stack([indices[:-2], indices[1:-1], indices[2:]], axis=1)
    corners[1::2] = corners[1::2][:, [0, 2, 1]]
    a, b, c = corners.T
    return np.ascontiguousarray(corners[(a != b) & (b != c) & (c != a)])


def lines(mode: int, indices: Indices) -> Indices:
    """(m, 2)."""
    if mode == LINES:
        return indices[: len(indices) // 2 * 2].reshape(-1, 2)
    ends = np.roll(indices, -1) if mode == LINE_LOOP and len(indices) > 2 else indices[1:]
    return np.stack([indices[: len(ends)], ends], axis=1)
