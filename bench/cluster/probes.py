"""Probes over HTTP, as a kubelet makes them: how often, and how many answers make a change."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

import aiohttp

from bench.cluster.container_environment import UnknownReference


@dataclass(frozen=True, slots=True)
class Probe:
    """One of a container's."""

    url: str
    delay_s: float
    period_s: float
    timeout_s: float
    successes: int
    failures: int

    @classmethod
    def of(cls, spec: Mapping[str, Any], address: str, ports: Mapping[str, int]) -> Self:
        """As it stands in a manifest; ``ports`` are the container's by name. Raises UnknownReference."""
        if "httpGet" not in spec:
            raise UnknownReference("this kubelet knows probes by httpGet only")
        get = spec["httpGet"]
        port = get["port"] if isinstance(get["port"], int) else ports.get(get["port"])
        if port is None:
            raise UnknownReference(f"a probe asks at port {get['port']}, which the container does not have")
        return cls(
            url=f"http://{get.get('host', address)}:{port}{get.get('path', '/')}",
            delay_s=spec.get("initialDelaySeconds", 0),
            period_s=spec.get("periodSeconds", 10),
            timeout_s=spec.get("timeoutSeconds", 1),
            successes=spec.get("successThreshold", 1),
            failures=spec.get("failureThreshold", 3),
        )

    async def answers(self, http: aiohttp.ClientSession) -> AsyncIterator[bool]:
        """Each answer, for ever."""
        await asyncio.sleep(self.delay_s)
        while True:
            yield await self._ask(http)
            await asyncio.sleep(self.period_s)

    async def verdicts(self, http: aiohttp.ClientSession, now: bool) -> AsyncIterator[bool]:
        """Each change of what the thresholds make of the answers; it was ``now`` before the first."""
        counter = AnswerCounter(self.successes, self.failures, now)
        async for good in self.answers(http):
            if counter.count(good):
                yield counter.good

    async def _ask(self, http: aiohttp.ClientSession) -> bool:
        try:
            async with http.get(self.url, timeout=aiohttp.ClientTimeout(self.timeout_s)) as response:
                return 200 <= response.status < 400
        except (aiohttp.ClientError, TimeoutError):
            return False


class AnswerCounter:
    """So many in a row make a change. Pure."""

    def __init__(self, successes: int, failures: int, good: bool) -> None:
        self.good = good
        self._needed = {True: successes, False: failures}
        self._in_a_row = 0

    def count(self, good: bool) -> bool:
        """Whether this answer has changed ``good``."""
        if good == self.good:
            self._in_a_row = 0
            return False
        self._in_a_row += 1
        if self._in_a_row < self._needed[good]:
            return False
        self.good, self._in_a_row = good, 0
        return True
