"""Which joints hold a vertex and how much: JOINTS_n and WEIGHTS_n (glTF 2.0, section 3.7.3.1)."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

INFLUENCES_MAX: Final = 8

Joints = NDArray[np.uint16]
Weights = NDArray[np.float32]


def strongest(joints: NDArray[np.integer], weights: NDArray[np.float32]) -> tuple[Joints, Weights]:
    """Joints and weights (n, k), k a multiple of 4, as (n, 4), or (n, 8) where any vertex needs so many.

    The strongest are kept, and their weights made to add up to 1; a vertex without any is held by its first joint.
    """
    weights = np.maximum(weights, 0.0)
    # A joint without weight may be any number (the standard wants 0), and would be taken for one that matters.
    joints = np.where(weights > 0.0, joints, 0).astype(np.uint16)
    if joints.shape[1] > 4:
        keep = 4 if np.count_nonzero(weights, axis=1).max(initial=0) <= 4 else INFLUENCES_MAX
        order = np.argsort(-weights, axis=1, kind="stable")[:, :keep]
        joints = np.take_along_axis(joints, order, axis=1)
        weights = np.take_along_axis(weights, order, axis=1)
    total = weights.sum(axis=1, keepdims=True)
    held = total[:, 0] > 0.0
    shares = (weights / np.where(held[:, None], total, 1.0)).astype(np.float32)
    shares[~held, 0] = 1.0
    return np.ascontiguousarray(joints), np.ascontiguousarray(shares)
