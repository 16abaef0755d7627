"""Gateways tell each other who waits at them, so that all give turns by one line.

Each reads all others' streams. What one tells is the whole truth about it; when it can't be heard, those who waited
there come to others, with the ticket that says since when.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing
from typing import Annotated, Any, Final

import aiohttp
import structlog
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from control.fleet.tokens import Pass
from control.gateway.ndjson import StreamBroken, lines
from control.gateway.signer import Signer
from control.gateway.waiting_line import ENTERED_MAX, Told, Waiting
from control.gateway.waiting_room import WaitingRoom
from control.kube.cluster import Changed, Cluster, Component, Gone, Listed, Member

log = structlog.get_logger(__name__)

LINE_MAX_BYTES: Final = 524_288
SILENCE_S: Final = 3.0
"""Each says something every second."""
_FIRST_WAIT_S: Final = 0.2
_LONGEST_WAIT_S: Final = 5.0

_Id = Annotated[str, Field(max_length=64)]


class WaitingTold(BaseModel):
    """One line: who waits (identifier, since when, for which showroom), and which tickets have led to a visit."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)

    waiting: Annotated[
        list[tuple[_Id, float, Annotated[str, Field(max_length=64)] | None]], Field(max_length=4096)
    ] = []
    entered: Annotated[list[_Id], Field(max_length=ENTERED_MAX)] = []

    def as_told(self) -> Told:
        return Told([Waiting(*each) for each in self.waiting], self.entered)


async def waiting_lines(room: WaitingRoom) -> AsyncGenerator[Mapping[str, Any], None]:
    """What another gateway reads of us."""
    async with aclosing(room.tellings()) as tellings:
        async for told in tellings:
            waiting = [(each.id, each.since_s, each.showroom) for each in told.waiting]
            yield {"waiting": waiting, "entered": list(told.entered)}


class Peers:
    """See the module. ``run`` listens to all others."""

    def __init__(
        self,
        own_name: str,
        cluster: Cluster,
        signer: Signer,
        http: aiohttp.ClientSession,
        room: WaitingRoom,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._own_name = own_name
        self._cluster = cluster
        self._signer = signer
        self._http = http
        self._room = room
        self._clock = clock
        self._members: dict[str, Member] = {}
        self._listening: dict[str, asyncio.Task[None]] = {}
        self.heard: set[str] = set()
        """Those that can be heard now."""

    async def run(self) -> None:
        """Until cancelled."""
        async with asyncio.TaskGroup() as group:
            async for event in self._cluster.watch(Component.GATEWAY):
                match event:
                    case Listed(members):
                        for uid in self._members.keys() - {member.uid for member in members}:
                            self._remove(uid)
                        for member in members:
                            self._put(member, group)
                    case Changed(member):
                        self._put(member, group)
                    case Gone(uid):
                        self._remove(uid)

    def _put(self, member: Member, group: asyncio.TaskGroup) -> None:
        before = self._members.get(member.uid)
        if member.uid == self._own_name or (before is not None and before.url == member.url):
            return
        self._remove(member.uid)
        self._members[member.uid] = member
        self._listening[member.uid] = group.create_task(self._listen(member), name=f"peer-{member.name}")

    def _remove(self, uid: str) -> None:
        if self._members.pop(uid, None):
            self._listening.pop(uid).cancel()
            self._unheard(uid)

    async def _listen(self, member: Member) -> None:
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                async with aclosing(self._lines(member)) as told:
                    async for line in told:
                        wait_s = _FIRST_WAIT_S
                        self.heard.add(member.uid)
                        self._room.hear(member.uid, read_telling(line))
            except StreamBroken as broken:
                if wait_s == _FIRST_WAIT_S:  # once, however long it lasts
                    log.info("peer_unheard", pod=member.name, why=str(broken))
            self._unheard(member.uid)
            await asyncio.sleep(wait_s * random.uniform(0.5, 1.0))
            wait_s = min(_LONGEST_WAIT_S, 2 * wait_s)

    def _lines(self, member: Member) -> AsyncGenerator[bytes, None]:
        token = Pass(aud=member.uid, act="state").sign(self._signer.key, self._clock())
        url = f"{member.url}/fleet/waiting"
        return lines(self._http, url, token, line_max_bytes=LINE_MAX_BYTES, silence_s=SILENCE_S)

    def _unheard(self, uid: str) -> None:
        self.heard.discard(uid)
        self._room.unheard(uid)


def read_telling(line: bytes) -> Told:
    """Raises StreamBroken."""
    try:
        return WaitingTold.model_validate_json(line).as_told()
    except ValidationError as error:
        raise StreamBroken(f"a line can't be read: {error.errors(include_url=False)[0]['msg']}") from error
