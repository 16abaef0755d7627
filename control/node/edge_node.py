"""The composition root of an edge node: joins drawing, streaming and visits, and owns their lives."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Self

import structlog

from control.content.edge_api import VisitReport
from control.content.stage import Edition
from control.errors import (
    FollowersFull,
    GuideNotFound,
    NodeFull,
    NodeNotReady,
    SceneTooLarge,
    ShowroomNotFound,
    TooManyAttempts,
    VisitNotFound,
)
from control.figures.metrics import NodeMetrics
from control.node.site_following import SiteFollowing
from control.session import Admission
from control.settings import NodeSettings
from control.showroom.editions import Editions
from control.showroom.gpu_scenes import GpuScenes
from control.showroom.hosted_edition import HostedEdition
from control.showroom.scene_request import SceneLease
from control.showroom.scene_residency import SceneResidency, gpu_budget_bytes
from control.visits.entry import Entry
from control.visits.follow_visit import FollowMeans, FollowVisit, MakeFollowerPeer
from control.visits.guide import Guide, Guides
from control.visits.presenter import Presenter
from control.visits.stay import MakePeer, Stay
from control.visits.visit import Visit, VisitMeans
from control.visits.visit_totals import VisitLedger, VisitRecord
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
        package: Package | None,
        make_renderer: Callable[[], Renderer],
        make_peer: MakePeer,
        on_failure: Callable[[EdgeRenderError | SceneTooLarge], None],
        guide_parts: GuideParts | None = None,
        following: SiteFollowing | None = None,
    ) -> None:
        """``package``: the one to show; without one, what ``following`` warms and shows by the methods of Stage.
        ``on_failure`` is told on the event loop where the package can't be loaded: the node is of no use then. Without
        ``guide_parts`` nobody can lead a guided visit here."""
        self.settings = settings
        self.metrics = NodeMetrics()
        self.metrics.capacity.set(settings.max_visits)
        self._package = package
        self._following = following
        self.name = "node" if following is None else following.node
        if following is not None:
            self.metrics.registry.register(following)
        self._make_peer = make_peer
        self._on_failure = on_failure
        self._render_loop = RenderLoop(make_renderer, _FrameCounts(self.metrics))
        self._admission = Admission(settings.max_visits)
        self._follower_admission = Admission(settings.max_followers)
        self._guide_parts = guide_parts
        self._guides = None if guide_parts is None else Guides(guide_parts.make_broadcast)
        self._stays: dict[str, Stay] = {}
        self._ledger = VisitLedger()
        self._editions: Editions | None = None
        self._tasks = asyncio.TaskGroup()

    async def __aenter__(self) -> Self:
        """Open the GL context, then load the scenes beside serving. Raises RendererError."""
        async with AsyncExitStack() as stack:
            await asyncio.to_thread(self._render_loop.__enter__)
            stack.push_async_callback(asyncio.to_thread, self._render_loop.__exit__, None, None, None)
            self._editions = await stack.enter_async_context(self._make_editions())
            await stack.enter_async_context(self._supplied(self._editions))
            await stack.enter_async_context(self._tasks)
            stack.callback(self._end_all)
            self._life = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End every visit, then free the GPU."""
        await self._life.__aexit__(kind, error, trace)

    @asynccontextmanager
    async def _supplied(self, editions: Editions) -> AsyncIterator[None]:
        """Have something to show. It ends after the visits, which it reports."""
        async with asyncio.TaskGroup() as group:
            tasks = []
            if self._package is not None:
                tasks.append(group.create_task(self._open(editions, self._package), name="open-showroom"))
            if self._following is not None:
                tasks.append(group.create_task(self._following.run(self), name="follow-site"))
            yield
            for task in tasks:
                task.cancel()

    def _end_all(self) -> None:
        for visit in list(self._stays.values()):
            visit.end("shutdown")
        if self._guides is not None:
            self._guides.close()

    def _make_editions(self) -> Editions:
        gpu = GpuScenes(self._render_loop, SceneResidency(self._gpu_budget_bytes()))
        gpu.evictions = self.metrics.scene_evictions.inc
        cache = DerivedCache(self.settings.cache_folder or default_cache_folder())

        def on_load(result: str, seconds: float) -> None:
            self.metrics.scene_loads.labels(result).observe(seconds)

        editions = Editions(gpu, cache, self.settings.live_sources, on_load)
        self.metrics.scenes.watch(gpu.residency)
        self.metrics.sources.read = editions.source_figures
        self.metrics.releases.watch(editions)
        return editions

    @property
    def editions(self) -> Editions:
        """What it shows. Only within the context."""
        assert self._editions is not None, "the node was entered"
        return self._editions

    @property
    def ready(self) -> bool:
        """Whether somebody can enter."""
        return self._editions is not None and bool(self._editions.shown)

    def readiness(self) -> dict[str, Any]:
        """What /readyz says: whether somebody can enter, what they see, and why not."""
        shown = [] if self._editions is None else self._editions.shown
        releases = [
            {"showroom": hosted.showroom, "version": hosted.version, "release": hosted.release}
            for hosted in shown
            if hosted.version is not None
        ]
        opened = 0.0 if self._editions is None else self._editions.opened
        told: dict[str, Any] = {"ready": self.ready, "opened": round(opened, 3)}
        if self._package is None:
            told["showrooms"] = releases
        if self._following is not None:
            told |= self._following.told()
        if not shown:
            told["reason"] = "the scenes are being loaded" if self._following is None else self._following.reason()
        return told

    @property
    def visitors(self) -> int:
        """How many visits there are now; followers are not among them."""
        return self._admission.taken

    @property
    def followers(self) -> int:
        """How many follow a guided visit now: they cost no drawing."""
        return self._follower_admission.taken

    # --- what is shown: see Stage ----------------------------------------------------------------------

    async def warm(self, edition: Edition) -> None:
        """See Stage.warm."""
        await self.editions.warm(edition)

    def show(self, editions: Sequence[Edition]) -> None:
        """See Stage.show."""
        self.editions.show(editions)
        self._tell_ready()

    def in_use(self) -> frozenset[str]:
        """See Stage.in_use."""
        return self.editions.in_use()

    def take_visits(self) -> VisitReport | None:
        """See Stage.take_visits."""
        now_s = time.time()
        totals = self._ledger.take(now_s)
        if not totals:
            return None
        return VisitReport(node=self.name, report_id=secrets.token_hex(16), made_at=now_s, totals=totals)

    @property
    def visits(self) -> tuple[int, int]:
        """See Stage.visits."""
        return self._admission.taken, self._admission.capacity

    async def _open(self, editions: Editions, package: Package) -> None:
        try:
            await editions.open_fixed(package)
        except (EdgeRenderError, SceneTooLarge) as error:
            log.error("showroom_not_opened", error=str(error))
            self._on_failure(error)
            return
        self._tell_ready()

    def _tell_ready(self) -> None:
        self.metrics.ready.set(self.ready)
        log.info(
            "node_shows",
            showrooms=[hosted.name for hosted in self.editions.shown],
            renderer=self._render_loop.description,
            pixel_format=self._render_loop.pixel_format,
        )

    # --- visits ----------------------------------------------------------------------------------------

    def admit(self, entry: Entry, address: str = "") -> Stay:
        """Begin a stay for somebody at a network address. Raises NodeNotReady, ShowroomNotFound, NodeFull,
        FollowersFull, GuideNotFound or TooManyAttempts."""
        if entry.follow is not None:
            return self._admit_follower(entry.follow, address)
        guide = None if entry.guide is None or self._guides is None else self._guides.resume(entry.guide, entry.key)
        hosted = self._find(entry) if guide is None else guide.edition
        return self._begin(self._admission, hosted, lambda visit_id: self._new_visit(visit_id, entry, hosted, guide))

    def _find(self, entry: Entry) -> HostedEdition:
        try:
            return self.editions.find(entry.showroom or None)
        except NodeNotReady:
            self.metrics.refusals.labels("starting").inc()
            raise
        except ShowroomNotFound:
            self.metrics.refusals.labels("no-showroom").inc()
            raise

    def _new_visit(self, visit_id: str, entry: Entry, hosted: HostedEdition, guide: Guide | None) -> Stay:
        begin = partial(self._begin_record, hosted)
        means = VisitMeans(hosted.host, self._render_loop, self._make_peer, self.settings, self.metrics, begin)
        if entry.guide is None or self._guides is None:
            return Visit(visit_id, means, entry)
        return Presenter(visit_id, means, entry, guide or self._open_guide(self._guides, entry.name, hosted))

    def _begin_record(self, hosted: HostedEdition, entry: Entry) -> VisitRecord | None:
        """Visits to a package that was given by hand are not counted: nobody asks for them."""
        if hosted.version is None:
            return None
        return self._ledger.begin(
            hosted.showroom, hosted.version, entry.device, entry.language, time.time(), goes_on=entry.goes_on
        )

    def _open_guide(self, guides: Guides, name: str | None, hosted: HostedEdition) -> Guide:
        # A presenter who comes back finds at least the entry scene, though the edition may drain by then.
        lease = hosted.host.enter_first()
        guide = guides.open(name, hosted)
        self.editions.enter(hosted)
        self._tasks.create_task(self._guide(guide, lease), name=f"guide-{guide.code}")
        return guide

    async def _guide(self, guide: Guide, lease: SceneLease) -> None:
        try:
            await guide.run()
        finally:
            lease.leave()
            self.editions.leave(guide.edition)

    def _admit_follower(self, code: str, address: str) -> Stay:
        parts = self._guide_parts
        if self._guides is None or parts is None:
            raise GuideNotFound("this node has no guided visits")
        try:
            guide = self._guides.find(code, address, time.monotonic())
        except (GuideNotFound, TooManyAttempts):
            self.metrics.refusals.labels("wrong-code").inc()
            raise
        means = FollowMeans(guide.edition.host, parts.make_follower_peer, self.settings, self.metrics)
        admission = self._follower_admission
        try:
            return self._begin(admission, guide.edition, lambda visit_id: FollowVisit(visit_id, means, guide))
        except NodeFull as full:
            raise FollowersFull(f"all {admission.capacity} followers' places are taken") from full

    def _begin(self, admission: Admission, hosted: HostedEdition, make: Callable[[str], Stay]) -> Stay:
        visit_id = secrets.token_urlsafe(16)
        try:
            admission.enter(visit_id)
        except NodeFull:
            self.metrics.refusals.labels("full" if admission is self._admission else "followers-full").inc()
            raise
        try:
            stay = make(visit_id)
        except BaseException:
            admission.leave(visit_id)
            raise
        self._stays[visit_id] = stay
        self.editions.enter(hosted)
        self._count_stays()
        self._tasks.create_task(self._live(stay, admission, hosted), name=f"visit-{stay.log_name}")
        return stay

    def _count_stays(self) -> None:
        self.metrics.visits.set(self.visitors)
        self.metrics.followers.set(self.followers)

    def visit(self, visit_id: str) -> Stay:
        """The stay of that identifier. Raises VisitNotFound."""
        try:
            return self._stays[visit_id]
        except KeyError:
            raise VisitNotFound(f"no visit {visit_id[:40]}") from None

    def _gpu_budget_bytes(self) -> int:
        asked_mib, memory_bytes = self.settings.gpu_memory_mib, self._render_loop.memory_bytes
        budget_bytes = gpu_budget_bytes(memory_bytes) if asked_mib is None else asked_mib * 1024 * 1024
        log.info("gpu_budget", budget_bytes=budget_bytes, memory_bytes=memory_bytes)
        return budget_bytes

    async def _live(self, stay: Stay, admission: Admission, hosted: HostedEdition) -> None:
        reason = "failed"
        try:
            reason = await stay.run()
        except Exception:  # one visit's defect must end neither the node nor anybody else's visit
            log.exception("visit_failed", visit=stay.log_name)
        finally:
            del self._stays[stay.id]
            admission.leave(stay.id)
            self.editions.leave(hosted)
            self._count_stays()
            self.metrics.ended.labels(reason).inc()
            log.info("visit_ended", visit=stay.log_name, reason=reason)
