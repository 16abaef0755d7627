"""Where the nodes of a rig are at rest, and which of them something moves: all nodes at once, however deep the tree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_render.rig import Rig, TrackPath

Floats = NDArray[np.float64]


def composed(translations: Floats, rotations: Floats, scales: Floats) -> Floats:
    """(n, 4, 4) of translations (n, 3), quaternions (n, 4) as x, y, z, w, which need not have length 1, and scales
    (n, 3): T * R * S (glTF 2.0, section 3.5.3)."""
    lengths = np.linalg.norm(rotations, axis=1, keepdims=True)
    whole = lengths[:, 0] > 0.0
    x, y, z, w = np.where(whole[:, None], rotations, (0.0, 0.0, 0.0, 1.0)).T / np.where(whole, lengths[:, 0], 1.0)
    turned = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    ).transpose(2, 0, 1)
    matrices = np.tile(np.eye(4), (len(translations), 1, 1))
    matrices[:, :3, :3] = turned * scales[:, None, :]
    matrices[:, :3, 3] = translations
    return matrices


def levels(parents: NDArray[np.int32]) -> list[NDArray[np.intp]]:
    """The nodes by how deep they are in the tree, roots first. Raises ValueError where they form a circle."""
    # Pointer doubling: after k rounds each node knows its ancestor 2**k up, and how far that is.
    up, depth = parents.astype(np.int64), (parents >= 0).astype(np.int64)
    for _ in range(len(parents).bit_length() + 1):
        known = up >= 0
        depth = np.where(known, depth + depth[up], depth)
        up = np.where(known, up[up], -1)
    if (up >= 0).any():
        raise ValueError("the nodes form a circle")
    order = np.argsort(depth, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(depth[order])) + 1)


def world_matrices(rig: Rig) -> Floats:
    """(n, 4, 4): each node's space to world space, at rest."""
    world = np.array(rig.matrices)
    for level in levels(rig.parents)[1:]:
        world[level] = world[rig.parents[level]] @ rig.matrices[level]
    return world


def moved(rig: Rig, clips: tuple[int, ...]) -> NDArray[np.bool_]:
    """(n,): which nodes are carried along by any of the clips. Morphing a mesh doesn't carry its node."""
    carried = np.zeros(len(rig.names), np.bool_)
    for index in clips:
        for track in rig.clips[index].tracks:
            if track.path is not TrackPath.WEIGHTS:
                carried[track.node] = True
    for level in levels(rig.parents)[1:]:
        carried[level] |= carried[rig.parents[level]]
    return carried


def morphed(rig: Rig, clips: tuple[int, ...]) -> NDArray[np.bool_]:
    """(n,): which nodes' meshes are not as stored: a clip changes their morph weights, or these are not 0 at rest."""
    changed = np.array([any(weights) for weights in rig.morph_weights], np.bool_)
    if not len(changed):
        changed = np.zeros(len(rig.names), np.bool_)
    for index in clips:
        for track in rig.clips[index].tracks:
            if track.path is TrackPath.WEIGHTS:
                changed[track.node] = True
    return changed
