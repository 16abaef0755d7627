"""The way in through gateways, as the page goes it (control/web/joining.js, signalling.js): a token, then WHEP."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from typing import Any, Final

import aiohttp

from bench.visitors.samples import Sample, Tally
from bench.visitors.visitor_thread import now_s
from bench.visitors.webrtc_visit import WebRtcVisit

ANSWER_S: Final = 10.0
QUEUE_SILENT_S: Final = 15.0
_NOT_NOW: Final = frozenset({"full", "draining", "starting"})


OnMessage = Callable[[WebRtcVisit, dict[str, Any]], None]


class EntryRefused(Exception):
    """A gateway said no; ``code`` is its own word for it."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class EnteredVisit:
    """A visit, and what the gateway said of it."""

    def __init__(self, visit: WebRtcVisit, reference: str, resume: str) -> None:
        self.visit = visit
        self.reference = reference
        """Which renderer, and which visit there."""
        self.resume = resume

    @property
    def renderer(self) -> str:
        return self.reference.partition("~")[0]


class FleetEntry:
    """One visitor's; remembers what the page would."""

    def __init__(self, http: aiohttp.ClientSession, url: str, on_place: Callable[[int], None]) -> None:
        """``on_place`` is told of each place in the queue."""
        self._http = http
        self._url = url
        self._on_place = on_place
        self.resume: str | None = None
        self._ticket: str | None = None

    async def enter(self, place: dict[str, Any], on_message: OnMessage) -> EnteredVisit:
        """Join, and be in when the first picture comes. Raises EntryRefused, VisitFailed and aiohttp's ClientError."""
        token = await self._join()
        visit = WebRtcVisit(_unheard)
        visit.on_message = lambda message: on_message(visit, message)
        try:
            offered_s = now_s()
            headers = {"Content-Type": "application/sdp", "Authorization": f"Bearer {token}"}
            query = {key: str(value) for key, value in place.items()}
            offer = await visit.offer()
            async with self._http.post(f"{self._url}/whep", params=query, data=offer, headers=headers) as response:
                if response.status != 201:
                    raise self._refusal(await response.json())
                answer = await response.text()
                reference = response.headers["Location"].rpartition("/")[2]
                entered = EnteredVisit(visit, reference, response.headers["Edge-Render-Resume"])
            self.resume, self._ticket = entered.resume, None
            await visit.connect(answer, offered_s)
        except BaseException:
            await visit.leave()
            raise
        return entered

    async def state_of(self, reference: str) -> str | None:
        """What a gateway knows of a visit's renderer; None where it does not answer."""
        try:
            async with self._http.get(f"{self._url}/visits/{reference}") as response:
                return str((await response.json())["state"]) if response.status == 200 else None
        except (aiohttp.ClientError, TimeoutError):
            return None

    async def _join(self) -> str:
        wish = {"resume": self.resume, "ticket": self._ticket}
        body = {key: value for key, value in wish.items() if value is not None}
        async with self._http.post(f"{self._url}/join", json=body) as response:
            told = await response.json()
            if response.status == 202:
                return await self._wait(told)
            if response.status != 200:
                raise self._refusal(told)
            return str(told["token"])

    async def _wait(self, told: dict[str, Any]) -> str:
        """Stand in line, at whichever gateway, until it is our turn."""
        self._ticket = told["ticket"]
        self._on_place(told["position"])
        silence = aiohttp.ClientTimeout(total=None, sock_read=QUEUE_SILENT_S)
        while True:
            try:
                async with self._http.post(
                    f"{self._url}/queue", json={"ticket": self._ticket}, timeout=silence
                ) as response:
                    async for line in response.content:
                        place = json.loads(line)
                        if "error" in place:
                            raise self._refusal(place)
                        if "token" in place:
                            return str(place["token"])
                        self._on_place(place["position"])
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(0.3)  # as the page: another gateway takes the ticket

    def _refusal(self, told: dict[str, Any]) -> EntryRefused:
        code = str(told.get("error", {}).get("code", "unknown"))
        if "ticket" in told:
            self._ticket = told["ticket"]
        elif code not in _NOT_NOW:
            # It can't be used any more: the page goes on without it.
            self._ticket = self.resume = None
        return EntryRefused(code)


def _unheard(samples: list[Sample], tally: Tally | None = None) -> None:
    """Pictures are counted by whoever stays."""
