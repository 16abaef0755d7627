"""A shot as our renderer shows it to a visitor who stands still: the final, refined picture."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from bench.fidelity.shots import Camera, Shot, ShotError, camera_of
from edge_render.errors import ModelError
from edge_render.findings import first_error
from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.gltf.loader import ExaminedModel, examine_model
from edge_render.render_quality import RenderQuality
from edge_render.renderer import View
from edge_render.scene import Ambient, Scene, Sun

_DARK = Ambient((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), 0.0)


@dataclass(frozen=True, slots=True, eq=False)
class OurPicture:
    """``pixels``: (height, width, 3) uint8 sRGB."""

    pixels: NDArray[np.uint8] = field(repr=False)
    scene: Scene
    camera: Camera
    load_ms: float
    """From the file to its first picture."""
    examined: ExaminedModel = field(repr=False)


class Photographer:
    """Draws shots in the best quality. Owns a GL context; used on one thread."""

    def __init__(self, quality: RenderQuality | None = None) -> None:
        self._time_s = 0.0
        self._quality = quality

    def take(self, shot: Shot, light: Callable[[Scene, Shot], Scene]) -> OurPicture:
        """Load and draw. ``light`` puts the shot's environment into the scene. Raises ShotError or EdgeRenderError."""
        spec = shot.spec
        began = time.perf_counter()
        examined = examine_model(shot.model, name=shot.label)
        model = examined.scene
        if model is None:
            raise ModelError(first_error(examined.findings))
        camera = camera_of(spec, model)
        sun = Sun((0.0, -1.0, 0.0), intensity=0.0)
        if spec.sun is not None:
            direction = np.asarray(spec.sun.direction) / np.linalg.norm(spec.sun.direction)
            sun = Sun(
                (float(direction[0]), float(direction[1]), float(direction[2])), spec.sun.color, spec.sun.intensity
            )
        scene = light(replace(model, sun=sun, exposure=spec.exposure, background=spec.background, ambient=_DARK), shot)
        self._time_s = 0.0
        context = GlContext.open()
        renderer = GlRenderer(context, PixelFormat.RGBA, self._quality or RenderQuality(), lambda: self._time_s)
        try:
            handle = renderer.load(scene)
            load_ms = (time.perf_counter() - began) * 1e3
            self._time_s = spec.time_s
            view = View(camera.pose, camera.fov_y_rad, *spec.size, still=True, variant=_variant(shot, scene))
            refinement = renderer.refiner.begin(handle, view)
            try:
                for _ in range(renderer.refiner.hand_outs[-1]):
                    refinement.add_pass()
                pixels = refinement.picture().pixels[..., :3]
            finally:
                refinement.release()
        finally:
            renderer.close()
        return OurPicture(np.ascontiguousarray(pixels), scene, camera, load_ms, examined)


def _variant(shot: Shot, scene: Scene) -> int | None:
    name = shot.spec.variant
    if name is None:
        return None
    if name not in scene.variants:
        raise ShotError(f"{shot.label}: has no variant '{name}', but {', '.join(scene.variants) or 'none'}")
    return scene.variants.index(name)
