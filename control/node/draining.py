"""Has a renderer that is to go (SIGTERM) hand its visitors over, as ``control.session.drain`` decides."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import structlog

from control.node.reception import Reception
from control.session.drain import DrainState, DrainStep
from control.visits.stay import Stay

log = structlog.get_logger(__name__)


class Draining:
    """Of one node, on the event loop."""

    def __init__(self, reception: Reception, changed: Callable[[], None], count: Callable[[str], None]) -> None:
        """``changed`` is called when others are to be told; ``count`` with what came of each who was told to move:
        ``moved``, ``lost`` (the connection broke first) or ``cut`` (still here at the end)."""
        self._reception = reception
        self._changed = changed
        self._count = count
        self._told: dict[str, Stay] = {}
        self._news = asyncio.Event()

    def begin(self) -> bool:
        """The node is to go; False where that was said before."""
        if not self._reception.begin_drain(time.monotonic()):
            return False
        log.info("drain_begins", visits=self._reception.visitors, followers=self._reception.followers)
        self._changed()
        self.look()
        return True

    def look(self) -> None:
        """Somebody may have come or gone."""
        self._news.set()

    async def run(self) -> None:
        """Wait until the node is to go, and return when nobody is here any more, or nobody can be waited for."""
        drain = self._reception.drain
        before = drain.state
        while True:
            self._news.clear()
            step = drain.step(self._reception.occupants(), time.monotonic())
            if drain.state is not before:
                log.info("drain_state", before=before, after=drain.state, here=len(self._reception.occupants()))
                before = drain.state
                self._changed()
            self._note_gone()
            if drain.state is DrainState.CLOSED:
                break
            self._tell(step)
            await self._wait(step.again_in_s)
        for stay in self._reception.stays():
            if not stay.end_reason:
                stay.end("shutdown")
                self._count("cut")
            elif stay.id in self._told:
                self._count(_result(stay))

    def _tell(self, step: DrainStep) -> None:
        for visit_id in step.move:
            stay = self._told[visit_id] = self._reception.visit(visit_id)
            stay.move(step.within_s)

    def _note_gone(self) -> None:
        here = {stay.id for stay in self._reception.stays()}
        for visit_id in [visit_id for visit_id in self._told if visit_id not in here]:
            self._count(_result(self._told.pop(visit_id)))

    async def _wait(self, at_most_s: float | None) -> None:
        try:
            async with asyncio.timeout(at_most_s):
                await self._news.wait()
        except TimeoutError:
            return


def _result(stay: Stay) -> str:
    return "moved" if stay.end_reason == "goodbye" else "lost"
