"""The scenes of one edition of a showroom, on the GPU while somebody is in them or while there is room. Shared by all
visits.

One scene of a node is loaded at a time, beside serving: first those that visitors wait for, then those that the others
lead to.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from functools import partial

import structlog

from control.errors import NodeNotReady, SceneTooLarge
from control.showroom.gpu_scenes import GpuScenes
from control.showroom.hosted_scene import HostedScene, OpenedScene, open_alike, open_scene, reading_thread
from control.showroom.live_feed import LiveFeed, check_addresses
from control.showroom.scene_order import nearest_first
from control.showroom.scene_request import SceneLease, SceneRequest
from control.showroom.scene_residency import SceneResidency
from control.showroom.thread_work import OnProgress
from edge_render.content_size import video_gpu_bytes
from edge_render.derived_cache import DerivedCache
from edge_render.errors import EdgeRenderError, PackageError
from edge_render.package import ModelScene, Package
from edge_render.room import Room
from edge_render.video.status import SourceFigures

log = structlog.get_logger(__name__)

READ_SHARE = 0.5
"""Of the work of loading; the rest is the GPU's."""
TRIED_AGAIN_S = 30.0
"""A scene that can't be loaded is read again after so long at the earliest."""


class ShowroomHost:
    """Used on the event loop. ``run`` loads what is asked for; it is cancelled to end."""

    def __init__(
        self,
        package: Package,
        gpu: GpuScenes,
        cache: DerivedCache,
        live_sources: Mapping[str, str] | None = None,
        label: str = "",
        showroom: str | None = None,
    ) -> None:
        """``live_sources``: addresses by scene, in place of what the package says. ``label`` begins the names of its
        scenes in accounts, metrics and logs, as other editions on the node have scenes of the same names.
        ``showroom``: its name at this site, if it has one. Raises PackageError where an address is for a scene that is
        not live."""
        self.package = package
        self.showroom = showroom
        self.label = label
        self.loads: Callable[[str, float], None] = lambda _result, _seconds: None
        """Told of each loading that ended: ``loaded``, ``refused`` or ``failed``, and what it took."""
        self.changed: Callable[[], None] = lambda: None
        """Called when other scenes are loaded than before."""
        self._gpu, self._cache = gpu, cache
        self._addresses = live_sources or {}
        check_addresses(package, self._addresses)
        self._scenes: dict[str, HostedScene] = {}
        self._rooms: dict[str, Room] = {}
        """Of the scenes that were read once, by name."""
        self._failures: dict[str, tuple[float, EdgeRenderError]] = {}
        """Of the scenes that can't be loaded: when that was found, and why."""
        self._requests: dict[str, SceneRequest] = {}
        self._asked = asyncio.Event()
        self._ahead: list[str] = []
        """To be loaded while nobody waits, the first of them first."""
        self._uncoded: list[HostedScene] = []
        """Loaded, but what is heard in them is not coded yet."""
        self._draining = False
        self._coding = asyncio.Lock()
        self._reading = reading_thread()

    # --- what visits ask -----------------------------------------------------------------------------

    def key(self, name: str) -> str:
        """What a scene is called within the node."""
        return self.label + name

    @property
    def residency(self) -> SceneResidency:
        """The account of the GPU's memory, of all editions."""
        return self._gpu.residency

    @property
    def title(self) -> dict[str, str]:
        return self.package.showroom.title.model_dump()

    @property
    def entry_scene(self) -> str:
        return self.package.showroom.entry_scene

    def knows(self, name: str | None) -> bool:
        """Whether the showroom has a scene of that name."""
        return name in self.package.showroom.scenes

    @property
    def loaded(self) -> tuple[str, ...]:
        """The scenes that can be entered at once."""
        return tuple(self._scenes)

    def enter(self, name: str) -> SceneLease | None:
        """Use a scene that is loaded; None where it is not."""
        scene = self._scenes.get(name)
        return None if scene is None else self._lease(scene)

    def enter_first(self) -> SceneLease:
        """Use the entry scene, which is there from ``open`` to ``drain``. Raises NodeNotReady where it is gone."""
        lease = self.enter(self.entry_scene)
        if lease is None:
            raise NodeNotReady("the entry scene of this edition is not loaded any more")
        return lease

    async def reach(self, name: str, on_progress: OnProgress) -> SceneLease:
        """Use a scene as soon as it is loaded; who asks for the same one shares the loading. Raises SceneTooLarge with
        the figures, or EdgeRenderError."""
        lease = self.enter(name)
        if lease is not None:
            return lease
        answer: asyncio.Future[SceneLease] = asyncio.get_running_loop().create_future()
        request = self._requests.setdefault(name, SceneRequest())
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
        """Whether a scene that was refused would fit if one visitor left another one. Not while the edition drains:
        there would be no entry scene to come back to."""
        room = self._rooms.get(name)
        return room is not None and not self._draining and self.residency.fits_without(room, self.key(leaving))

    @property
    def entry_fits_alone(self) -> bool:
        """Whether the entry scene, which was refused, would fit if there were no other scene."""
        room = self._rooms.get(self.entry_scene)
        return room is not None and self.residency.fits_alone(room)

    def _lease(self, scene: HostedScene) -> SceneLease:
        self.residency.enter(self.key(scene.name))
        return SceneLease(scene, partial(self.residency.leave, self.key(scene.name)))

    @property
    def feeds(self) -> dict[str, LiveFeed]:
        """The video of all live scenes that are loaded, by name."""
        return {name: scene.feed for name, scene in self._scenes.items() if scene.feed is not None}

    def source_figures(self) -> dict[str, SourceFigures]:
        """What the sources of live scenes have done, by the scene's key."""
        return {self.key(name): feed.source.figures for name, feed in self.feeds.items()}

    # --- loading -------------------------------------------------------------------------------------

    async def open(self, on_progress: OnProgress, *, evict: bool = False) -> None:
        """Load the entry scene, unless it is there, and keep it. ``evict``: others that nobody is in go for it. Raises
        SceneTooLarge, PackageError, ModelError or RendererError."""
        name = self.entry_scene
        self.residency.keep(self.key(name))
        try:
            if name not in self._scenes:
                request = SceneRequest()
                request.waiting.append((asyncio.get_running_loop().create_future(), on_progress))
                await self._load(name, request, evict=evict)
                self.residency.leave(self.key(name))
        except BaseException:
            self.residency.keep_no_more(self.key(name))
            raise
        self._draining = False
        self._ahead = nearest_first(self.package.showroom)
        self._asked.set()

    def drain(self) -> None:
        """Nobody new comes: only what somebody is in, or asks for, stays or is loaded from now on."""
        self._draining = True
        self._ahead.clear()
        self.residency.keep_no_more(self.key(self.entry_scene))

    async def run(self) -> None:
        """Load what is asked for, and else what may be wanted next. Ends only by being cancelled."""
        async with asyncio.TaskGroup() as group:
            while True:
                while self._uncoded:
                    scene = self._uncoded.pop(0)
                    group.create_task(self._code_sounds(scene), name=f"code-sounds-{scene.name}")
                name = next(iter(self._requests), None)
                if name is not None:
                    await self._answer(name)
                elif self._ahead:
                    await self._load_ahead(self._ahead.pop(0))
                else:
                    self._asked.clear()
                    await self._asked.wait()

    async def close(self) -> None:
        """Tell those who still wait, and free all scenes; nobody is in them any more."""
        for request in self._requests.values():
            for answer, _ in request.waiting:
                answer.cancel()
        self._requests.clear()
        self._reading.shutdown(wait=False, cancel_futures=True)
        self.drain()
        keys = [self.key(name) for name in self._scenes]
        self._scenes.clear()
        await self._gpu.free(keys)

    async def _answer(self, name: str) -> None:
        """Load a scene that somebody waits for."""
        request = self._requests[name]
        try:
            if request.wanted:
                await self._load_for(name, request, evict=True)
        except SceneTooLarge as full:
            request.fail(full)
        finally:
            del self._requests[name]

    async def _load_ahead(self, name: str) -> None:
        """Load a scene that nobody waits for yet; where that can't be, they are told once they do."""
        if name in self._scenes:
            return
        request = self._requests.setdefault(name, SceneRequest())
        try:
            await self._load_for(name, request, evict=False)
        except SceneTooLarge:
            if request.waiting:
                return  # who asked meanwhile is answered next, and for them others go
        del self._requests[name]

    async def _load_for(self, name: str, request: SceneRequest, *, evict: bool) -> None:
        """Load a scene for all who wait for it by then. Raises SceneTooLarge; other failures are told to them."""
        try:
            scene = await self._load(name, request, evict=evict)
        except EdgeRenderError as error:
            request.fail(error)
            return
        for answer in request.unanswered():
            answer.set_result(self._lease(scene))
        self.residency.leave(self.key(name))

    async def _load(self, name: str, request: SceneRequest, *, evict: bool) -> HostedScene:
        """Read a scene, make room and put it on the GPU; it counts as used once."""
        async with self._gpu.loading:
            scene = self._scenes.get(name)
            if scene is None:
                return await self._load_alone(name, request, evict=evict)
            self.residency.enter(self.key(name))  # it was loaded for somebody else meanwhile
            return scene

    async def _load_alone(self, name: str, request: SceneRequest, *, evict: bool) -> HostedScene:
        spec = self.package.showroom.scenes[name]
        if isinstance(spec, ModelScene) and (other := self._gpu.alike(self.package, spec)) is not None:
            return await self._share(name, spec, other)
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
            log.warning("scene_refused", scene=self.key(name), reason=str(full), ahead=not evict)
            raise
        except EdgeRenderError as error:
            log.error("scene_not_loaded", scene=self.key(name), error=str(error))
            self._failures.setdefault(name, (time.monotonic(), error))
            raise
        except Exception as error:  # one scene's defect must not end those that others are in
            log.exception("scene_loading_broke", scene=self.key(name))
            failure = PackageError(f"scene '{name}' can't be loaded: {type(error).__name__}: {error}")
            self._failures[name] = time.monotonic(), failure
            raise failure from error
        finally:
            self.loads(result, time.monotonic() - began)
        seconds = round(time.monotonic() - began, 2)
        gpu_bytes = self.residency.sizes()[self.key(name)]
        log.info("scene_loaded", scene=self.key(name), gpu_bytes=gpu_bytes, seconds=seconds, **opened.figures)
        return scene

    async def _share(self, name: str, spec: ModelScene, other: str) -> HostedScene:
        """Show what another edition has on the GPU by that key: it did not change."""
        make = partial(open_alike, self.package, name, spec, self._reading)
        on_evicted = partial(self._lose, name)
        scene, self._rooms[name] = await self._gpu.share(self.key(name), other, make, on_evicted)
        self._add(scene)
        self.loads("shared", 0.0)
        log.info("scene_shared", scene=self.key(name))
        return scene

    def _check(self, name: str, *, evict: bool) -> None:
        """What is known already is not found out again by reading it all: visitors can ask as often as they like."""
        if name in self._failures:
            at_s, error = self._failures[name]
            if time.monotonic() - at_s < TRIED_AGAIN_S:
                raise error.with_traceback(None)
            del self._failures[name]
        if name in self._rooms:
            self.residency.check(self.key(name), self._rooms[name], evict=evict)

    async def _put_on_gpu(self, name: str, opened: OpenedScene, request: SceneRequest, *, evict: bool) -> HostedScene:
        room = self._rooms[name] = await self._gpu.room(opened)

        def on_progress(done: float) -> None:
            request.tell(READ_SHARE + (1.0 - READ_SHARE) * done)

        on_evicted = partial(self._lose, name)
        scene = await self._gpu.put(self.key(name), opened, room, on_progress, on_evicted, evict=evict)
        self._add(scene)
        if scene.feed is not None:
            scene.feed.listen(partial(self._measure, name, scene.feed))
            self._measure(name, scene.feed)
        return scene

    def _add(self, scene: HostedScene) -> None:
        self._scenes[scene.name] = scene
        self._uncoded.append(scene)
        self.changed()

    def _lose(self, name: str) -> None:
        """A scene went for another one."""
        del self._scenes[name]
        self.changed()

    def _measure(self, name: str, feed: LiveFeed) -> None:
        """How large a video is, is known with its first picture."""
        if (picture := feed.source.newest) is not None:
            self._rooms[name] = Room(video_gpu_bytes(picture.luma.size, feed.layout))
            self.residency.resize(self.key(name), self._rooms[name])

    async def _code_sounds(self, scene: HostedScene) -> None:
        """Code what is heard in a scene; of one scene at a time, as it takes a core for seconds."""
        async with self._coding:
            if self._scenes.get(scene.name) is not scene:
                return  # it has gone for another one meanwhile
            if scene.sound is not None:
                await scene.sound.code()
            for narration in scene.narrations.values():
                await narration.code()
