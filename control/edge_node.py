"""The composition root of an edge node: joins drawing, streaming and visits, and owns their lives."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from types import TracebackType
from typing import Self

import structlog

from control.entry import Entry
from control.errors import NodeFull, NodeNotReady, VisitNotFound
from control.metrics import NodeMetrics
from control.session import Admission
from control.settings import NodeSettings
from control.showroom_host import ShowroomHost
from control.stay import MakePeer
from control.visit import Visit, VisitMeans
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

    def skipped(self) -> None:
        self._frames.labels("skipped").inc()

    def failed(self) -> None:
        self._frames.labels("failed").inc()


class EdgeNode:
    """One node: opens on entering the context, is ready when its scenes are loaded, frees all on leaving."""

    def __init__(
        self,
        settings: NodeSettings,
        package: Package,
        make_renderer: Callable[[], Renderer],
        make_peer: MakePeer,
        on_failure: Callable[[EdgeRenderError], None],
    ) -> None:
        """``on_failure`` is told on the event loop where the package can't be loaded: the node is of no use then."""
        self.settings = settings
        self.metrics = NodeMetrics()
        self.metrics.capacity.set(settings.max_visits)
        self._package = package
        self._make_peer = make_peer
        self._on_failure = on_failure
        self._render_loop = RenderLoop(make_renderer, _FrameCounts(self.metrics))
        self._admission = Admission(settings.max_visits)
        self._visits: dict[str, Visit] = {}
        self._means: VisitMeans | None = None
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
            for visit in list(self._visits.values()):
                visit.end("shutdown")
            await self._tasks.__aexit__(kind, error, trace)
        finally:
            await asyncio.to_thread(self._render_loop.__exit__, None, None, None)

    @property
    def ready(self) -> bool:
        return self._means is not None

    @property
    def visits(self) -> int:
        """How many visits there are now."""
        return self._admission.taken

    def admit(self, entry: Entry) -> Visit:
        """Begin a visit. Raises NodeFull or NodeNotReady."""
        if self._means is None:
            self.metrics.refusals.labels("starting").inc()
            raise NodeNotReady("the scenes are still being loaded")
        visit_id = secrets.token_urlsafe(16)
        try:
            self._admission.enter(visit_id)
        except NodeFull:
            self.metrics.refusals.labels("full").inc()
            raise
        try:
            visit = Visit(visit_id, self._means, entry)
        except BaseException:
            self._admission.leave(visit_id)
            raise
        self._visits[visit_id] = visit
        self.metrics.visits.set(self.visits)
        self._tasks.create_task(self._live(visit), name=f"visit-{visit_id}")
        return visit

    def visit(self, visit_id: str) -> Visit:
        """The visit of that identifier. Raises VisitNotFound."""
        try:
            return self._visits[visit_id]
        except KeyError:
            raise VisitNotFound(f"no visit {visit_id[:40]}") from None

    async def _open(self) -> None:
        try:
            host = await ShowroomHost.open(self._package, self._render_loop)
        except EdgeRenderError as error:
            log.error("showroom_not_opened", error=str(error))
            self._on_failure(error)
            return
        self._means = VisitMeans(host, self._render_loop, self._make_peer, self.settings, self.metrics)
        self.metrics.ready.set(1)
        log.info("node_ready", renderer=self._render_loop.description, pixel_format=self._render_loop.pixel_format)
        await host.code_sounds()

    async def _live(self, visit: Visit) -> None:
        reason = "failed"
        try:
            reason = await visit.run()
        except Exception:  # one visit's defect must end neither the node nor anybody else's visit
            log.exception("visit_failed", visit=visit.id)
        finally:
            del self._visits[visit.id]
            self._admission.leave(visit.id)
            self.metrics.visits.set(self.visits)
            self.metrics.ended.labels(reason).inc()
            log.info("visit_ended", visit=visit.id, reason=reason)
