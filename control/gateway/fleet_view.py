"""What a gateway knows of the fleet: who is there, by the cluster, and how they are, as they say themselves."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator, Set
from contextlib import aclosing
from random import Random
from types import TracebackType
from typing import Self

import aiohttp
from joserfc.jwk import OKPKey

from control.fleet.states import RendererState
from control.gateway.renderer import Phase, Renderer
from control.gateway.renderer_link import RendererLink
from control.kube.choice import Choice
from control.kube.cluster import Changed, Cluster, ClusterEvent, Component, Gone, Listed, Member, Unreachable


class Asking:
    """A place that somebody is sent to: counted as taken until one of the methods says what became of it.

    As a context manager: refused, unless something else was said before its end.
    """

    def __init__(self, choice: Choice, uid: str, freed: Callable[[], None]) -> None:
        self._choice = choice
        self._uid = uid
        self._freed = freed
        self._asked_at = choice.ask(uid)
        self._open = True

    def entered(self) -> None:
        """They are in: the place counts until the renderer's next line, which knows of it."""
        self._end(entered=True)

    def full(self) -> None:
        """The renderer says that it is full: it is believed until its next line."""
        self._end(full=True)

    def refused(self) -> None:
        """They did not get the place, or did not come; it says nothing about others."""
        self._end()

    def _end(self, *, entered: bool = False, full: bool = False) -> None:
        if self._open:
            self._open = False
            self._choice.answered(self._uid, self._asked_at, entered=entered, full=full)
            if not entered and not full:
                self._freed()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.refused()


class FleetView:
    """See the module. ``run`` keeps it up to date."""

    def __init__(
        self, cluster: Cluster, key: OKPKey, http: aiohttp.ClientSession, random: Random | None = None
    ) -> None:
        """``key`` signs the passes with which renderers are asked, over ``http`` (which must not limit connections)."""
        self._http = http
        self._cluster = cluster
        self._key = key
        self._random = random or Random()
        self._choice = Choice(self._random)
        self._renderers: dict[str, Renderer] = {}
        self._guides: dict[str, dict[str, None]] = {}
        """By digest those that tell of it, the newest last: two while it goes on from one at another."""
        self._links: dict[str, asyncio.Task[None]] = {}
        self._listed = False
        self._not_heard: set[str] = set()
        """Those of the first list who have neither said anything nor failed to."""
        self._version = 0
        self._bell = asyncio.Event()
        self.unreachable: str | None = None
        """Why the cluster can't be asked now; what is known stays in use."""

    async def run(self) -> None:
        """Follow the cluster and its renderers, until cancelled."""
        async with asyncio.TaskGroup() as group, aclosing(self._cluster.watch(Component.RENDERER)) as events:
            async for event in events:
                self._apply(event, group)

    @property
    def known(self) -> bool:
        """The cluster was listed, and each renderer that was there has been heard, or could not be: from now on nobody
        is told that there is no place, or that a renderer is gone, for the only reason that it is not known yet."""
        return self._listed and not self._not_heard

    @property
    def renderers(self) -> Iterator[Renderer]:
        """All that the cluster says are there, in no order."""
        return iter(self._renderers.values())

    def find(self, uid: str) -> Renderer | None:
        """The renderer of that name, also one that drains; None: it is gone, or there never was one."""
        renderer = self._renderers.get(uid)
        return None if renderer is None or renderer.phase is Phase.GONE else renderer

    def with_guide(self, digest: str) -> Renderer | None:
        """The renderer where the guided visit of this ``guide_digest`` is led; that where it goes on, if it moves."""
        telling = (self._renderers[uid] for uid in reversed(self._guides.get(digest, {})))
        return min(telling, key=lambda renderer: renderer.phase is not Phase.KNOWN, default=None)

    def candidates(
        self,
        showroom: str | None,
        scene: str | None = None,
        prefer: str | None = None,
        avoid: Set[str] = frozenset(),
    ) -> Iterator[Renderer]:
        """Whom to ask for a place, best first, each once (see ``control.kube.choice``). Lazy: what is learned while one
        is asked counts for the next. ``prefer`` comes first while it lets anybody in, full or not."""
        for uid in self._choice.candidates(showroom, scene, prefer, avoid):
            yield self._renderers[uid]

    def ask(self, renderer: Renderer) -> Asking:
        """Count a place there as taken from now on, until it is said what became of it."""
        return Asking(self._choice, renderer.uid, self._ring)

    def free_places(self, showroom: str | None) -> int:
        """Places that nobody has or is being sent to."""
        return self._choice.free_places(showroom)

    def shows(self, showroom: str | None) -> bool:
        """Whether any renderer shows it to those who come now, full or not."""
        return self._choice.shown(showroom) > 0

    @property
    def version(self) -> int:
        """Grows with all that may matter to somebody who waits: places, showrooms, renderers and guided visits that
        have come or gone."""
        return self._version

    async def changed(self, version: int) -> int:
        """The newest version, as soon as it is another one than this."""
        while self._version == version:
            await self._bell.wait()
        return self._version

    def _apply(self, event: ClusterEvent, group: asyncio.TaskGroup) -> None:
        match event:
            case Listed(members):
                for uid in self._renderers.keys() - {member.uid for member in members}:
                    self._remove(uid)
                for member in members:
                    self._put(member, group)
                if not self._listed:
                    self._listed = True
                    self._not_heard = {member.uid for member in members}
            case Changed(member):
                self._put(member, group)
            case Gone(uid):
                self._remove(uid)
        self.unreachable = event.why if isinstance(event, Unreachable) else None
        self._ring()

    def _put(self, member: Member, group: asyncio.TaskGroup) -> None:
        renderer = self._renderers.get(member.uid)
        if renderer is None:
            renderer = self._renderers[member.uid] = Renderer(member)
        elif renderer.url == member.url:
            renderer.placed(member)
            if renderer.phase is not Phase.KNOWN:
                self._choice.forget(member.uid)
            return
        else:
            self._links.pop(member.uid).cancel()
            renderer.placed(member)
        link = RendererLink(
            member,
            self._key,
            self._http,
            self._random,
            told=lambda state: self._told(renderer, state),
            lost=lambda why: self._lost(renderer, why),
        )
        self._links[member.uid] = group.create_task(link.follow(), name=f"link-{member.name}")

    def _remove(self, uid: str) -> None:
        if renderer := self._renderers.pop(uid, None):
            self._links.pop(uid).cancel()
            self._lost(renderer, "the cluster knows it no more")

    def _told(self, renderer: Renderer, state: RendererState) -> None:
        before, phase = renderer.state, renderer.phase
        renderer.told(state)
        self._not_heard.discard(renderer.uid)
        self._note_guides(renderer, before.guides if before else (), state.guides)
        free = self._choice.free_places(None)
        if renderer.phase is Phase.KNOWN:
            self._choice.tell(renderer.uid, state)
        else:
            self._choice.forget(renderer.uid)
        if before != state or phase is not renderer.phase or free != self._choice.free_places(None):
            self._ring()

    def _lost(self, renderer: Renderer, why: str) -> None:
        gone = renderer.phase is Phase.GONE
        renderer.lost(why)
        self._not_heard.discard(renderer.uid)
        self._note_guides(renderer, renderer.state.guides if renderer.state else (), ())
        self._choice.forget(renderer.uid)
        if not gone:
            self._ring()

    def _note_guides(self, renderer: Renderer, before: Iterable[str], now: Iterable[str]) -> None:
        for digest in now:
            self._guides.setdefault(digest, {})[renderer.uid] = None
        for digest in set(before).difference(now):
            if telling := self._guides.get(digest):
                telling.pop(renderer.uid, None)
                if not telling:
                    del self._guides[digest]

    def _ring(self) -> None:
        self._version += 1
        bell, self._bell = self._bell, asyncio.Event()
        bell.set()
