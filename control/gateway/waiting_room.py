"""Keeps the line of those who wait moving: gives turns as places come free, and tells each waiting stream its position.

The line itself is pure (``waiting_line``); this is its owner and its clock.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Final

import structlog

from control.gateway.errors import Refused
from control.gateway.fleet_view import Asking, FleetView
from control.gateway.renderer import Renderer
from control.gateway.waiting_line import LineFull, Told, Waiting, WaitingLine
from control.http_face.addresses import network_of
from control.http_face.errors import RETRY_AFTER_FULL_S

log = structlog.get_logger(__name__)

TOLD_EVERY_S: Final = 0.2
TOLD_AT_LEAST_EVERY_S: Final = 1.0
"""How often the other gateways are told of changes, and when there are none."""
PASS_EVERY_S: Final = 0.05
"""Changes that come together are looked at together: a pass looks at all who wait."""
SIGN_OF_LIFE_S: Final = 3.0
"""A stream says something at least as often, so that both ends notice when the other is gone."""


@dataclass(frozen=True, slots=True)
class Position:
    """Place in the line, from 1 on."""

    position: int


@dataclass(frozen=True, slots=True)
class Turn:
    """A place is kept at that renderer for a few seconds."""

    renderer: str


@dataclass(frozen=True, slots=True)
class Again:
    """This gateway stops: go on at another one."""

    position: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The same ticket has come on another stream."""


Step = Position | Turn | Again | Elsewhere


class _Stream:
    """What one waiting visitor is to be told next: the newest wins, and what ends the stream stays."""

    def __init__(self, first: Step) -> None:
        self._step = first
        self._news = asyncio.Event()
        self._news.set()

    def say(self, step: Step) -> None:
        if isinstance(self._step, Position) and step != self._step:
            self._step = step
            self._news.set()

    async def next(self) -> Step:
        """The newest step, at once when there is a new one, else as a sign of life."""
        with suppress(TimeoutError):
            async with asyncio.timeout(SIGN_OF_LIFE_S):
                await self._news.wait()
        self._news.clear()
        return self._step


class WaitingRoom:
    """See the module. ``run`` gives turns."""

    def __init__(
        self, fleet: FleetView, most: int, most_by_address: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._fleet = fleet
        self._line = WaitingLine(most)
        self._most_by_address = most_by_address
        self._clock = clock
        self._networks: dict[str, str] = {}
        """Of each who waits here, where they come from."""
        self._streams: dict[str, _Stream] = {}
        self._held: dict[str, Asking] = {}
        """Places that were promised, by ticket or token."""
        self._ring = asyncio.Event()
        self._told = asyncio.Event()
        self._stopping = False

    async def run(self) -> None:
        """Give turns until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._follow_fleet(), name="waiting-room-fleet")
            while True:
                self._ring.clear()
                self._settle()
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._idle_s()):
                        await self._ring.wait()
                await asyncio.sleep(PASS_EVERY_S)

    def stop(self) -> None:
        """This gateway is to end: all who wait go on elsewhere, at the same place in the line."""
        self._stopping = True
        self._tell()
        now_s, positions = self._clock(), self._line.positions()
        for waiting_id, stream in self._streams.items():
            stream.say(Again(positions.get(waiting_id, 1)))
            self._line.absent(waiting_id, now_s)

    # --- who comes ---------------------------------------------------------------------------------------

    def may_enter(self, showroom: str | None) -> bool:
        """Whether who has only just come needs not wait."""
        return self._line.may_enter(showroom, self._fleet.free_places)

    def come(self, waiting: Waiting, address: str) -> int:
        """They wait from now on, and get a stream soon; returns their position. Raises Refused where too many wait."""
        self._enlist(waiting, address, present=False)
        return self._line.position(waiting.since_s)

    def promise(self, waiting: Waiting, renderer: Renderer) -> None:
        """Keep a place there for a few seconds for who is given a token now."""
        self._release(waiting.id)
        self._held[waiting.id] = self._fleet.ask(renderer)
        self._networks.pop(waiting.id, None)
        with self._telling():
            self._line.promise(waiting, self._clock())
        self._ring.set()  # so that its end is waited for, though nothing else may happen

    def arrived(self, token_id: str) -> None:
        """Who has that token asks for the place: it is no longer kept, as it is taken now."""
        self._release(token_id)

    def entered(self, token_id: str) -> None:
        """They have a visit."""
        self._release(token_id)
        self._line.entered(token_id, self._clock())
        self._changed()

    def has_entered(self, token_id: str) -> bool:
        return self._line.has_entered(token_id)

    async def steps(self, waiting: Waiting, address: str) -> AsyncGenerator[Step, None]:
        """What who waits is told: positions, and last their turn or where to go on. Raises Refused."""
        self._release(waiting.id)
        self._enlist(waiting, address, present=True)
        if before := self._streams.get(waiting.id):
            before.say(Elsewhere())
        position = self._line.position(waiting.since_s)
        stream = self._streams[waiting.id] = _Stream(Again(position) if self._stopping else Position(position))
        try:
            while True:
                step = await stream.next()
                yield step
                if not isinstance(step, Position):
                    return
        finally:
            if self._streams.get(waiting.id) is stream:
                del self._streams[waiting.id]
                self._line.absent(waiting.id, self._clock())
                self._ring.set()

    # --- the other gateways ------------------------------------------------------------------------------

    async def tellings(self) -> AsyncGenerator[Told, None]:
        """What the other gateways have to know: now, after changes, and as a sign of life."""
        while True:
            told = self._told
            yield self._line.told()
            with suppress(TimeoutError):
                async with asyncio.timeout(TOLD_AT_LEAST_EVERY_S):
                    await told.wait()
            if self._stopping:
                return
            await asyncio.sleep(TOLD_EVERY_S)

    def hear(self, gateway: str, told: Told) -> None:
        """What another one tells."""
        for waiting_id in self._line.hear(gateway, told, self._clock()):
            self._release(waiting_id)
        self._ring.set()

    def unheard(self, gateway: str) -> None:
        """It tells nothing any more."""
        self._line.unheard(gateway)
        self._ring.set()

    @property
    def waiting_here(self) -> int:
        return len(self._line)

    @property
    def waiting_elsewhere(self) -> int:
        return self._line.there

    # --- one pass ----------------------------------------------------------------------------------------

    async def _follow_fleet(self) -> None:
        version = self._fleet.version
        while True:
            self._ring.set()
            version = await self._fleet.changed(version)

    def _settle(self) -> None:
        with self._telling():
            for unused in self._line.expire(self._clock()):
                self._release(unused)
        self._networks = {each: network for each, network in self._networks.items() if each in self._line}
        if self._stopping:
            return  # they are told to go on elsewhere, and get their turns there
        for waiting in self._line.turns(self._fleet.free_places):
            renderer = next(self._fleet.candidates(waiting.showroom), None)
            stream = self._streams.get(waiting.id)
            if renderer is None or stream is None:
                continue
            self.promise(waiting, renderer)
            stream.say(Turn(renderer.uid))
        for waiting_id, position in self._line.positions().items():
            if stream := self._streams.get(waiting_id):
                stream.say(Position(position))

    def _idle_s(self) -> float | None:
        at_s = self._line.next_expiry_s()
        return None if at_s is None else max(0.0, at_s - self._clock())

    def _enlist(self, waiting: Waiting, address: str, *, present: bool) -> None:
        network = network_of(address)
        here = sum(network == other for other in self._networks.values())
        if waiting.id not in self._networks and here >= self._most_by_address:
            raise Refused(503, "full", f"{here} wait here already from this address", RETRY_AFTER_FULL_S)
        try:
            self._line.come(waiting, self._clock(), present=present)
        except LineFull as full:
            raise Refused(503, "full", str(full), RETRY_AFTER_FULL_S) from full
        self._networks[waiting.id] = network
        self._changed()

    def _release(self, waiting_id: str) -> None:
        if held := self._held.pop(waiting_id, None):
            held.refused()

    def _changed(self) -> None:
        self._ring.set()
        self._tell()

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Others are told if something changes in it that matters to them."""
        version = self._line.version
        yield
        if version != self._line.version:
            self._tell()

    def _tell(self) -> None:
        told, self._told = self._told, asyncio.Event()
        told.set()
