"""Cameras (glTF 2.0, section 3.10) and lights (KHR_lights_punctual) where the nodes place them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import numpy as np
from numpy.typing import NDArray

from edge_render.gltf.check import CheckedGltf
from edge_render.gltf.format import SpotPart
from edge_render.scene import LightKind, PunctualLight, SceneCamera

RigNode = Callable[[int], int | None]


def read_lights(
    checked: CheckedGltf, nodes: Iterable[int], world: NDArray[np.float64], rig_node: RigNode
) -> tuple[PunctualLight, ...]:
    """The lights of these nodes; ``world`` (n, 4, 4) is of all nodes, ``rig_node`` says which of them move."""
    found = []
    for index in nodes:
        placed = checked.gltf.nodes[index].extensions.light
        if placed is None:
            continue
        part = checked.gltf.lights()[placed.light]
        spot = part.spot or SpotPart()
        found.append(
            PunctualLight(
                kind=LightKind(part.type),
                matrix=world[index],
                color=part.color,
                intensity=part.intensity,
                range_m=part.range,
                inner_cone_rad=spot.inner_cone_angle,
                outer_cone_rad=spot.outer_cone_angle,
                rig_node=rig_node(index),
            )
        )
    return tuple(found)


def read_cameras(
    checked: CheckedGltf, nodes: Iterable[int], world: NDArray[np.float64], rig_node: RigNode
) -> tuple[SceneCamera, ...]:
    """The cameras of these nodes, named as the node or else as the camera."""
    found = []
    for index in nodes:
        node = checked.gltf.nodes[index]
        if node.camera is None:
            continue
        part = checked.gltf.cameras[node.camera]
        found.append(
            SceneCamera(
                name=node.name or part.name or f"camera-{node.camera}",
                matrix=world[index],
                fov_y_rad=None if part.perspective is None else part.perspective.yfov,
                # ymag is half of the height that is seen.
                orthographic_height_m=None if part.orthographic is None else 2.0 * part.orthographic.ymag,
                rig_node=rig_node(index),
            )
        )
    return tuple(found)
