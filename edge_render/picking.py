"""What a tap hits: the nearest triangle, its node, and the hotspot that it belongs to.

Boxes around the nodes are tested first, all at once; only the triangles of boxes that the ray enters are
tested then (Möller and Trumbore, 1997).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_render.package import Hotspot
from edge_render.pose import Ray, Vec3
from edge_render.scene import AlphaMode, Scene

_PARALLEL = 1e-12
_NEAREST_M = 1e-4

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Hit:
    """``normal`` faces the viewer. ``node`` is None where a hotspot's sphere was hit in the open."""

    point: Vec3
    normal: Vec3
    distance_m: float
    node: str | None
    hotspot: str | None


class Picker:
    """Answers picks on one scene. Immutable, so that any thread may ask.

    Glass (BLEND) lets taps through unless it is a hotspot's; cut-outs (MASK) count as solid.
    """

    def __init__(self, scene: Scene, hotspots: Sequence[Hotspot]) -> None:
        self._names = [node.name for node in scene.nodes]
        self._hotspot_of_node = {name: hotspot.id for hotspot in hotspots for name in hotspot.nodes}
        self._spheres = [hotspot.id for hotspot in hotspots]
        self._centers = np.array([hotspot.position for hotspot in hotspots], dtype=np.float64).reshape(-1, 3)
        self._radii = np.array([hotspot.radius for hotspot in hotspots], dtype=np.float64)
        corners: list[Floats] = []
        owners: list[int] = []
        for index, node in enumerate(scene.nodes):
            mesh = scene.meshes[node.mesh]
            glass = scene.materials[mesh.material].alpha_mode is AlphaMode.BLEND
            if len(mesh.triangles) == 0 or (glass and node.name not in self._hotspot_of_node):
                continue
            world = mesh.positions.astype(np.float64) @ node.matrix[:3, :3].T + node.matrix[:3, 3]
            corners.append(world[mesh.triangles])
            owners.append(index)
        self._owners = owners
        self._corners = corners
        self._low = np.array([part.min(axis=(0, 1)) for part in corners]).reshape(-1, 3)
        self._high = np.array([part.max(axis=(0, 1)) for part in corners]).reshape(-1, 3)

    def pick(self, ray: Ray) -> Hit | None:
        """The nearest thing that the ray hits; None where it leaves the scene."""
        origin, direction = np.asarray(ray.origin, float), np.asarray(ray.direction, float)
        surface = self._surface(origin, direction)
        sphere = self._sphere(origin, direction, surface)
        if sphere is not None:
            return sphere
        return surface

    def _surface(self, origin: Floats, direction: Floats) -> Hit | None:
        entered = np.flatnonzero(_enters(self._low, self._high, origin, direction))
        if len(entered) == 0:
            return None
        corners = np.concatenate([self._corners[index] for index in entered])
        distances = _distances(corners, origin, direction)
        nearest = int(np.argmin(distances))
        distance = float(distances[nearest])
        if not np.isfinite(distance):
            return None
        counts = np.cumsum([len(self._corners[index]) for index in entered])
        name = self._names[self._owners[int(entered[np.searchsorted(counts, nearest, side="right")])]]
        a, b, c = corners[nearest]
        normal = np.cross(b - a, c - a)
        normal = normal / np.linalg.norm(normal)
        if normal @ direction > 0.0:
            normal = -normal
        return Hit(_vec3(origin + direction * distance), _vec3(normal), distance, name, self._hotspot_of_node.get(name))

    def _sphere(self, origin: Floats, direction: Floats, surface: Hit | None) -> Hit | None:
        """The hotspot whose sphere is met before the surface, or holds the point that was hit."""
        if len(self._radii) == 0 or (surface is not None and surface.hotspot is not None):
            return None
        to_center = self._centers - origin
        along = to_center @ direction
        apart2 = np.sum(to_center**2, axis=1) - along**2
        met = (apart2 <= self._radii**2) & (along > 0.0)
        entry = np.where(met, along - np.sqrt(np.maximum(self._radii**2 - apart2, 0.0)), np.inf)
        limit = np.inf if surface is None else surface.distance_m
        index = int(np.argmin(entry))
        if entry[index] > limit or not np.isfinite(entry[index]):
            return None
        distance = max(0.0, float(entry[index]))
        if (
            surface is not None
            and np.linalg.norm(np.asarray(surface.point) - self._centers[index]) <= self._radii[index]
        ):
            return Hit(surface.point, surface.normal, surface.distance_m, surface.node, self._spheres[index])
        return Hit(_vec3(origin + direction * distance), _vec3(-direction), distance, None, self._spheres[index])


def _vec3(values: Floats) -> Vec3:
    return float(values[0]), float(values[1]), float(values[2])


def _enters(low: Floats, high: Floats, origin: Floats, direction: Floats) -> NDArray[np.bool_]:
    """Which boxes (n, 3) a ray enters: the slab test."""
    safe = np.where(np.abs(direction) < _PARALLEL, _PARALLEL, direction)
    first, second = (low - origin) / safe, (high - origin) / safe
    entry = np.minimum(first, second).max(axis=1)
    leave = np.maximum(first, second).min(axis=1)
    result: NDArray[np.bool_] = (leave >= entry - 1e-9) & (leave >= 0.0)
    return result


def _distances(corners: Floats, origin: Floats, direction: Floats) -> Floats:
    """Distance to each triangle (n, 3, 3), infinite where it is missed."""
    a = corners[:, 0]
    edge1, edge2 = corners[:, 1] - a, corners[:, 2] - a
    across = np.cross(direction, edge2)
    determinant = np.einsum("ij,ij->i", edge1, across)
    parallel = np.abs(determinant) < _PARALLEL
    inverse = 1.0 / np.where(parallel, 1.0, determinant)
    offset = origin - a
    u = np.einsum("ij,ij->i", offset, across) * inverse
    beside = np.cross(offset, edge1)
    v = (beside @ direction) * inverse
    distance = np.einsum("ij,ij->i", edge2, beside) * inverse
    hit = ~parallel & (u >= -1e-9) & (v >= -1e-9) & (u + v <= 1.0 + 1e-9) & (distance > _NEAREST_M)
    result: Floats = np.where(hit, distance, np.inf)
    return result
