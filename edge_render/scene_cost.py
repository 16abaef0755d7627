"""What a scene costs those who show it: measured when it is validated, for its author and against budgets."""

from __future__ import annotations

from dataclasses import dataclass

from edge_render.mipmaps import mipmaps_bytes
from edge_render.scene import Scene


@dataclass(frozen=True, slots=True)
class DrawnCost:
    """Measured by drawing. Times are those of ``device``, and say little of another one."""

    gpu_bytes: int
    """About what the scene takes of the GPU's memory, as it is budgeted on a node."""
    draw_calls: int
    """Of the dearest picture among those of its entry poses."""
    draw_ms: float
    """Of the picture that took longest, 1280x720."""
    device: str


@dataclass(frozen=True, slots=True)
class SceneCost:
    """Of one scene. ``type`` is that of the manifest: a scene that is no model has no triangles and no textures."""

    scene: str
    type: str
    triangles: int = 0
    """Each placement of a mesh counted."""
    textures: int = 0
    texture_bytes: int = 0
    """On the GPU, with mipmaps, in the forms in which materials use them; of all levels that the files have."""
    texture_px_max: int = 0
    """The longest side of a texture."""
    drawn: DrawnCost | None = None
    """None: it was not drawn."""


def model_cost(name: str, scene: Scene) -> SceneCost:
    """Of a model as its scene chooses it, lightmaps included where they are there; without drawing it."""
    sides = [max(texture.pixels.shape[:2]) for texture in scene.textures]
    return SceneCost(
        name,
        "model",
        triangles=scene.triangle_count(),
        textures=len(scene.textures),
        texture_bytes=mipmaps_bytes(scene),
        texture_px_max=max(sides, default=0),
    )
