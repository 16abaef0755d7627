"""A scene of a package as renderers take it: its model, with the light that the manifest gives it."""

from __future__ import annotations

import math
from dataclasses import replace

from edge_render.gltf.loader import load_model
from edge_render.package import Package
from edge_render.scene import Ambient, Scene, Sun


def load_scene(package: Package, scene_name: str) -> Scene:
    """Load a scene. Raises PackageError or ModelError."""
    spec = package.model_scene(scene_name)
    model = load_model(package.content_path(scene_name), name=scene_name)
    x, y, z = spec.sun.direction
    length = math.hypot(x, y, z)
    environment = spec.environment
    return replace(
        model,
        sun=Sun((x / length, y / length, z / length), spec.sun.color, spec.sun.intensity),
        ambient=Ambient(environment.sky, environment.ground, environment.intensity),
        exposure=environment.exposure,
        background=environment.background,
    )
