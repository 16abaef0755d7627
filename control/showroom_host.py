"""The scenes of a showroom, on the GPU while somebody is in them or while there is room. Shared by all visits.

One scene is loaded at a time, beside serving: first those that visitors wait for, then those that the others lead to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial

import structlog

from control.errors import SceneTooLarge
from control.hosted_scene import HostedScene, OpenedScene, open_scene, reading_thread
from control.live_feed import LiveFeed, check_addresses
from control.scene_order import nearest_first
from control.scene_residency import SceneResidency
from control.thread_work import OnProgress
from edge_render.content_size import video_gpu_bytes
from edge_render.derived_cache import DerivedCache
from edge_render.errors import EdgeRenderError, PackageError, RendererError
from edge_render.package import Package
from edge_render.render_loop import RenderLoop
from edge_render.room import Room
from edge_render.video.status import SourceFigures

log = structlog.get_logger(__name__)

READ_SHARE = 0.5
"""Of the work of loading; the rest is the GPU's."""
TRIED_AGAIN_S = 30.0
"""A scene that can't be loaded is read again after so long at the earliest."""


class SceneLease:
    """Somebody's use of a scene, which stays on the GPU for it. Whoever was given one leaves it."""

    def __init__(self, scene: HostedScene, leave: Callable[[], None]) -> None:
        self.scene = scene
        self._leave: Callable[[], None] | None = leave

    def leave(self) -> None:
        """The scene may go; may be called again."""
        if self._leave is not None:
            leave, self._leave = self._leave, None
            leave()


@dataclass(slots=True, eq=False)
class _Request:
    """A scene that somebody waits for."""

    waiting: list[tuple[asyncio.Future[SceneLease], OnProgress]] = field(default_factory=list)

    @property
    def wanted(self) -> bool:
        """Not all who wanted it have gone elsewhere."""
        return any(True for _ in self.unanswered())

    def unanswered(self) -> Iterator[asyncio.Future[SceneLease]]:
        return (answer for answer, _ in self.waiting if not answer.done())

    def tell(self, done: float) -> None:
        for answer, on_progress in self.waiting:
            if not answer.done():
                on_progress(done)

    def fail(self, error: Exception) -> None:
        """Tell all who still wait why it can't be loaded."""
        for answer in self.unanswered():
            answer.set_exception(error)


class ShowroomHost:
    """Used on the event loop. ``run`` loads what is asked for; it is cancelled to end."""

    def __init__(
        self,
        package: Package,
        render_loop: RenderLoop,
        cache: DerivedCache,
        residency: SceneResidency,
        live_sources: Mapping[str, str] | None = None,
    ) -> None:
        """``live_sources``: addresses by scene, in place of what the package says. Raises PackageError where it names
        scenes that are not live."""
        self.package = package
        self.residency = residency
        self.loads: Callable[[str, float], None] = lambda _result, _seconds: None
        """Told of each loading that ended: ``loaded``, ``refused`` or ``failed``, and what it took."""
        self.evictions: Callable[[], None] = lambda: None
        """Told of each scene that had to go for another one."""
        self._render_loop, self._cache = render_loop, cache
        self._addresses = live_sources or {}
        check_addresses(package, self._addresses)
        self._scenes: dict[str, HostedScene] = {}
        self._rooms: dict[str, Room] = {}
        """Of the scenes that were read once, by name."""
        self._failures: dict[str, tuple[float, EdgeRenderError]] = {}
        """Of the scenes that can't be loaded: when that was found, and why."""
        self._requests: dict[str, _Request] = {}
        self._asked = asyncio.Event()
        self._coding = asyncio.Lock()
        self._reading = reading_thread()

    # --- what visits ask -----------------------------------------------------------------------------

    @property
    def title(self) -> dict[str, str]:
        return self.package.showroom.title.model_dump()

    @property
    def entry_scene(self) -> str:
        return self.package.showroom.entry_scene

    def knows(self, name: str | None) -> bool:
        """Whether the showroom has a scene of that name."""
        return name in self.package.showroom.scenes

    def enter(self, name: str) -> SceneLease | None:
        """Use a scene that is loaded; None where it is not."""
        scene = self._scenes.get(name)
        return None if scene is None else self._lease(scene)

    def enter_first(self) -> SceneLease:
        """Use the entry scene, which is always there once the showroom is open."""
        return self._lease(self._scenes[self.entry_scene])

    async def reach(self, name: str, on_progress: OnProgress) -> SceneLease:
        """Use a scene as soon as it is loaded; who asks for the same one shares the loading. Raises SceneTooLarge with
        the figures, or EdgeRenderError."""
        lease = self.enter(name)
        if lease is not None:
            return lease
        answer: asyncio.Future[SceneLease] = asyncio.get_running_loop().create_future()
        request = self._requests.setdefault(name, _Request())
        request.waiting.append((answer, on_progress))
        self._asked.set()
        try:
            return await answer
        except asyncio.CancelledError:
            if answer.done() and not answer.cancelled() and answer.exception() is None:
                answer.result().leave()
            request.waiting = [item for item in request.waiting if item[0] is not answer]
            raise

    def fits_without(self, name: str, leaving: str) -> bool:
        """Whether a scene that was refused would fit if one visitor left another one."""
        room = self._rooms.get(name)
        return room is not None and self.residency.fits_without(room, leaving)

    def _lease(self, scene: HostedScene) -> SceneLease:
        self.residency.enter(scene.name)
        return SceneLease(scene, partial(self.residency.leave, scene.name))

    @property
    def feeds(self) -> dict[str, LiveFeed]:
        """The video of all live scenes that are loaded, by name."""
        return {name: scene.feed for name, scene in self._scenes.items() if scene.feed is not None}

    def source_figures(self) -> dict[str, SourceFigures]:
        """What the sources of live scenes have done, by scene."""
        return {name: feed.source.figures for name, feed in self.feeds.items()}

    # --- loading -------------------------------------------------------------------------------------

    async def open(self, on_progress: OnProgress) -> None:
        """Load the entry scene. Raises SceneTooLarge, PackageError, ModelError or RendererError."""
        request = _Request()
        request.waiting.append((asyncio.get_running_loop().create_future(), on_progress))
        await self._load(self.entry_scene, request, evict=False)
        self.residency.leave(self.entry_scene)

    async def run(self) -> None:
        """Load what is asked for, and else what may be wanted next. Ends only by being cancelled."""
        ahead = nearest_first(self.package.showroom)
        async with asyncio.TaskGroup() as group:
            group.create_task(self._code_sounds(self._scenes[self.entry_scene]), name="code-sounds")
            while True:
                name = next(iter(self._requests), None)
                if name is not None:
                    await self._answer(name, group)
                elif ahead:
                    await self._load_ahead(ahead.pop(0), group)
                else:
                    self._asked.clear()
                    await self._asked.wait()

    async def close(self) -> None:
        """End the live sources, and tell those who still wait."""
        for request in self._requests.values():
            for answer, _ in request.waiting:
                answer.cancel()
        self._requests.clear()
        self._reading.shutdown(wait=False, cancel_futures=True)
        await asyncio.gather(*(feed.close() for feed in self.feeds.values()))

    async def _answer(self, name: str, group: asyncio.TaskGroup) -> None:
        """Load a scene that somebody waits for."""
        request = self._requests[name]
        try:
            if request.wanted:
                await self._load_for(name, request, group, evict=True)
        except SceneTooLarge as full:
            request.fail(full)
        finally:
            del self._requests[name]

    async def _load_ahead(self, name: str, group: asyncio.TaskGroup) -> None:
        """Load a scene that nobody waits for yet; where that can't be, they are told once they do."""
        if name in self._scenes:
            return
        request = self._requests.setdefault(name, _Request())
        try:
            await self._load_for(name, request, group, evict=False)
        except SceneTooLarge:
            if request.waiting:
                return  # who asked meanwhile is answered next, and for them others go
        del self._requests[name]

    async def _load_for(self, name: str, request: _Request, group: asyncio.TaskGroup, *, evict: bool) -> None:
        """Load a scene for all who wait for it by then. Raises SceneTooLarge; other failures are told to them."""
        try:
            scene = await self._load(name, request, evict=evict)
        except EdgeRenderError as error:
            request.fail(error)
            return
        group.create_task(self._code_sounds(scene), name=f"code-sounds-{name}")
        for answer in request.unanswered():
            answer.set_result(self._lease(scene))
        self.residency.leave(name)

    async def _load(self, name: str, request: _Request, *, evict: bool) -> HostedScene:
        """Read a scene, make room and put it on the GPU; it counts as used once."""
        self._check(name, evict=evict)
        began = time.monotonic()
        result = "failed"
        try:
            opened = await open_scene(
                self.package,
                name,
                self._cache,
                self._addresses.get(name),
                lambda done: request.tell(READ_SHARE * done),
                self._reading,
            )
            try:
                scene = await self._put_on_gpu(name, opened, request, evict=evict)
            except BaseException:
                if opened.feed is not None:
                    await opened.feed.close()
                raise
            result = "loaded"
        except SceneTooLarge as full:
            result = "refused"
            log.warning("scene_refused", scene=name, reason=str(full), ahead=not evict)
            raise
        except EdgeRenderError as error:
            log.error("scene_not_loaded", scene=name, error=str(error))
            self._failures.setdefault(name, (time.monotonic(), error))
            raise
        except Exception as error:  # one scene's defect must not end those that others are in
            log.exception("scene_loading_broke", scene=name)
            failure = PackageError(f"scene '{name}' can't be loaded: {type(error).__name__}: {error}")
            self._failures[name] = time.monotonic(), failure
            raise failure from error
        finally:
            self.loads(result, time.monotonic() - began)
        seconds = round(time.monotonic() - began, 2)
        log.info("scene_loaded", scene=name, gpu_bytes=self.residency.sizes()[name], seconds=seconds, **opened.figures)
        return scene

    def _check(self, name: str, *, evict: bool) -> None:
        """What is known already is not found out again by reading it all: visitors can ask as often as they like."""
        if name in self._failures:
            at_s, error = self._failures[name]
            if time.monotonic() - at_s < TRIED_AGAIN_S:
                raise error.with_traceback(None)
            del self._failures[name]
        if name in self._rooms:
            self.residency.check(name, self._rooms[name], evict=evict)

    async def _put_on_gpu(self, name: str, opened: OpenedScene, request: _Request, *, evict: bool) -> HostedScene:
        room = self._rooms[name] = await asyncio.wrap_future(self._render_loop.room(opened.content))
        for other in self.residency.make_room(name, room, evict=evict):
            await self._evict(other)
        loop = asyncio.get_running_loop()

        def on_progress(done: float) -> None:
            loop.call_soon_threadsafe(request.tell, READ_SHARE + (1.0 - READ_SHARE) * done)

        try:
            handle = await asyncio.wrap_future(self._render_loop.load(opened.content, on_progress))
        except BaseException:
            self.residency.forget(name)
            raise
        scene = self._scenes[name] = opened.hosted(handle)
        if scene.feed is not None:
            scene.feed.listen(partial(self._measure, name, scene.feed))
            self._measure(name, scene.feed)
        return scene

    def _measure(self, name: str, feed: LiveFeed) -> None:
        """How large a video is, is known with its first picture."""
        if (picture := feed.source.newest) is not None:
            self._rooms[name] = Room(video_gpu_bytes(picture.luma.size, feed.layout))
            self.residency.resize(name, self._rooms[name])

    async def _evict(self, name: str) -> None:
        scene = self._scenes.pop(name)
        log.info("scene_evicted", scene=name)
        self.evictions()
        try:
            await asyncio.wrap_future(self._render_loop.unload(scene.handle))
        except RendererError as error:
            log.error("scene_not_unloaded", scene=name, error=str(error))
        if scene.feed is not None:
            await scene.feed.close()

    async def _code_sounds(self, scene: HostedScene) -> None:
        """Code what is heard in a scene; of one scene at a time, as it takes a core for seconds."""
        async with self._coding:
            if self._scenes.get(scene.name) is not scene:
                return  # it has gone for another one meanwhile
            if scene.sound is not None:
                await scene.sound.code()
            for narration in scene.narrations.values():
                await narration.code()
