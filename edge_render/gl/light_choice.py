"""Which of a scene's punctual lights one picture is lit by: all at once in numpy, as there may be thousands. No GL."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge_render.pose import Vec3
from edge_render.scene import LightKind, PunctualLight

LIGHTS_MAX = 12
"""Punctual lights that one picture is lit by."""


class LightChoice:
    """The lights of one scene, side by side."""

    def __init__(self, lights: tuple[PunctualLight, ...]) -> None:
        self._lights = lights
        self._matrices = np.array([light.matrix for light in lights], np.float64).reshape(-1, 4, 4)
        self._nodes = np.array([-1 if light.rig_node is None else light.rig_node for light in lights], np.int64)
        self._carried = np.flatnonzero(self._nodes >= 0)
        self._power = np.array(
            [
                math.inf if light.kind is LightKind.DIRECTIONAL else light.intensity * max(light.color)
                for light in lights
            ]
        )

    def strongest(
        self, eye: Vec3, nodes: NDArray[np.float64] | None
    ) -> list[tuple[PunctualLight, NDArray[np.float64]]]:
        """The LIGHTS_MAX lights, with where they are, that are brightest where the visitor is; directional ones first.
        ``nodes``: where those of the rig are now, (n, 4, 4), if there is one."""
        matrices = self._matrices
        if nodes is not None and len(self._carried):
            matrices = matrices.copy()
            matrices[self._carried] = nodes[self._nodes[self._carried]]
        chosen = np.arange(len(self._lights))
        if len(chosen) > LIGHTS_MAX:
            distance2 = np.sum((matrices[:, :3, 3] - np.asarray(eye)) ** 2, axis=1)
            chosen = np.argsort(-self._power / np.maximum(distance2, 1.0), kind="stable")[:LIGHTS_MAX]
        return [(self._lights[index], matrices[index]) for index in chosen]
