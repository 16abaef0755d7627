"""The scenes on the GPU, of all showrooms of a node: one account of its memory, and one loading at a time."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass

import structlog

from control.showroom.hosted_scene import HostedScene, OpenedScene
from control.showroom.scene_residency import SceneResidency
from control.showroom.thread_work import OnProgress
from edge_render.errors import RendererError
from edge_render.package import ModelScene, Package
from edge_render.render_loop import RenderLoop
from edge_render.renderer import SceneHandle
from edge_render.room import Room

log = structlog.get_logger(__name__)

OnEvicted = Callable[[], object]


@dataclass(frozen=True, slots=True, eq=False)
class _Placed:
    key: str
    scene: HostedScene
    on_evicted: OnEvicted


@dataclass(frozen=True, slots=True, eq=False)
class _Going:
    placed: _Placed
    unloading: Future[None] | None
    """None where another scene shows the same content."""


class GpuScenes:
    """Used on the event loop. A scene's key is its name within the node."""

    def __init__(self, render_loop: RenderLoop, residency: SceneResidency) -> None:
        self.render_loop = render_loop
        self.residency = residency
        self.loading = asyncio.Lock()
        """Held by who loads a scene: two at a time would take the memory of two and make both late."""
        self.evictions: Callable[[], None] = lambda: None
        """Told of each scene that had to go for another one."""
        self._placed: dict[str, _Placed] = {}
        self._uses: Counter[SceneHandle] = Counter()
        """How many scenes show each content."""

    def alike(self, package: Package, spec: ModelScene) -> str | None:
        """The key of a scene that shows the very same as one of a package would."""
        origins = ((key, placed.scene.origin) for key, placed in self._placed.items())
        return next((key for key, origin in origins if origin is not None and origin.fits(package, spec)), None)

    async def share(
        self, key: str, other: str, make: Callable[[HostedScene], Awaitable[HostedScene]], on_evicted: OnEvicted
    ) -> tuple[HostedScene, Room]:
        """Have a scene show the content of another one that is on the GPU, of which ``make`` makes it; it counts as
        used once. Raises what ``make`` raises."""
        there = self._placed[other].scene
        room = self.residency.share(key, other)
        self._uses[there.handle] += 1
        try:
            scene = await make(there)
        except BaseException:
            self.residency.forget(key)
            await self._freed(self._begin_freeing(_Placed(key, there, on_evicted)))
            raise
        self._placed[key] = _Placed(key, scene, on_evicted)
        return scene, room

    async def room(self, opened: OpenedScene) -> Room:
        """What a scene takes of the GPU's memory at most."""
        return await asyncio.wrap_future(self.render_loop.room(opened.content))

    async def put(
        self,
        key: str,
        opened: OpenedScene,
        room: Room,
        on_progress: OnProgress,
        on_evicted: OnEvicted,
        *,
        evict: bool,
    ) -> HostedScene:
        """Put a scene on the GPU, for which others go where ``evict`` says so; it counts as used once. ``on_evicted``
        is called when it goes for another one. Raises SceneTooLarge or RendererError."""
        going = [self._take_away(other) for other in self.residency.make_room(key, room, evict=evict)]
        event_loop = asyncio.get_running_loop()

        def tell(done: float) -> None:
            event_loop.call_soon_threadsafe(on_progress, done)

        loading: Future[SceneHandle] | None = None
        try:
            for gone in going:
                await self._freed(gone)
            loading = self.render_loop.load(opened.content, tell)
            handle = await asyncio.wrap_future(loading)
        except BaseException:
            self.residency.forget(key)
            if loading is not None:
                self.render_loop.give_up(loading)
            raise
        scene = opened.hosted(handle)
        self._uses[handle] += 1
        self._placed[key] = _Placed(key, scene, on_evicted)
        return scene

    async def free(self, keys: Iterable[str]) -> None:
        """Free scenes that nobody looks at any more, and close their videos. All of them are on their way out when this
        is cancelled."""
        going: list[_Going] = []
        for key in keys:
            going.append(self._begin_freeing(self._placed.pop(key)))
            self.residency.forget(key)
        for gone in going:
            await self._freed(gone)

    def _take_away(self, key: str) -> _Going:
        """A scene goes for another one: residency has forgotten it already."""
        placed = self._placed.pop(key)
        log.info("scene_evicted", scene=key)
        self.evictions()
        placed.on_evicted()
        return self._begin_freeing(placed)

    def _begin_freeing(self, placed: _Placed) -> _Going:
        handle = placed.scene.handle
        self._uses[handle] -= 1
        if self._uses[handle] > 0:
            return _Going(placed, None)
        del self._uses[handle]
        if placed.scene.feed is not None:
            placed.scene.feed.end()
        return _Going(placed, self.render_loop.unload(handle))

    async def _freed(self, going: _Going) -> None:
        if going.unloading is None:
            return
        try:
            await asyncio.wrap_future(going.unloading)
        except RendererError as error:
            log.error("scene_not_unloaded", scene=going.placed.key, error=str(error))
        if going.placed.scene.feed is not None:
            await going.placed.scene.feed.close()
