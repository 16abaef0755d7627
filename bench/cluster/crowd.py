"""Many visitors of a site at a time, and what they noticed, taken together."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import aiohttp

from bench.visitors.fleet_stay import Back, FleetStay
from bench.visitors.visitor_thread import now_s

AT_A_TIME = 4
"""So many enter at once: their handshakes are work, and all of them share this machine with the site."""
_CLOCK_S = 0.1


class Crowd:
    """Made by ``crowd()``."""

    def __init__(self, http: aiohttp.ClientSession, url: str, tasks: asyncio.TaskGroup) -> None:
        self._http = http
        self._url = url
        self._tasks = tasks
        self._stays: dict[FleetStay, asyncio.Task[None]] = {}
        self._numbers = 0
        self._changed = asyncio.Event()
        self.late_s = 0.0
        """By how much this process was late at most: what visitors notice can't be told more exactly than that."""

    @property
    def visitors(self) -> list[FleetStay]:
        return list(self._stays)

    async def enter(self, count: int) -> list[FleetStay]:
        """So many more; returns when they are inside."""
        entered: list[FleetStay] = []
        while len(entered) < count:
            some = [self.begin() for _ in range(min(AT_A_TIME, count - len(entered)))]
            for stay in some:
                await stay.inside.wait()
            entered += some
        return entered

    def begin(self) -> FleetStay:
        """One more, who is on the way in."""
        self._numbers += 1
        stay = FleetStay(f"visitor-{self._numbers}", self._http, self._url, self._changed.set)
        self._stays[stay] = self._tasks.create_task(stay.run(), name=stay.name)
        return stay

    async def leave(self, stay: FleetStay) -> None:
        """One goes home."""
        task = self._stays.pop(stay)
        task.cancel()
        await asyncio.wait({task})
        self._changed.set()

    async def leave_all(self) -> None:
        for stay in self.visitors:
            await self.leave(stay)

    async def watch_ourselves(self) -> None:
        """Measure ``late_s``, for ever."""
        while True:
            due_s = now_s() + _CLOCK_S
            await asyncio.sleep(_CLOCK_S)
            self.late_s = max(self.late_s, now_s() - due_s)

    def begin_anew(self) -> None:
        """What was noticed so far is forgotten."""
        self.late_s = 0.0
        for stay in self._stays:
            stay.begin_anew()

    def by_renderer(self) -> Counter[str]:
        """How many are at each renderer, by its pod's UID."""
        return Counter(stay.at.renderer for stay in self._stays if stay.at is not None)

    def at(self, renderer: str) -> list[FleetStay]:
        return [stay for stay in self._stays if stay.at is not None and stay.at.renderer == renderer]

    @property
    def backs(self) -> list[Back]:
        return [back for stay in self._stays for back in stay.noticed.backs]

    async def until(self, test: Callable[[], bool]) -> None:
        """Until it is true of the visitors."""
        while not test():
            self._changed.clear()
            await self._changed.wait()


@asynccontextmanager
async def crowd(url: str) -> AsyncIterator[Crowd]:
    """Nobody yet. At the end all leave."""
    # A connection for each request: a gateway that was killed must not be met again through a kept one.
    connector = aiohttp.TCPConnector(force_close=True, limit=0)
    async with (
        aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(10)) as http,
        asyncio.TaskGroup() as tasks,
    ):
        made = Crowd(http, url, tasks)
        watching = tasks.create_task(made.watch_ourselves(), name="crowd-watches-itself")
        yield made
        await made.leave_all()
        watching.cancel()
