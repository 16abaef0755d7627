"""The opened showroom of a node: each scene on the GPU, with what picking and walking need. Shared by all visits."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import structlog

from control.input import WalkSpace
from control.live_feed import LiveFeed, check_addresses
from control.scene_sound import HostedSound, SceneSound
from edge_render.angle_picking import AnglePicker
from edge_render.derived_cache import DerivedCache
from edge_render.findings import FindingLog
from edge_render.geometry.batches import prepare_scene
from edge_render.look_around import OnePlace
from edge_render.package import MANIFEST_NAME, AnyScene, ModelScene, Package
from edge_render.panorama.content import load_panorama
from edge_render.panorama.spec import PanoramaScene
from edge_render.picking import Hit, Picker
from edge_render.pose import Ray
from edge_render.render_loop import RenderLoop
from edge_render.renderer import Content, SceneHandle
from edge_render.scene import Scene
from edge_render.scene_content import load_scene
from edge_render.scene_fit import check_fit
from edge_render.video.spec import LiveScene
from edge_render.video.sphere import VideoSphere
from edge_render.video.status import SourceFigures
from edge_render.walk_space import OccupancyGrid

log = structlog.get_logger(__name__)


class ScenePicker(Protocol):
    """What a tap hits, in scenes of all types. Any thread may ask."""

    def pick(self, ray: Ray) -> Hit | None: ...


@dataclass(frozen=True, slots=True, eq=False)
class HostedScene:
    """A scene that visitors can be in."""

    name: str
    spec: AnyScene
    handle: SceneHandle
    picker: ScenePicker
    space: WalkSpace
    sound: HostedSound | None
    narrations: Mapping[str, SceneSound]
    """What is told on cards, by hotspot."""
    feed: LiveFeed | None = None
    """The video of a live scene."""


class ShowroomHost:
    """All scenes of one package. Immutable once opened."""

    def __init__(self, package: Package, scenes: dict[str, HostedScene]) -> None:
        self.package = package
        self._scenes = scenes

    @classmethod
    async def open(
        cls,
        package: Package,
        render_loop: RenderLoop,
        cache: DerivedCache,
        live_sources: Mapping[str, str] | None = None,
    ) -> ShowroomHost:
        """Load every scene; ``live_sources``: addresses by scene, in place of what the package says. Raises
        PackageError, ModelError or RendererError."""
        addresses = live_sources or {}
        check_addresses(package, addresses)
        host = cls(package, {})
        try:
            for name in package.showroom.scenes:
                host._scenes[name] = await _host(package, name, render_loop, cache, addresses.get(name))
        except BaseException:
            await host.close()
            raise
        return host

    async def close(self) -> None:
        """End the live sources."""
        await asyncio.gather(*(feed.close() for feed in self.feeds.values()))

    @property
    def feeds(self) -> dict[str, LiveFeed]:
        """The video of all live scenes, by name."""
        return {name: scene.feed for name, scene in self._scenes.items() if scene.feed is not None}

    def source_figures(self) -> dict[str, SourceFigures]:
        """What the sources of live scenes have done, by scene."""
        return {name: feed.source.figures for name, feed in self.feeds.items()}

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


async def _host(
    package: Package, name: str, render_loop: RenderLoop, cache: DerivedCache, address: str | None
) -> HostedScene:
    began = time.monotonic()
    spec = package.showroom.scenes[name]
    feed: LiveFeed | None = None
    picker: ScenePicker
    space: WalkSpace
    content: Content
    match spec:
        case ModelScene():
            content = await asyncio.to_thread(load_scene, package, name, cache)
            picker = await asyncio.to_thread(Picker, content, spec.hotspots)
            space = floor = await asyncio.to_thread(OccupancyGrid, content, spec.walkable)
            found = FindingLog(MANIFEST_NAME)
            check_fit(name, spec, content, floor, found)
            for finding in found.findings():
                log.warning("scene_finding", **finding.told())
            size = {"nodes": len(content.nodes), "triangles": content.triangle_count()}
        case LiveScene():
            feed = await LiveFeed.open(package, name, spec, address)
            content, size = VideoSphere(name, feed.source, spec.layout), {}
            picker, space = AnglePicker(spec.hotspots), OnePlace()
        case PanoramaScene():
            image = package.content_path(name)
            content = await asyncio.to_thread(load_panorama, name, image, spec.layout, spec.exposure, cache)
            picker, space = AnglePicker(spec.hotspots), OnePlace()
            size = {"tiles": content.tiles.shape.count, "tiles_bytes": content.tiles.size_bytes}
    try:
        if isinstance(content, Scene):
            # Seconds for millions of triangles, which the thread that draws for others has not.
            content = await asyncio.to_thread(prepare_scene, content)
        handle = await asyncio.wrap_future(render_loop.load(content))
        sound: HostedSound | None = await SceneSound.open(package, name)
        narrations = await SceneSound.open_narrations(package, name)
    except BaseException:
        if feed is not None:
            await feed.close()
        raise
    if feed is not None and sound is None:
        sound = feed.sound
    log.info("scene_loaded", scene=name, **size, seconds=round(time.monotonic() - began, 2))
    return HostedScene(name, spec, handle, picker, space, sound, narrations, feed)
