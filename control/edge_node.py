"""The composition root of an edge node: joins drawing, streaming and visits, and owns their lives."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import structlog

from control.entry import Entry
from control.errors import (
    FollowersFull,
    GuideNotFound,
    NodeFull,
    NodeNotReady,
    SceneTooLarge,
    TooManyAttempts,
    VisitNotFound,
)
from control.follow_visit import FollowMeans, FollowVisit, MakeFollowerPeer
from control.guide import Guides
from control.metrics import NodeMetrics
from control.presenter import Presenter
from control.scene_residency import SceneResidency, gpu_budget_bytes
from control.session import Admission
from control.settings import NodeSettings
from control.showroom_host import ShowroomHost
from control.stay import MakePeer, Stay
from control.visit import Visit, VisitMeans
from edge_render.derived_cache import DerivedCache, default_cache_folder
from edge_render.errors import EdgeRenderError
from edge_render.frame import Frame
from edge_render.package import Package
from edge_render.render_loop import RenderLoop
from edge_render.renderer import Renderer
from stream.broadcast.broadcast import Broadcast

log = structlog.get_logger(__name__)


class _FrameCounts:
    """Counts what the GL thread does; prometheus_client's counters may be used from any thread."""

    def __init__(self, metrics: NodeMetrics) -> None:
        self._frames = metrics.frames

    def drawn(self, frame: Frame) -> None:
        self._frames.labels("drawn").inc()

    def refined(self) -> None:
        self._frames.labels("refined").inc()

    def skipped(self) -> None:
        self._frames.labels("skipped").inc()

    def failed(self) -> None:
        self._frames.labels("failed").inc()


@dataclass(frozen=True, slots=True)
class GuideParts:
    """What guided visits are made of."""

    make_broadcast: Callable[[], Broadcast]
    make_follower_peer: MakeFollowerPeer


class EdgeNode:
    """One node: opens on entering the context, is ready when its scenes are loaded, frees all on leaving."""

    def __init__(
        self,
        settings: NodeSettings,
        package: Package,
        make_renderer: Callable[[], Renderer],
        make_peer: MakePeer,
        on_failure: Callable[[EdgeRenderError | SceneTooLarge], None],
        guide_parts: GuideParts | None = None,
    ) -> None:
        """``on_failure`` is told on the event loop where the package can't be loaded: the node is of no use then.
        Without ``guide_parts`` nobody can lead a guided visit here."""
        self.settings = settings
        self.metrics = NodeMetrics()
        self.metrics.capacity.set(settings.max_visits)
        self._package = package
        self._make_peer = make_peer
        self._on_failure = on_failure
        self._render_loop = RenderLoop(make_renderer, _FrameCounts(self.metrics))
        self._admission = Admission(settings.max_visits)
        self._follower_admission = Admission(settings.max_followers)
        self._guide_parts = guide_parts
        self._guides = None if guide_parts is None else Guides(guide_parts.make_broadcast)
        self._stays: dict[str, Stay] = {}
        self._means: VisitMeans | None = None
        self._host: ShowroomHost | None = None
        self.opened = 0.0
        """How much of the entry scene is loaded, from 0 to 1."""
        self._tasks = asyncio.TaskGroup()
        self._opening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Open the GL context, then load the scenes beside serving. Raises RendererError."""
        await asyncio.to_thread(self._render_loop.__enter__)
        await self._tasks.__aenter__()
        self._opening = self._tasks.create_task(self._open(), name="open-showroom")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every visit, then free the GPU."""
        try:
            if self._opening is not None:
                self._opening.cancel()
            for visit in list(self._stays.values()):
                visit.end("shutdown")
            if self._guides is not None:
                self._guides.close()
            await self._tasks.__aexit__(kind, error, trace)
        finally:
            if self._host is not None:
                await self._host.close()
            await asyncio.to_thread(self._render_loop.__exit__, None, None, None)

    @property
    def ready(self) -> bool:
        return self._means is not None

    @property
    def visits(self) -> int:
        """How many visits there are now; followers are not among them."""
        return self._admission.taken

    @property
    def followers(self) -> int:
        """How many follow a guided visit now: they cost no drawing."""
        return self._follower_admission.taken

    def admit(self, entry: Entry, address: str = "") -> Stay:
        """Begin a stay for somebody at a network address. Raises NodeNotReady, NodeFull, FollowersFull, GuideNotFound
        or TooManyAttempts."""
        if self._means is None:
            self.metrics.refusals.labels("starting").inc()
            raise NodeNotReady("the scenes are still being loaded")
        if entry.follow is not None:
            return self._admit_follower(self._means, entry.follow, address)
        return self._begin(self._admission, lambda visit_id: self._new_visit(visit_id, entry), "full")

    def _new_visit(self, visit_id: str, entry: Entry) -> Stay:
        assert self._means is not None, "the node is ready"
        if entry.guide is None or self._guides is None:
            return Visit(visit_id, self._means, entry)
        guide = self._guides.resume(entry.guide, entry.key)
        if guide is None:
            guide = self._guides.open(entry.name)
            self._tasks.create_task(guide.run(), name=f"guide-{guide.code}")
        return Presenter(visit_id, self._means, entry, guide)

    def _admit_follower(self, means: VisitMeans, code: str, address: str) -> Stay:
        parts = self._guide_parts
        if self._guides is None or parts is None:
            raise GuideNotFound("this node has no guided visits")
        try:
            guide = self._guides.find(code, address, time.monotonic())
        except (GuideNotFound, TooManyAttempts):
            self.metrics.refusals.labels("wrong-code").inc()
            raise
        follow_means = FollowMeans(means.host, parts.make_follower_peer, self.settings, self.metrics)
        admission = self._follower_admission
        try:
            return self._begin(admission, lambda visit_id: FollowVisit(visit_id, follow_means, guide), "followers-full")
        except NodeFull as full:
            raise FollowersFull(f"all {admission.capacity} followers' places are taken") from full

    def _begin(self, admission: Admission, make: Callable[[str], Stay], refusal: str) -> Stay:
        visit_id = secrets.token_urlsafe(16)
        try:
            admission.enter(visit_id)
        except NodeFull:
            self.metrics.refusals.labels(refusal).inc()
            raise
        try:
            stay = make(visit_id)
        except BaseException:
            admission.leave(visit_id)
            raise
        self._stays[visit_id] = stay
        self._count_stays()
        self._tasks.create_task(self._live(stay, admission), name=f"visit-{stay.log_name}")
        return stay

    def _count_stays(self) -> None:
        self.metrics.visits.set(self.visits)
        self.metrics.followers.set(self.followers)

    def visit(self, visit_id: str) -> Stay:
        """The stay of that identifier. Raises VisitNotFound."""
        try:
            return self._stays[visit_id]
        except KeyError:
            raise VisitNotFound(f"no visit {visit_id[:40]}") from None

    async def _open(self) -> None:
        try:
            residency = SceneResidency(self._gpu_budget_bytes(), frozenset([self._package.showroom.entry_scene]))
            cache = DerivedCache(self.settings.cache_folder or default_cache_folder())
            host = ShowroomHost(self._package, self._render_loop, cache, residency, self.settings.live_sources)
            self._host = host
            self.metrics.scenes.watch(residency)
            host.loads = lambda result, seconds: self.metrics.scene_loads.labels(result).observe(seconds)
            host.evictions = self.metrics.scene_evictions.inc
            await host.open(self._on_opening)
        except (EdgeRenderError, SceneTooLarge) as error:
            log.error("showroom_not_opened", error=str(error))
            self._on_failure(error)
            return
        self.metrics.sources.read = host.source_figures
        self._means = VisitMeans(host, self._render_loop, self._make_peer, self.settings, self.metrics)
        self.metrics.ready.set(1)
        log.info("node_ready", renderer=self._render_loop.description, pixel_format=self._render_loop.pixel_format)
        await host.run()

    def _on_opening(self, done: float) -> None:
        self.opened = done

    def _gpu_budget_bytes(self) -> int:
        asked_mib, memory_bytes = self.settings.gpu_memory_mib, self._render_loop.memory_bytes
        budget_bytes = gpu_budget_bytes(memory_bytes) if asked_mib is None else asked_mib * 1024 * 1024
        log.info("gpu_budget", budget_bytes=budget_bytes, memory_bytes=memory_bytes)
        return budget_bytes

    async def _live(self, stay: Stay, admission: Admission) -> None:
        reason = "failed"
        try:
            reason = await stay.run()
        except Exception:  # one visit's defect must end neither the node nor anybody else's visit
            log.exception("visit_failed", visit=stay.log_name)
        finally:
            del self._stays[stay.id]
            admission.leave(stay.id)
            self._count_stays()
            self.metrics.ended.labels(reason).inc()
            log.info("visit_ended", visit=stay.log_name, reason=reason)
