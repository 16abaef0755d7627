"""A visitor who stays over any number of visits, as the page does (control/web/stay.js).

It comes back after a loss, moves before its renderer goes, and notes all that a person would notice.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp

from bench.visitors.access_units import Picture
from bench.visitors.fleet_entry import EnteredVisit, EntryRefused, FleetEntry
from bench.visitors.loss_watch import TICK_MS, LossWatch
from bench.visitors.visitor_thread import now_s
from bench.visitors.webrtc_visit import VisitFailed, WebRtcVisit

SIZE: Final = (320, 180)
TURN_RAD_S: Final = 0.4
LOOK_S: Final = 0.1
"""The visitor turns all the time, so that pictures come all the time: a gap between two is a freeze."""
FIRST_RETRY_S: Final = 0.25
LONGEST_RETRY_S: Final = 4.0
SAME_PLACE_M: Final = 0.05
SAME_ANGLE_RAD: Final = 0.01


@dataclass(frozen=True, slots=True)
class Back:
    """A visit that was lost, and taken up again."""

    reason: str
    silent_s: float
    """From the last sign of the old visit to the first picture of the new one."""
    known_s: float
    """When the visitor's page knew that it was lost."""
    picture_s: float
    """When that picture came."""
    same_pose: bool


@dataclass(slots=True)
class Noticed:
    """All that one visitor has noticed so far."""

    pictures: int = 0
    longest_gap_s: float = 0.0
    backs: list[Back] = field(default_factory=list)
    moves: int = 0
    waited: int = 0
    """How often they stood in line."""
    refusals: list[str] = field(default_factory=list)
    """Codes, or what went wrong on the way in."""


class FleetStay:
    """``run`` is the whole stay, until it is cancelled."""

    def __init__(self, name: str, http: aiohttp.ClientSession, url: str, on_change: Callable[[], None]) -> None:
        """``on_change`` is called when the visitor has come in, has moved, was lost or is back."""
        self.name = name
        self._on_change = on_change
        self.noticed = Noticed()
        self.at: EnteredVisit | None = None
        """Where the visitor is; None while outside."""
        self.inside = asyncio.Event()
        self._entry = FleetEntry(http, url, self._on_place)
        self._yaw = 0.0
        self._picture_s: float | None = None
        self._move = asyncio.Event()

    def begin_anew(self) -> None:
        """Forget what was noticed: something else is about to happen."""
        self.noticed = Noticed()
        self._picture_s = None

    async def run(self) -> None:
        """Enter, stay, come back."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._turn(), name=f"{self.name}-turns")
                self.at = await self._enter_somehow(first_s=FIRST_RETRY_S)
                self.inside.set()
                self._on_change()
                while True:
                    await self._come_back(await self._stay())
        finally:
            if self.at is not None:
                await self.at.visit.leave()

    # --- inside --------------------------------------------------------------------------------------

    async def _stay(self) -> str:
        """Until the visit is lost; why."""
        while True:
            assert self.at is not None, "the visitor is inside"
            here = self.at
            watch = LossWatch()
            moving: asyncio.Task[EnteredVisit] | None = None
            try:
                while True:
                    waits: set[asyncio.Future[Any]] = {here.visit.lost}
                    if moving is not None:
                        waits.add(moving)
                    await asyncio.wait(waits, timeout=TICK_MS / 1e3, return_when=asyncio.FIRST_COMPLETED)
                    if moving is not None and moving.done():
                        await self._take_over(here, moving.result())
                        break
                    if here.visit.lost.done():
                        return here.visit.lost.result()
                    if self._move.is_set() and moving is None:
                        moving = asyncio.create_task(self._enter_somehow(first_s=0.0), name=f"{self.name}-moves")
                    due = watch.tick(now_s() * 1e3, here.visit.heard_s * 1e3)
                    if due.ping:
                        here.visit.ping()
                    if due.lost or (due.ask and await self._entry.state_of(here.reference) == "gone"):
                        return "silent" if due.lost else "gone"
            finally:
                if moving is not None and not moving.done():
                    moving.cancel()
                    await asyncio.wait({moving})

    async def _take_over(self, old: EnteredVisit, new: EnteredVisit) -> None:
        self.at = new
        self._move.clear()
        self.noticed.moves += 1
        self._on_change()
        await old.visit.leave()

    async def _come_back(self, reason: str) -> None:
        assert self.at is not None, "the visitor was inside"
        old = self.at.visit
        self.at = None
        self.inside.clear()
        self._move.clear()
        self._on_change()
        known_s = now_s()
        before, heard_s = old.frame or old.welcome, old.heard_s
        self._yaw = before["yaw"]
        closing = asyncio.create_task(old.leave(), name=f"{self.name}-closes")
        try:
            self.at = await self._enter_somehow(first_s=0.0, before=before)
        finally:
            await closing
        picture_s = self._picture_s or now_s()
        same = _same_pose(before, self.at.visit.welcome)
        self.noticed.backs.append(Back(reason, picture_s - heard_s, known_s, picture_s, same))
        self.inside.set()
        self._on_change()

    async def _turn(self) -> None:
        while True:
            await asyncio.sleep(LOOK_S)
            if self.at is not None:
                self._yaw = math.remainder(self._yaw + TURN_RAD_S * LOOK_S, math.tau)
                self.at.visit.look(self._yaw, 0.0)

    # --- the way in ----------------------------------------------------------------------------------

    async def _enter_somehow(self, first_s: float, before: dict[str, Any] | None = None) -> EnteredVisit:
        """Try until it works: the page would, too."""
        wait_s = first_s
        while True:
            try:
                return await self._enter(before)
            except EntryRefused as refused:
                self.noticed.refusals.append(refused.code)
            except (VisitFailed, aiohttp.ClientError, TimeoutError) as error:
                self.noticed.refusals.append(str(error) or type(error).__name__)
            wait_s = min(LONGEST_RETRY_S, max(FIRST_RETRY_S, 2 * wait_s))
            await asyncio.sleep(wait_s)

    async def _enter(self, before: dict[str, Any] | None) -> EnteredVisit:
        place: dict[str, Any] = {"width": SIZE[0], "height": SIZE[1], "codec": "h264"}
        frame = before if self.at is None else self.at.visit.frame
        if frame is not None:
            place |= {
                "x": frame["position"][0],
                "z": frame["position"][2],
                "yaw": frame["yaw"],
                "pitch": frame["pitch"],
            }
        entered = await self._entry.enter(place, self._on_message)
        entered.visit.on_picture = self._on_picture
        self._on_picture(None)
        return entered

    def _on_message(self, visit: WebRtcVisit, message: dict[str, Any]) -> None:
        if message["type"] == "move" and self.at is not None and visit is self.at.visit:
            self._move.set()

    def _on_picture(self, picture: Picture | None) -> None:
        at_s = now_s()
        if self._picture_s is not None:
            self.noticed.longest_gap_s = max(self.noticed.longest_gap_s, at_s - self._picture_s)
        self._picture_s = at_s
        self.noticed.pictures += 1

    def _on_place(self, position: int) -> None:
        self.noticed.waited += 1


def _same_pose(before: dict[str, Any], after: dict[str, Any]) -> bool:
    metres = max(abs(old - new) for old, new in zip(before["position"], after["position"], strict=True))
    angle = max(abs(math.remainder(before[name] - after[name], math.tau)) for name in ("yaw", "pitch"))
    return metres <= SAME_PLACE_M and angle <= SAME_ANGLE_RAD
