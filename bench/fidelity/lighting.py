"""Puts the light of a shot's environment picture into its scene."""

from __future__ import annotations

import math
from dataclasses import replace

from bench.fidelity.shots import Shot
from edge_render.derived_cache import DerivedCache, default_cache_folder
from edge_render.environment.loading import load_environment
from edge_render.scene import Scene


def lit(scene: Scene, shot: Shot) -> Scene:
    """The scene in the light of the shot's environment; as it is where there is none. Raises EdgeRenderError."""
    if shot.environment is None:
        return scene
    light = replace(
        load_environment(shot.environment, DerivedCache(default_cache_folder())),
        intensity=shot.spec.environment_intensity,
        rotation_rad=math.radians(shot.spec.environment_rotation_deg),
        shown=shot.spec.environment_shown,
    )
    return replace(scene, environment=light)
