"""What a tap means in a scene that is seen from one point. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edge_render.look_around import AngleHotspot
from edge_render.picking import Hit
from edge_render.pose import Ray


class AnglePicker:
    """What a tap hits in a scene that is seen from one point: hotspots by their angles. Immutable."""

    def __init__(self, hotspots: Sequence[AngleHotspot]) -> None:
        self._ids = [hotspot.id for hotspot in hotspots]
        self._directions = np.array([hotspot.direction for hotspot in hotspots]).reshape(-1, 3)
        self._radii_rad = np.radians([hotspot.radius_deg for hotspot in hotspots])

    def pick(self, ray: Ray) -> Hit | None:
        """The hotspot whose middle is nearest, measured by its size; None where there is none. The point of the hit is
        the ray's direction: nothing is known of how far away things are."""
        if not self._ids:
            return None
        along = self._directions @ np.asarray(ray.direction)
        # The arc cosine loses half the digits near 1, where small hotspots are.
        across = np.linalg.norm(np.cross(self._directions, ray.direction), axis=1)
        shares = np.arctan2(across, along) / self._radii_rad
        nearest = int(np.argmin(shares))
        if shares[nearest] > 1.0:
            return None
        x, y, z = ray.direction
        return Hit(ray.direction, (-x, -y, -z), 1.0, None, self._ids[nearest])

    def surface(self, ray: Ray) -> Hit | None:
        """None: a picture has no surfaces."""
        return None
