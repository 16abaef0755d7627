"""What a tap hits: the nearest triangle, its node, and the hotspot that it belongs to.

Boxes around what is placed are tested first, all at once; then, in what the ray enters, boxes around blocks of its
triangles; and only the triangles of blocks that the ray enters, nearest placement first (Möller and Trumbore, 1997).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge_render.animation import Animator
from edge_render.geometry.posed import Placement, placements
from edge_render.geometry.ray import BlockedMesh, boxes_entered, world_boxes_of
from edge_render.package import Hotspot
from edge_render.pose import Ray, Vec3
from edge_render.scene import AlphaMode, Node, Scene

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

    Glass (BLEND) lets taps through unless it is a hotspot's; cut-outs (MASK) count as solid. What moves is hit where it
    is when it is asked, by the clock that pictures are drawn by.
    """

    def __init__(
        self,
        scene: Scene,
        hotspots: Sequence[Hotspot],
        now_s: Callable[[], float] = time.monotonic,
        *,
        like: Picker | None = None,
    ) -> None:
        """``like``: one on the same scene, with other hotspots, whose work need not be done again."""
        self._scene, self._now_s = scene, now_s
        self._hotspot_of_node = {name: hotspot.id for hotspot in hotspots for name in hotspot.nodes}
        self._spheres = [hotspot.id for hotspot in hotspots]
        self._centers = np.array([hotspot.position for hotspot in hotspots], dtype=np.float64).reshape(-1, 3)
        self._radii = np.array([hotspot.radius for hotspot in hotspots], dtype=np.float64)
        self._animator = None if scene.rig is None else Animator(scene.rig)
        still, self._moving, bent = [], [], []
        for index, node in enumerate(scene.nodes):
            mesh = scene.meshes[node.mesh]
            glass = scene.materials[mesh.material].alpha_mode is AlphaMode.BLEND
            if len(mesh.triangles) == 0 or (glass and node.name not in self._hotspot_of_node):
                continue
            if self._moves(node):
                self._moving.append(index)
            else:
                still.append(index)
            if node.skin is not None or mesh.morphs is not None:
                bent.append(index)
        self._bent = frozenset(bent)
        """Nodes whose shape is not that of their mesh."""
        rest = None if self._animator is None else self._animator.rest
        self._still = list(placements(scene, self._animator, rest, iter(still)))
        self._meshes: dict[int, BlockedMesh] = {} if like is None else dict(like._meshes)
        """By mesh, and for bent nodes that stand still, by what is below every mesh: minus one minus the node."""
        for placement in self._still:
            key = self._key(placement)
            if key not in self._meshes:
                triangles = scene.meshes[scene.nodes[placement.node].mesh].triangles
                self._meshes[key] = BlockedMesh(placement.positions, triangles)
        for index in self._moving:
            key = scene.nodes[index].mesh
            if index not in self._bent and key not in self._meshes:
                self._meshes[key] = BlockedMesh(scene.meshes[key].positions, scene.meshes[key].triangles)
        self._still_low, self._still_high = self._boxes(self._still)

    def with_hotspots(self, hotspots: Sequence[Hotspot]) -> Picker:
        """The same scene with other hotspots."""
        return Picker(self._scene, hotspots, self._now_s, like=self)

    def pick(self, ray: Ray) -> Hit | None:
        """The nearest thing that the ray hits; None where it leaves the scene."""
        origin, direction = np.asarray(ray.origin, float), np.asarray(ray.direction, float)
        surface = self._surface(origin, direction)
        sphere = self._sphere(origin, direction, surface)
        if sphere is not None:
            return sphere
        return surface

    def surface(self, ray: Ray) -> Hit | None:
        """The nearest surface that the ray hits, whatever hotspots' spheres lie before it."""
        return self._surface(np.asarray(ray.origin, float), np.asarray(ray.direction, float))

    def _moves(self, node: Node) -> bool:
        """Whether its triangles are elsewhere at another time."""
        if self._animator is None:
            return False
        if self._animator.moves_node(node.rig_node, node.skin):
            return True
        return self._scene.meshes[node.mesh].morphs is not None and self._animator.reshapes_node(node.rig_node)

    def _key(self, placement: Placement) -> int:
        return -1 - placement.node if placement.node in self._bent else self._scene.nodes[placement.node].mesh

    def _boxes(self, placed: Sequence[Placement]) -> tuple[Floats, Floats]:
        known = [self._meshes.get(self._key(entry)) for entry in placed]
        low = [
            entry.positions.min(axis=0) if mesh is None else mesh.low for entry, mesh in zip(placed, known, strict=True)
        ]
        high = [
            entry.positions.max(axis=0) if mesh is None else mesh.high
            for entry, mesh in zip(placed, known, strict=True)
        ]
        return world_boxes_of(
            np.array([entry.matrix for entry in placed]).reshape(-1, 4, 4), np.array(low), np.array(high)
        )

    def _surface(self, origin: Floats, direction: Floats) -> Hit | None:
        placed, low, high = self._still, self._still_low, self._still_high
        if self._moving and self._animator is not None:
            pose = self._animator.pose_at(self._now_s())
            moving = list(placements(self._scene, self._animator, pose, iter(self._moving)))
            moving_low, moving_high = self._boxes(moving)
            placed = [*placed, *moving]
            low, high = np.concatenate([low, moving_low]), np.concatenate([high, moving_high])
        if not placed:
            return None
        entry = boxes_entered(low, high, origin, direction)
        order = np.argsort(entry, kind="stable")
        nearest, best = np.inf, None
        for index in order[: int(np.isfinite(entry).sum())]:
            if entry[index] > nearest:
                break
            placement = placed[int(index)]
            mesh = self._meshes.get(self._key(placement))
            if mesh is None:
                triangles = self._scene.meshes[self._scene.nodes[placement.node].mesh].triangles
                mesh = BlockedMesh(placement.positions, triangles)
            hit = mesh.hit(origin, direction, placement.matrix)
            if hit is not None and hit[0] < nearest:
                nearest, best = hit[0], (placement, hit[1])
        if best is None:
            return None
        placement, normal = best
        if normal @ direction > 0.0:
            normal = -normal
        name = self._scene.nodes[placement.node].name
        point = _vec3(origin + direction * nearest)
        return Hit(point, _vec3(normal), float(nearest), name, self._hotspot_of_node.get(name))

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
