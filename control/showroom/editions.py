"""The editions of showrooms that a node has loaded: those that new visits enter, and older ones that drain.

An edition is warmed (its entry scene is loaded beside all else), shown, and drains when another takes its place: visits
that are in it go on, nobody new comes. Nobody left, it is closed and its memory is free.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import Self

import structlog

from control.content.stage import Edition, EditionRefused, EditionWaits
from control.errors import NodeNotReady, SceneTooLarge, ShowroomNotFound
from control.showroom.gpu_scenes import GpuScenes
from control.showroom.hosted_edition import EditionState, HostedEdition
from control.showroom.showroom_host import ShowroomHost
from edge_render.derived_cache import DerivedCache
from edge_render.errors import EdgeRenderError
from edge_render.package import Package, open_package
from edge_render.video.spec import LiveScene
from edge_render.video.status import SourceFigures

log = structlog.get_logger(__name__)

FIXED = ""
"""The showroom of a node that was given a package: it has no name of its own there."""
REOPENED_AGAIN_S = 5.0
"""After so long it is tried again to open an edition that was to give way, and can't be opened any more."""
OnLoad = Callable[[str, float], None]


class Editions:
    """Owns the hosts of a node. Used on the event loop; an async context manager, within which all of it lives."""

    def __init__(
        self,
        gpu: GpuScenes,
        cache: DerivedCache,
        live_sources: Mapping[str, str],
        on_load: OnLoad,
        changed: Callable[[], None] = lambda: None,
    ) -> None:
        """``live_sources``: addresses by scene. ``on_load``: see ShowroomHost.loads. ``changed`` is called when others
        are shown, or have other scenes loaded."""
        self._gpu, self._cache = gpu, cache
        self._live_sources = live_sources
        self._on_load = on_load
        self._changed = changed
        self._warming = asyncio.Lock()
        self._hosted: dict[str, HostedEdition] = {}
        """All that are not closed, by release."""
        self._shown: dict[str, HostedEdition] = {}
        """By showroom; the first is entered without a choice."""
        self._replaced: set[str] = set()
        """Releases whose place was taken since the last ``show``."""
        self._reopening: dict[str, asyncio.Task[None]] = {}
        self._tasks = asyncio.TaskGroup()
        self.opened = 0.0
        """How much of the entry scene that is loaded first is there, from 0 to 1."""

    async def __aenter__(self) -> Self:
        await self._tasks.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close them all; nobody is in them any more."""
        for reopening in self._reopening.values():
            reopening.cancel()
        for hosted in list(self._hosted.values()):
            self._close(hosted)
        self._shown.clear()
        await self._tasks.__aexit__(kind, error, trace)

    # --- what visits ask -----------------------------------------------------------------------------

    @property
    def shown(self) -> Sequence[HostedEdition]:
        """Those that new visits enter; the first is entered without a choice."""
        return tuple(self._shown.values())

    @property
    def hosted(self) -> Sequence[HostedEdition]:
        """All of them, also those that are only warmed, drain or are being closed."""
        return tuple(self._hosted.values())

    def find(self, showroom: str | None) -> HostedEdition:
        """The edition for a new visit. Raises NodeNotReady or ShowroomNotFound."""
        if not self._shown:
            raise NodeNotReady("no showroom is open yet")
        if showroom is None:
            return next(iter(self._shown.values()))
        hosted = self._shown.get(showroom)
        if hosted is None:
            raise ShowroomNotFound(f"no showroom '{showroom}' is shown here")
        return hosted

    def enter(self, hosted: HostedEdition) -> None:
        """Somebody is in it: it stays until they leave."""
        hosted.users += 1

    def leave(self, hosted: HostedEdition) -> None:
        """One less is in it."""
        hosted.users -= 1
        if hosted.users == 0 and hosted.state is EditionState.DRAINING:
            self._close(hosted)

    def source_figures(self) -> dict[str, SourceFigures]:
        """What the sources of live scenes have done, by the scene's name within the node."""
        return {key: figures for hosted in self.hosted for key, figures in hosted.host.source_figures().items()}

    # --- what is shown -------------------------------------------------------------------------------

    async def open_fixed(self, package: Package) -> None:
        """Show a package that was given by hand. Raises EdgeRenderError or SceneTooLarge."""
        host = ShowroomHost(package, self._gpu, self._cache, self._live_sources)
        hosted = self._hosted[FIXED] = self._new(FIXED, None, FIXED, host)
        await host.open(self._on_opening)
        self._show(hosted)
        self._shown = {FIXED: hosted}
        self._changed()

    async def warm(self, edition: Edition) -> None:
        """See Stage.warm. Where its entry scene does not fit beside what is used, it waits (EditionWaits), with the
        figures; but where it would if the edition that it replaces were not there, and nobody is in that, it takes its
        place at once."""
        async with self._warming:
            hosted = await self._hosted_edition(edition)
            self._replaced.discard(edition.release)  # it is wanted again
            if hosted.state in (EditionState.WARM, EditionState.SHOWN):
                return
            hosted.set_state(EditionState.WARMING)
            try:
                await self._open(hosted)
            except SceneTooLarge as full:
                refused = EditionWaits if hosted.host.entry_fits_alone else EditionRefused
                raise refused(f"{hosted.name}: {full}") from full
            except EdgeRenderError as error:
                raise EditionRefused(f"{hosted.name}: {error}") from error
            finally:
                if hosted.state is EditionState.WARMING:
                    self._drain(hosted)

    def show(self, editions: Sequence[Edition]) -> None:
        """See Stage.show. Where another one took an edition's place already, that stays. Raises ValueError where one
        was not warmed."""
        wanted: dict[str, HostedEdition] = {}
        for edition in editions:
            hosted = self._hosted.get(edition.release)
            if edition.release in self._replaced:
                hosted = self._shown.get(edition.showroom)
            if hosted is None or hosted.state not in (EditionState.WARM, EditionState.SHOWN):
                raise ValueError(f"release {edition.release} was not warmed")
            wanted[edition.showroom] = hosted
        for hosted in wanted.values():
            self._show(hosted)
        self._shown = wanted
        self._changed()
        self._replaced.clear()
        if not wanted:
            self.opened = 0.0
        for hosted in self.hosted:
            if hosted.state in (EditionState.WARM, EditionState.SHOWN) and hosted not in wanted.values():
                self._drain(hosted)

    def in_use(self) -> frozenset[str]:
        """See Stage.in_use; those that are warmed or being closed are among them."""
        return frozenset(self._hosted) - {FIXED}

    # --- their lives ---------------------------------------------------------------------------------

    def _new(self, showroom: str, version: int | None, release: str, host: ShowroomHost) -> HostedEdition:
        host.loads, host.changed = self._on_load, self._changed
        return HostedEdition(showroom, version, release, host)

    async def _hosted_edition(self, edition: Edition) -> HostedEdition:
        """The one that is there, or a new one, with nothing loaded yet. Raises EditionRefused."""
        hosted = self._hosted.get(edition.release)
        if hosted is not None and hosted.closing is not None:
            await asyncio.wait([hosted.closing])
            hosted = None
        if hosted is not None:
            return hosted
        try:
            package = await asyncio.to_thread(open_package, edition.folder)
        except EdgeRenderError as error:
            raise EditionRefused(f"{edition.showroom} {edition.version}: {error}") from error
        addresses = {
            name: address
            for name, address in self._live_sources.items()
            if isinstance(package.showroom.scenes.get(name), LiveScene)
        }
        host = ShowroomHost(package, self._gpu, self._cache, addresses, self._label(edition), edition.showroom)
        hosted = self._new(edition.showroom, edition.version, edition.release, host)
        self._hosted[edition.release] = hosted
        return hosted

    def _label(self, edition: Edition) -> str:
        label = f"{edition.showroom}/{edition.version}/"
        if any(hosted.host.label == label for hosted in self.hosted):
            return f"{edition.showroom}/{edition.version}-{edition.release[:8]}/"
        return label

    async def _open(self, hosted: HostedEdition) -> None:
        """Load the entry scene. Raises SceneTooLarge or EdgeRenderError."""
        try:
            await hosted.host.open(self._on_opening, evict=True)
        except SceneTooLarge:
            before = self._shown.get(hosted.showroom)
            if before is None or before.users > 0:
                raise
            await self._open_in_place(hosted, before)
        else:
            hosted.set_state(EditionState.WARM)

    async def _open_in_place(self, hosted: HostedEdition, before: HostedEdition) -> None:
        """Take the place of an edition that nobody is in: meanwhile its showroom is just opening."""
        reopening = self._reopening.get(before.release)
        if reopening is not None:
            reopening.cancel()
            await asyncio.wait([reopening])
        before.host.drain()
        try:
            await hosted.host.open(self._on_opening, evict=True)
        except BaseException:
            self._reopening[before.release] = self._tasks.create_task(self._reopen(before), name="reopen-edition")
            raise
        log.info("edition_in_place", edition=hosted.name)
        self._show(hosted)
        self._shown[hosted.showroom] = hosted
        self._changed()
        self._replaced.add(before.release)
        self._drain(before)

    async def _reopen(self, hosted: HostedEdition) -> None:
        """What was to give way is shown again."""
        try:
            while hosted.state is EditionState.SHOWN:
                try:
                    await hosted.host.open(self._on_opening, evict=True)
                except (EdgeRenderError, SceneTooLarge) as error:
                    log.error("edition_not_reopened", edition=hosted.name, error=str(error))
                    await asyncio.sleep(REOPENED_AGAIN_S)
                else:
                    return
        finally:
            del self._reopening[hosted.release]

    def _show(self, hosted: HostedEdition) -> None:
        if hosted.state is EditionState.SHOWN:
            return
        hosted.set_state(EditionState.SHOWN)
        if hosted.loading is None:
            hosted.loading = self._tasks.create_task(hosted.host.run(), name=f"load-scenes-{hosted.showroom}")

    def _drain(self, hosted: HostedEdition) -> None:
        hosted.set_state(EditionState.DRAINING)
        hosted.host.drain()
        if hosted.users == 0:
            self._close(hosted)

    def _close(self, hosted: HostedEdition) -> None:
        if hosted.closing is None:
            hosted.set_state(EditionState.CLOSED)
            hosted.closing = self._tasks.create_task(self._closed(hosted), name=f"close-{hosted.showroom}")

    async def _closed(self, hosted: HostedEdition) -> None:
        for task in (hosted.loading, self._reopening.get(hosted.release)):
            if task is not None:
                task.cancel()
                await asyncio.wait([task])
        try:
            await hosted.host.close()
        finally:
            del self._hosted[hosted.release]

    def _on_opening(self, done: float) -> None:
        if not self._shown:
            self.opened = done
