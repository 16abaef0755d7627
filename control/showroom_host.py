"""The opened showroom of a node: each scene on the GPU, with what picking and walking need. Shared by all visits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass

import structlog

from control.input import WalkSpace
from control.scene_sound import SceneSound
from edge_render.package import ModelScene, Package
from edge_render.picking import Picker
from edge_render.render_loop import RenderLoop
from edge_render.renderer import SceneHandle
from edge_render.scene_content import load_scene
from edge_render.walk_space import OccupancyGrid

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class HostedScene:
    """A scene that visitors can be in."""

    name: str
    spec: ModelScene
    handle: SceneHandle
    picker: Picker
    space: WalkSpace
    sound: SceneSound | None
    narrations: Mapping[str, SceneSound]
    """What is told on cards, by hotspot."""


class ShowroomHost:
    """All scenes of one package. Immutable once opened."""

    def __init__(self, package: Package, scenes: dict[str, HostedScene]) -> None:
        self.package = package
        self._scenes = scenes

    @classmethod
    async def open(cls, package: Package, render_loop: RenderLoop) -> ShowroomHost:
        """Load every scene. Raises PackageError, ModelError or RendererError."""
        scenes = {name: await _host(package, name, render_loop) for name in package.showroom.scenes}
        return cls(package, scenes)

    async def code_sounds(self) -> None:
        """Code the sounds of all scenes, that of the entry scene first."""
        for scene in sorted(self._scenes.values(), key=lambda one: one.name != self.package.showroom.entry_scene):
            if scene.sound is not None:
                await scene.sound.code()
            for narration in scene.narrations.values():
                await narration.code()

    @property
    def title(self) -> dict[str, str]:
        return self.package.showroom.title.model_dump()

    def scene(self, name: str | None) -> HostedScene:
        """The scene of that name; the entry scene where there is none such."""
        return self._scenes.get(name or "", self._scenes[self.package.showroom.entry_scene])


async def _host(package: Package, name: str, render_loop: RenderLoop) -> HostedScene:
    began = time.monotonic()
    spec = package.model_scene(name)
    scene = await asyncio.to_thread(load_scene, package, name)
    handle = await asyncio.wrap_future(render_loop.load(scene))
    picker = await asyncio.to_thread(Picker, scene, spec.hotspots)
    sound = await SceneSound.open(package, name)
    narrations = await SceneSound.open_narrations(package, name)
    space = await asyncio.to_thread(OccupancyGrid, scene, spec.walkable)
    log.info(
        "scene_loaded",
        scene=name,
        nodes=len(scene.nodes),
        triangles=scene.triangle_count(),
        seconds=round(time.monotonic() - began, 2),
    )
    return HostedScene(name, spec, handle, picker, space, sound, narrations)
