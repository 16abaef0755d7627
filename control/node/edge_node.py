"""The composition root of an edge node: joins drawing, streaming and visits, and owns their lives."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from types import TracebackType
from typing import Any, Self

import structlog

from control.content.edge_api import VisitReport
from control.content.stage import Edition
from control.errors import SceneTooLarge
from control.figures.metrics import NodeMetrics
from control.fleet.states import RendererState, ShownShowroom, guide_digest
from control.node.reception import GuideParts, Newcomer, Reception
from control.node.site_following import SiteFollowing
from control.settings import NodeSettings
from control.showroom.editions import Editions
from control.showroom.gpu_scenes import GpuScenes
from control.showroom.scene_residency import SceneResidency, gpu_budget_bytes
from control.visits.stay import MakePeer, Stay
from edge_render.derived_cache import DerivedCache, default_cache_folder
from edge_render.errors import EdgeRenderError
from edge_render.frame import Frame
from edge_render.package import Package
from edge_render.render_loop import RenderLoop
from edge_render.renderer import Renderer

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
        self._package = package
        self._following = following
        self.name = "node" if following is None else following.node
        if following is not None:
            self.metrics.registry.register(following)
        self._on_failure = on_failure
        self._render_loop = RenderLoop(make_renderer, _FrameCounts(self.metrics))
        self.changed: Callable[[], None] = lambda: None
        """Called when gateways may have to be told something new; see ``fleet_state``."""
        self.reception = Reception(
            settings, self.metrics, self._render_loop, make_peer, guide_parts, lambda: self.changed()
        )
        self._editions: Editions | None = None

    async def __aenter__(self) -> Self:
        """Open the GL context, then load the scenes beside serving. Raises RendererError."""
        async with AsyncExitStack() as stack:
            await asyncio.to_thread(self._render_loop.__enter__)
            stack.push_async_callback(asyncio.to_thread, self._render_loop.__exit__, None, None, None)
            self._editions = await stack.enter_async_context(self._make_editions())
            await stack.enter_async_context(self._supplied(self._editions))
            await stack.enter_async_context(self.reception.opened(self._editions))
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

    def _make_editions(self) -> Editions:
        gpu = GpuScenes(self._render_loop, SceneResidency(self._gpu_budget_bytes()))
        gpu.evictions = self.metrics.scene_evictions.inc
        cache = DerivedCache(self.settings.cache_folder or default_cache_folder())

        def on_load(result: str, seconds: float) -> None:
            self.metrics.scene_loads.labels(result).observe(seconds)

        editions = Editions(gpu, cache, self.settings.live_sources, on_load, lambda: self.changed())
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
        return self._editions is not None and bool(self._editions.shown) and not self.reception.drain.begun

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
        if self.reception.drain.begun:
            told["reason"] = "draining"
        elif not shown:
            told["reason"] = "the scenes are being loaded" if self._following is None else self._following.reason()
        return told

    def fleet_state(self) -> RendererState:
        """What gateways are told of it."""
        settings = self.settings
        shown = [] if self._editions is None else self._editions.shown
        return RendererState(
            name=settings.fleet_name or self.name,
            ready=self.ready,
            draining=self.reception.drain.begun,
            visits=self.visitors,
            capacity=settings.max_visits,
            followers=self.followers,
            follower_capacity=settings.max_followers,
            showrooms=tuple(
                ShownShowroom(name=hosted.showroom, release=hosted.release or None, scenes=hosted.host.loaded)
                for hosted in shown
            ),
            guides=tuple(guide_digest(code) for code in self.reception.guide_codes()),
        )

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
        totals = self.reception.take_totals(now_s)
        if not totals:
            return None
        return VisitReport(node=self.name, report_id=secrets.token_hex(16), made_at=now_s, totals=totals)

    @property
    def visits(self) -> tuple[int, int]:
        """See Stage.visits."""
        return self.visitors, self.settings.max_visits

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

    def admit(self, newcomer: Newcomer) -> Stay:
        """Begin a stay; raises what Reception.admit does."""
        return self.reception.admit(newcomer)

    def visit(self, visit_id: str) -> Stay:
        """The stay of that identifier. Raises VisitNotFound."""
        return self.reception.visit(visit_id)

    @property
    def visitors(self) -> int:
        """How many visits there are now; followers are not among them."""
        return self.reception.visitors

    @property
    def followers(self) -> int:
        """How many follow a guided visit now: they cost no drawing."""
        return self.reception.followers

    def _gpu_budget_bytes(self) -> int:
        asked_mib, memory_bytes = self.settings.gpu_memory_mib, self._render_loop.memory_bytes
        budget_bytes = gpu_budget_bytes(memory_bytes) if asked_mib is None else asked_mib * 1024 * 1024
        log.info("gpu_budget", budget_bytes=budget_bytes, memory_bytes=memory_bytes)
        return budget_bytes
