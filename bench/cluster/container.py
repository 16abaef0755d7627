"""One container of a pod: a local process, its probes, and its restarts."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import aiohttp

from bench.cluster.probes import Probe
from bench.cluster.restart_delay import RestartDelay

KILLED_STATUS: Final = 128 + signal.SIGKILL


class RestartPolicy(StrEnum):
    """Of a pod."""

    ALWAYS = "Always"
    ON_FAILURE = "OnFailure"
    NEVER = "Never"

    def restarts(self, status: int) -> bool:
        return self is RestartPolicy.ALWAYS or (self is RestartPolicy.ON_FAILURE and status != 0)


@dataclass(frozen=True, slots=True)
class ContainerPlan:
    """What is run, and how it is looked after."""

    name: str
    image: str
    command: Sequence[str]
    variables: Mapping[str, str]
    folder: Path
    """Where it runs."""
    log: Path
    restarts: RestartPolicy
    startup: Probe | None = None
    readiness: Probe | None = None
    liveness: Probe | None = None


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run of the process ended."""

    status: int
    began: datetime
    ended: datetime


class Container:
    """``run`` is its whole life. ``changed`` is called whenever one of the attributes below has changed."""

    def __init__(self, plan: ContainerPlan, http: aiohttp.ClientSession, changed: Callable[[], None]) -> None:
        self.plan = plan
        self.began: datetime | None = None
        """Since when it runs; None while it does not."""
        self.started = False
        """Its startup probe has been answered."""
        self.ready = False
        self.restarts = 0
        self.last: Ended | None = None
        self._http = http
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._ending = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """While it runs."""
        return None if self._process is None else self._process.pid

    async def run(self) -> int:
        """Until it has ended for good; its last exit status. Cancelled, it kills the process."""
        delay = RestartDelay()
        while True:
            began_s = time.monotonic()
            status = await self._run_once()
            if self._ending.is_set() or not self.plan.restarts.restarts(status):
                return status
            with suppress(TimeoutError):
                async with asyncio.timeout(delay.ended(time.monotonic() - began_s)):
                    await self._ending.wait()
                    return status
            self.restarts += 1

    def terminate(self) -> None:
        """Ask it to end; it is not started again."""
        self._ending.set()
        self._signal(signal.SIGTERM)

    def kill(self) -> None:
        """As a crash of the process does: it is started again where its pod's policy says so."""
        self._signal(signal.SIGKILL)

    async def _run_once(self) -> int:
        with self.plan.log.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *self.plan.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=dict(self.plan.variables),
                cwd=self.plan.folder,
                start_new_session=True,
            )
        self._process, self.began = process, datetime.now(UTC)
        self._changed()
        try:
            async with asyncio.TaskGroup() as tasks:
                probing = tasks.create_task(self._probe(), name=f"probes-of-{self.plan.name}")
                code = await process.wait()
                probing.cancel()
        finally:
            if process.returncode is None:
                self._signal(signal.SIGKILL)
                await process.wait()
            self._process = None
        status = code if code >= 0 else 128 - code
        self.last = Ended(status, self.began, datetime.now(UTC))
        self.began, self.started, self.ready = None, False, False
        self._changed()
        return status

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError):  # it has ended, and asyncio has not heard of it yet
                os.killpg(self._process.pid, number)

    async def _probe(self) -> None:
        if self.plan.startup is not None and not await self._starts(self.plan.startup):
            self._signal(signal.SIGKILL)
            return
        self.started, self.ready = True, self.plan.readiness is None
        self._changed()
        async with asyncio.TaskGroup() as tasks:
            if self.plan.readiness is not None:
                tasks.create_task(self._follow_readiness(self.plan.readiness), name=f"readiness-{self.plan.name}")
            if self.plan.liveness is not None:
                tasks.create_task(self._follow_liveness(self.plan.liveness), name=f"liveness-{self.plan.name}")

    async def _starts(self, probe: Probe) -> bool:
        refused = 0
        async for good in probe.answers(self._http):
            if good:
                return True
            refused += 1
            if refused >= probe.failures:
                break
        return False

    async def _follow_readiness(self, probe: Probe) -> None:
        async for ready in probe.verdicts(self._http, now=False):
            self.ready = ready
            self._changed()

    async def _follow_liveness(self, probe: Probe) -> None:
        async for _ in probe.verdicts(self._http, now=True):
            self._signal(signal.SIGTERM)
            return
