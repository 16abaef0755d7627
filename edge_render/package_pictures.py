"""Pictures of a package's scenes as visitors see them who enter, by the real renderer, and what drawing them costs.

Scenes of video are left out: a live one is not called, and what a recording shows first is often black.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge_render.derived_cache import DerivedCache
from edge_render.errors import EdgeRenderError
from edge_render.findings import FindingLog
from edge_render.frame import PixelFormat
from edge_render.geometry.batches import prepare_scene
from edge_render.gl.context import GlContext
from edge_render.gl.draw_count import counted_draws
from edge_render.gl.renderer import GlRenderer
from edge_render.package import ModelScene, Package
from edge_render.panorama.content import load_panorama
from edge_render.panorama.spec import PanoramaScene
from edge_render.renderer import Content, SceneHandle, View
from edge_render.scene_content import load_scene
from edge_render.scene_cost import DrawnCost
from edge_render.validation import ScenePicture

WIDTH_PX: Final = 480
HEIGHT_PX: Final = 270
_TIMED_PX: Final = (1280, 720)
PICTURES_MAX: Final = 100
"""Of one package; every scene has its first entry pose before any has a second one."""
_WEBP_QUALITY: Final = 80
_REDRAWN_MAX: Final = 500
"""Of a panorama, until its tiles have come: one picture takes milliseconds."""


class PackagePictures:
    """Draws them. Made and used on one thread; close() frees the GPU."""

    def __init__(self, package: Package, folder: Path, cache: DerivedCache) -> None:
        """With the effort that suits the device. Raises RendererError where there is none."""
        self._package, self._folder, self._cache = package, folder, cache
        self._context = GlContext.open()
        try:
            self._renderer = GlRenderer(self._context, PixelFormat.RGBA)
        except BaseException:
            self._context.close()
            raise

    def draw(self, log: FindingLog) -> tuple[dict[str, DrawnCost], list[ScenePicture]]:
        """What scenes cost, by name, and their pictures. What can't be drawn is logged as an error with its scene as
        place."""
        costs: dict[str, DrawnCost] = {}
        pictures: list[ScenePicture] = []
        for name, entries in self._chosen().items():
            try:
                content = self._content(name)
                handle = self._renderer.load(content)
                try:
                    costs[name] = self._measure(handle, content, name, entries)
                    pictures += [self._picture(handle, name, entry) for entry in entries]
                finally:
                    self._renderer.unload(handle)
            except EdgeRenderError as error:
                log.error(f"scenes.{name}", f"can't be drawn: {error}", "DRAWING_FAILED")
        return costs, pictures

    def close(self) -> None:
        self._renderer.close()

    def _chosen(self) -> dict[str, list[str]]:
        """The entry poses of each scene that are drawn."""
        scenes = {
            name: [entry.name for entry in (scene.entry_poses if isinstance(scene, ModelScene) else scene.entry_views)]
            for name, scene in self._package.showroom.scenes.items()
            if isinstance(scene, ModelScene | PanoramaScene)
        }
        chosen: dict[str, list[str]] = {name: [] for name in scenes}
        for name, entry in islice(_in_turn(scenes), PICTURES_MAX):
            chosen[name].append(entry)
        return {name: entries for name, entries in chosen.items() if entries}

    def _content(self, name: str) -> Content:
        spec = self._package.showroom.scenes[name]
        if isinstance(spec, ModelScene):
            return prepare_scene(load_scene(self._package, name, self._cache), self._cache)
        assert isinstance(spec, PanoramaScene), "others are not chosen"
        image = self._package.content_path(name)
        return load_panorama(name, image, spec.layout, spec.exposure, self._cache)

    def _measure(self, handle: SceneHandle, content: Content, name: str, entries: list[str]) -> DrawnCost:
        renderer = self._renderer
        calls, took_ms = 0, 0.0
        for entry in entries:
            view = self._view(name, entry, *_TIMED_PX)
            renderer.draw(handle, view)  # what is made lazily
            took_ms = max(took_ms, renderer.draw(handle, view).draw_ms)
            with counted_draws(self._context.calls) as count:
                renderer.draw(handle, view)
            calls = max(calls, count.calls)
        room = renderer.room(content)
        return DrawnCost(room.own_bytes, calls, round(took_ms, 2), renderer.description)

    def _picture(self, handle: SceneHandle, name: str, entry: str) -> ScenePicture:
        view = replace(self._view(name, entry, WIDTH_PX, HEIGHT_PX), still=True)
        self._renderer.draw(handle, view)
        if isinstance(self._package.showroom.scenes[name], PanoramaScene):
            for _ in range(_REDRAWN_MAX):
                if not self._renderer.changing(handle, view):
                    break
                self._renderer.draw(handle, view)
        file = f"{name}.{entry}.webp"
        _save(self._refined(handle, view), self._folder / file)
        return ScenePicture(name, entry, file, WIDTH_PX, HEIGHT_PX)

    def _refined(self, handle: SceneHandle, view: View) -> NDArray[np.uint8]:
        refinement = self._renderer.refiner.begin(handle, view)
        try:
            for _ in range(self._renderer.refiner.hand_outs[0]):
                refinement.add_pass()
            return refinement.picture().pixels
        finally:
            refinement.release()

    def _view(self, name: str, entry: str, width: int, height: int) -> View:
        spec = self._package.showroom.scenes[name]
        return View(spec.entry(entry).pose(), spec.fov_y_rad, width, height)


def _in_turn(scenes: dict[str, list[str]]) -> Iterator[tuple[str, str]]:
    """The first entry of each scene, then the second of each that has one, and so on."""
    for index in range(max(map(len, scenes.values()), default=0)):
        for name, entries in scenes.items():
            if index < len(entries):
                yield name, entries[index]


def _save(pixels: NDArray[np.uint8], path: Path) -> None:
    Image.fromarray(np.ascontiguousarray(pixels[..., :3])).save(path, "WEBP", quality=_WEBP_QUALITY)
