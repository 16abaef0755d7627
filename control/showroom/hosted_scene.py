"""One scene of a showroom, opened: its content for the GPU, and what picking, walking and listening need."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

import structlog

from control.input import WalkSpace
from control.showroom.live_feed import LiveFeed
from control.showroom.scene_origin import SceneOrigin
from control.showroom.scene_sound import HostedSound, SceneSound
from control.showroom.thread_work import OnProgress, in_thread
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
from edge_render.renderer import Content, SceneHandle
from edge_render.scene_content import load_scene
from edge_render.scene_fit import check_fit
from edge_render.video.spec import LiveScene
from edge_render.video.sphere import VideoSphere
from edge_render.walk_space import OccupancyGrid

log = structlog.get_logger(__name__)

READING_NICENESS = 10


class ScenePicker(Protocol):
    """What a tap hits, in scenes of all types. Any thread may ask."""

    def pick(self, ray: Ray) -> Hit | None: ...

    def surface(self, ray: Ray) -> Hit | None:
        """What is seen there, whatever hotspots lie in the open before it; None also where one can only look around."""
        ...


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
    origin: SceneOrigin | None = None
    """What a walk-in scene was made of, where that is known."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenedScene:
    """A scene that was read, and is not on the GPU yet. ``content`` is large: it is dropped once it is there."""

    content: Content
    hosted: Callable[[SceneHandle], HostedScene]
    """The scene, once it is on the GPU by that handle."""
    feed: LiveFeed | None
    figures: Mapping[str, int]
    """How large it is, for the log."""


def reading_thread() -> ThreadPoolExecutor:
    """Where scenes are read. Whoever waits for one can wait a little longer; those who are in another one want their
    next picture now."""

    def be_patient() -> None:
        # On Linux this is of the thread, and of those that it begins.
        os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), READING_NICENESS)

    return ThreadPoolExecutor(1, thread_name_prefix="read-scene", initializer=be_patient)


async def open_scene(
    package: Package,
    name: str,
    cache: DerivedCache,
    address: str | None,
    on_progress: OnProgress,
    reading: ThreadPoolExecutor | None = None,
) -> OpenedScene:
    """Read a scene beside serving, on a thread of ``reading``; ``address``: of its live source, in place of what the
    package says. Raises PackageError or ModelError."""
    loop = asyncio.get_running_loop()
    spec = package.showroom.scenes[name]
    feed: LiveFeed | None = None
    picker: ScenePicker
    space: WalkSpace
    content: Content
    origin: SceneOrigin | None = None
    match spec:
        case ModelScene():
            scene = await loop.run_in_executor(reading, load_scene, package, name, cache)
            origin = await loop.run_in_executor(reading, SceneOrigin.of, package, spec, scene)
            on_progress(0.5)
            picker = await loop.run_in_executor(reading, Picker, scene, spec.hotspots)
            on_progress(0.7)
            space = floor = await loop.run_in_executor(reading, OccupancyGrid, scene, spec.walkable)
            found = FindingLog(MANIFEST_NAME)
            check_fit(name, spec, scene, floor, found)
            for finding in found.findings():
                log.warning("scene_finding", **finding.told())
            on_progress(0.8)
            # Seconds for millions of triangles, which the thread that draws for others has not.
            content = await loop.run_in_executor(reading, prepare_scene, scene, cache)
            figures = {"nodes": len(scene.nodes), "triangles": scene.triangle_count()}
        case LiveScene():
            feed = await LiveFeed.open(package, name, spec, address)
            content, figures = VideoSphere(name, feed.source, spec.layout), {}
            picker, space = AnglePicker(spec.hotspots), OnePlace()
        case PanoramaScene():
            image = package.content_path(name)
            open_tiles = partial(load_panorama, name, image, spec.layout, spec.exposure, cache)
            content = await in_thread(open_tiles, lambda done: on_progress(0.95 * done))
            picker, space = AnglePicker(spec.hotspots), OnePlace()
            figures = {"tiles": content.tiles.shape.count, "tiles_bytes": content.tiles.size_bytes}
    try:
        sound: HostedSound | None = await SceneSound.open(package, name)
        narrations = await SceneSound.open_narrations(package, name)
    except BaseException:
        if feed is not None:
            await feed.close()
        raise
    if feed is not None and sound is None:
        sound = feed.sound
    on_progress(1.0)
    hosted = partial(
        HostedScene,
        name,
        spec,
        picker=picker,
        space=space,
        sound=sound,
        narrations=narrations,
        feed=feed,
        origin=origin,
    )
    return OpenedScene(content, hosted, feed, figures)


async def open_alike(
    package: Package, name: str, spec: ModelScene, reading: ThreadPoolExecutor, there: HostedScene
) -> HostedScene:
    """A scene that ``there``, of another edition, shows already: only what leads on from it may differ. Raises
    PackageError."""
    assert isinstance(there.picker, Picker), "it is a walk-in scene"
    loop = asyncio.get_running_loop()
    picker = await loop.run_in_executor(reading, there.picker.with_hotspots, spec.hotspots)
    sound = await SceneSound.open(package, name)
    narrations = await SceneSound.open_narrations(package, name)
    return replace(there, name=name, spec=spec, picker=picker, sound=sound, narrations=narrations)
