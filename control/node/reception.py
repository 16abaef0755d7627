"""Lets visitors in, and owns who is here: visits, followers and the guided visits that they follow."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import structlog

from control.content.edge_api import VisitTotals
from control.errors import (
    FollowersFull,
    GuideNotFound,
    NodeDraining,
    NodeFull,
    NodeNotReady,
    ShowroomNotFound,
    TooManyAttempts,
    VisitNotFound,
)
from control.figures.metrics import NodeMetrics
from control.fleet.tokens import GuideHold
from control.session import Admission, Drain
from control.session.drain import Occupant, Role
from control.settings import NodeSettings
from control.showroom.editions import Editions
from control.showroom.hosted_edition import HostedEdition
from control.showroom.scene_request import SceneLease
from control.visits.entry import Entry
from control.visits.follow_visit import FollowMeans, FollowVisit, MakeFollowerPeer
from control.visits.guide import Guide, Guides
from control.visits.presenter import Presenter
from control.visits.stay import MakePeer, Stay
from control.visits.visit import Visit, VisitMeans
from control.visits.visit_totals import VisitLedger, VisitRecord
from edge_render.render_loop import RenderLoop
from stream.broadcast.broadcast import Broadcast

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class GuideParts:
    """What guided visits are made of."""

    make_broadcast: Callable[[], Broadcast]
    make_follower_peer: MakeFollowerPeer


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Somebody who wants in, with what their gateway says of them, if there is one."""

    entry: Entry
    address: str = ""
    """Where they are in the network: who guesses codes is kept out by it."""
    supersedes: str | None = None
    """A visit that ends when this one begins, and whose place it takes."""
    visitor: str | None = None
    """Who it is over any number of connections: they have one visit here at a time."""
    guide: GuideHold | None = None
    """A guided visit that they led elsewhere, and lead on here."""


class Reception:
    """Of one node, on the event loop. Visits live within ``opened``."""

    def __init__(
        self,
        settings: NodeSettings,
        metrics: NodeMetrics,
        render_loop: RenderLoop,
        make_peer: MakePeer,
        guide_parts: GuideParts | None,
        changed: Callable[[], None],
    ) -> None:
        """``changed`` is told when somebody comes or goes. Without ``guide_parts`` nobody can lead a guided visit."""
        self._settings = settings
        self._metrics = metrics
        self._render_loop = render_loop
        self._make_peer = make_peer
        self._guide_parts = guide_parts
        self._changed = changed
        self._admission = Admission(settings.max_visits)
        self._follower_admission = Admission(settings.max_followers)
        self._guides = None if guide_parts is None else Guides(guide_parts.make_broadcast)
        self._stays: dict[str, Stay] = {}
        self._visit_of: dict[str, str] = {}
        """By visitor, of those whom a gateway has told us of."""
        self._ledger = VisitLedger()
        self.drain = Drain(settings.drain_wait_s, settings.hand_over_s)
        """Whether and how the node is to go."""
        self._editions: Editions | None = None
        self._tasks = asyncio.TaskGroup()
        self._count_stays()

    @asynccontextmanager
    async def opened(self, editions: Editions) -> AsyncIterator[None]:
        """Within it visitors can come in; at its end all visits are ended, and have freed what they had."""
        self._editions = editions
        async with self._tasks:
            try:
                yield
            finally:
                self._end_all()

    def _end_all(self) -> None:
        for stay in list(self._stays.values()):
            stay.end("shutdown")
        if self._guides is not None:
            self._guides.close()

    @property
    def editions(self) -> Editions:
        """What can be entered. Only once it was opened."""
        assert self._editions is not None, "it was opened"
        return self._editions

    # --- who is here -----------------------------------------------------------------------------------

    @property
    def visitors(self) -> int:
        """How many visits there are now; followers are not among them."""
        return self._admission.taken

    @property
    def followers(self) -> int:
        """How many follow a guided visit now: they cost no drawing."""
        return self._follower_admission.taken

    def visit(self, visit_id: str) -> Stay:
        """The stay of that identifier. Raises VisitNotFound."""
        try:
            return self._stays[visit_id]
        except KeyError:
            raise VisitNotFound(f"no visit {visit_id[:40]}") from None

    def stays(self) -> Sequence[Stay]:
        """All who are here."""
        return tuple(self._stays.values())

    def occupants(self) -> Sequence[Occupant]:
        """All who are here, as a drain looks at them."""
        return [Occupant(stay.id, _role(stay)) for stay in self._stays.values()]

    def begin_drain(self, now_s: float) -> bool:
        """The node is to go; False where that was said before."""
        begins = self.drain.begin(now_s)
        self._count_stays()
        return begins

    def guide_codes(self) -> Sequence[str]:
        """Of the guided visits that one can follow here: none that goes on elsewhere."""
        if self._guides is None or not self.drain.admits(follower=True):
            return ()
        return [guide.code for guide in self._guides.all() if guide.led or not self.drain.begun]

    def take_totals(self, now_s: float) -> Sequence[VisitTotals]:
        """What was counted of visits since this was asked last."""
        return self._ledger.take(now_s)

    # --- coming in -------------------------------------------------------------------------------------

    def admit(self, newcomer: Newcomer) -> Stay:
        """Begin a stay. Raises NodeDraining, NodeNotReady, ShowroomNotFound, NodeFull, FollowersFull, GuideNotFound or
        TooManyAttempts."""
        entry = newcomer.entry
        if not self.drain.admits(follower=entry.follow is not None):
            self._metrics.refusals.labels("draining").inc()
            raise NodeDraining("this node is about to stop, and takes nobody new")
        if entry.follow is not None:
            return self._admit_follower(entry.follow, newcomer)
        guide = self._led_before(newcomer)
        hosted = self._find(entry) if guide is None else guide.edition
        return self._begin(
            self._admission, newcomer, hosted, lambda visit_id: self._new_visit(visit_id, newcomer, hosted, guide)
        )

    def _led_before(self, newcomer: Newcomer) -> Guide | None:
        """The guided visit that a presenter comes back to."""
        if self._guides is None:
            return None
        if newcomer.guide is not None:
            return self._guides.resume(newcomer.guide.code, newcomer.guide.key)
        entry = newcomer.entry
        return None if entry.guide is None else self._guides.resume(entry.guide, entry.key)

    def _find(self, entry: Entry) -> HostedEdition:
        try:
            return self.editions.find(entry.showroom or None)
        except NodeNotReady:
            self._metrics.refusals.labels("starting").inc()
            raise
        except ShowroomNotFound:
            self._metrics.refusals.labels("no-showroom").inc()
            raise

    def _new_visit(self, visit_id: str, newcomer: Newcomer, hosted: HostedEdition, guide: Guide | None) -> Stay:
        entry = newcomer.entry
        begin = partial(self._begin_record, hosted)
        means = VisitMeans(hosted.host, self._render_loop, self._make_peer, self._settings, self._metrics, begin)
        if self._guides is None or (entry.guide is None and newcomer.guide is None):
            return Visit(visit_id, means, entry)
        guide = guide or self._open_guide(self._guides, newcomer, hosted)
        return Presenter(visit_id, means, entry, guide)

    def _begin_record(self, hosted: HostedEdition, entry: Entry) -> VisitRecord | None:
        """Visits to a package that was given by hand are not counted: nobody asks for them."""
        if hosted.version is None:
            return None
        return self._ledger.begin(
            hosted.showroom, hosted.version, entry.device, entry.language, time.time(), goes_on=entry.goes_on
        )

    def _open_guide(self, guides: Guides, newcomer: Newcomer, hosted: HostedEdition) -> Guide:
        # A presenter who comes back finds at least the entry scene, though the edition may drain by then.
        lease = hosted.host.enter_first()
        guide = guides.open(newcomer.entry.name, hosted, newcomer.guide)
        self.editions.enter(hosted)
        self._tasks.create_task(self._guide(guide, lease), name=f"guide-{guide.code}")
        return guide

    async def _guide(self, guide: Guide, lease: SceneLease) -> None:
        try:
            await guide.run()
        finally:
            lease.leave()
            self.editions.leave(guide.edition)
            self._changed()

    def _admit_follower(self, code: str, newcomer: Newcomer) -> Stay:
        parts = self._guide_parts
        if self._guides is None or parts is None:
            raise GuideNotFound("this node has no guided visits")
        try:
            guide = self._guides.find(code, newcomer.address, time.monotonic())
        except (GuideNotFound, TooManyAttempts):
            self._metrics.refusals.labels("wrong-code").inc()
            raise
        means = FollowMeans(guide.edition.host, parts.make_follower_peer, self._settings, self._metrics)
        admission = self._follower_admission
        try:
            return self._begin(admission, newcomer, guide.edition, lambda visit_id: FollowVisit(visit_id, means, guide))
        except NodeFull as full:
            raise FollowersFull(f"all {admission.capacity} followers' places are taken") from full

    def _begin(
        self, admission: Admission, newcomer: Newcomer, hosted: HostedEdition, make: Callable[[str], Stay]
    ) -> Stay:
        visit_id = secrets.token_urlsafe(16)
        before = self._before(newcomer)
        in_place_of = before if before is not None and admission.pass_on(before.id, visit_id) else None
        if in_place_of is None:
            self._enter(admission, visit_id)
        try:
            stay = make(visit_id)
        except BaseException:
            if in_place_of is None or not admission.pass_on(visit_id, in_place_of.id):
                admission.leave(visit_id)
            raise
        if before is not None:
            before.end("superseded")
        self._stays[visit_id] = stay
        if newcomer.visitor is not None:
            self._visit_of[newcomer.visitor] = visit_id
        self.editions.enter(hosted)
        self._count_stays()
        life = self._live(stay, admission, hosted, newcomer.visitor)
        self._tasks.create_task(life, name=f"visit-{stay.log_name}")
        return stay

    def _before(self, newcomer: Newcomer) -> Stay | None:
        """The visit that the new one takes the place of. Who was invited once could else be here many times."""
        named = None if newcomer.supersedes is None else self._stays.get(newcomer.supersedes)
        if named is not None or newcomer.visitor is None:
            return named
        return self._stays.get(self._visit_of.get(newcomer.visitor, ""))

    def _enter(self, admission: Admission, visit_id: str) -> None:
        try:
            admission.enter(visit_id)
        except NodeFull:
            self._metrics.refusals.labels("full" if admission is self._admission else "followers-full").inc()
            raise

    def _count_stays(self) -> None:
        self._metrics.count_stays(
            self.visitors, self.followers, capacity=self._settings.max_visits, draining=self.drain.begun
        )
        self._changed()

    async def _live(self, stay: Stay, admission: Admission, hosted: HostedEdition, visitor: str | None) -> None:
        reason = "failed"
        try:
            reason = await stay.run()
        except Exception:  # one visit's defect must end neither the node nor anybody else's visit
            log.exception("visit_failed", visit=stay.log_name)
        finally:
            del self._stays[stay.id]
            if visitor is not None and self._visit_of.get(visitor) == stay.id:
                del self._visit_of[visitor]
            admission.leave(stay.id)
            self.editions.leave(hosted)
            self._count_stays()
            self._metrics.ended.labels(reason).inc()
            log.info("visit_ended", visit=stay.log_name, reason=reason)


def _role(stay: Stay) -> Role:
    match stay:
        case Presenter():
            return Role.PRESENTER
        case FollowVisit():
            return Role.FOLLOWER if stay.led else Role.ORPHAN
        case _:
            return Role.VISITOR
