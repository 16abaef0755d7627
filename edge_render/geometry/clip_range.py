"""How near and how far a view must show a scene: rooms as visitors walk in them, and models of a centimetre or of a
kilometre too. Pure policy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_render.pose import Vec3
from edge_render.renderer import FAR_M, NEAR_M

_NEAREST = 0.01
"""Of the scene's radius: so near a small scene can be looked at."""
_MOVES = 2.0
"""So many radii from the middle of the scene everything stays that moves."""


def clip_range(position: Vec3, low: NDArray[np.float64], high: NDArray[np.float64]) -> tuple[float, float]:
    """The near and the far plane of a view from ``position`` of a scene whose corners are ``low`` and ``high``, (3,).

    NEAR_M and FAR_M, but nearer where the scene is tiny, and further where it reaches further. From well outside a
    scene the near plane goes along, as the depth of what is far would not be told apart otherwise.
    """
    radius_m = float(np.linalg.norm(high - low)) / 2.0
    distance_m = float(np.linalg.norm(np.asarray(position) - (low + high) / 2.0))
    nearest_m = min(NEAR_M, _NEAREST * radius_m) if radius_m > 0.0 else NEAR_M
    near_m = max(nearest_m, 0.5 * (distance_m - _MOVES * radius_m))
    return near_m, max(FAR_M, distance_m + _MOVES * radius_m)
