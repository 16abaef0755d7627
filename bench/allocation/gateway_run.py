"""A real gateway before simulated renderers: what a visitor's way in costs it, and what it costs to know them all."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import aiohttp
import psutil

from bench.allocation.dwell import Dwell
from bench.gateway_process import FleetKeys
from bench.node_process import NodeProcess

CAPACITY: Final = 20
OCCUPIED: Final = 16
_OFFER: Final = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n"


@dataclass(slots=True)
class Measured:
    """With so many renderers."""

    renderers: int
    known_after_s: float
    """From the gateway's start."""
    memory_mb: float
    idle_cpu: float
    """Of one core, with a sign of life of each renderer a second and nothing else."""
    entering_s: list[float] = field(default_factory=list)
    """From a visitor's POST /join to the answer of POST /whep, the renderer's own time and both ways included."""
    queued: int = 0
    failed: list[str] = field(default_factory=list)
    """What went wrong on a visitor's way in or out."""
    cpu_ms: float = 0.0
    """Of the gateway for one visitor who comes and goes, without what it costs when nobody does."""
    own_s: dict[str, dict[float, float]] = field(default_factory=dict)
    """The gateway's own histograms by request: how many took at most so long."""

    def own_at(self, part: float) -> float:
        """A bound of the gateway's own time for joining and entering together: the sum of both quantiles."""
        return sum(_bound(counts, part) for counts in self.own_s.values())


def measure(renderers: int, visits: int, per_second: float, rest_s: float = 5.0) -> Measured:
    """Visits come as a Poisson stream, stay half a second in the mean, and go. Before that the gateway is watched for
    ``rest_s``, while nobody comes."""
    with tempfile.TemporaryDirectory() as folder:
        keys = FleetKeys.make(Path(folder))
        with _renderers(renderers, keys.public) as url:
            fixed = ",".join(f"r{number}={url}/r{number}" for number in range(renderers))
            options = ("--signing-key", str(keys.private), "--renderers", fixed, "--joins-per-minute", "1000000")
            edge_render = str(Path(sys.executable).with_name("edge-render"))
            began = time.monotonic()
            with NodeProcess(None, *options, program=(edge_render, "gateway")) as gateway:
                known_after_s = time.monotonic() - began
                process = psutil.Process(gateway.pid)
                idle = _cpu_s(process)
                time.sleep(rest_s)
                idle_cpu = (_cpu_s(process) - idle) / rest_s
                measured = Measured(renderers, known_after_s, process.memory_info().rss / 2**20, idle_cpu)
                before, began = _cpu_s(process), time.monotonic()
                asyncio.run(_Visitors(gateway.url, measured, visits, per_second).run())
                took_s = time.monotonic() - began
                measured.cpu_ms = 1000.0 * (_cpu_s(process) - before - idle_cpu * took_s) / visits
                measured.own_s = _own(gateway.get("/metrics"))
                return measured


@contextmanager
def _renderers(count: int, public: Path) -> Iterator[str]:
    program = (sys.executable, "-m", "bench.allocation.renderers_program")
    options = ("--count", str(count), "--capacity", str(CAPACITY), "--occupied", str(OCCUPIED), "--keys", str(public))
    with subprocess.Popen((*program, *options), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            url = process.stdout.readline().strip()
            if not url:
                raise RuntimeError("the simulated renderers did not start")
            yield url
        finally:
            process.stdin.close()


class _Visitors:
    """Of one run."""

    def __init__(self, url: str, measured: Measured, visits: int, per_second: float) -> None:
        self._url = url
        self._measured = measured
        self._visits = visits
        self._per_second = per_second
        self._dwell = Dwell(mean_s=0.5)
        self._random = Random(1)

    async def run(self) -> None:
        clock = asyncio.get_running_loop().time
        async with (
            aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
            asyncio.TaskGroup() as group,
        ):
            at_s = clock()
            for number in range(self._visits):
                at_s += self._random.expovariate(self._per_second)
                await asyncio.sleep(max(0.0, at_s - clock()))
                stays_s = self._dwell.of_a_new_visit_s(self._random)
                group.create_task(self._visit(http, stays_s), name=f"visit-{number}")

    async def _visit(self, http: aiohttp.ClientSession, stays_s: float) -> None:
        try:
            await self._come_and_go(http, stays_s)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            self._measured.failed.append(str(error) or type(error).__name__)

    async def _come_and_go(self, http: aiohttp.ClientSession, stays_s: float) -> None:
        began = time.monotonic()
        async with http.post(f"{self._url}/join", json={}) as joined:
            joined.raise_for_status()
            if joined.status != 200:
                self._measured.queued += 1
                return
            token = (await joined.json())["token"]
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/sdp"}
        async with http.post(f"{self._url}/whep", data=_OFFER, headers=headers) as entered:
            entered.raise_for_status()
            await entered.read()
            where = entered.headers["Location"]
        self._measured.entering_s.append(time.monotonic() - began)
        await asyncio.sleep(stays_s)
        async with http.delete(self._url + where) as left:
            left.raise_for_status()


def _cpu_s(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)


def _own(metrics: str) -> dict[str, dict[float, float]]:
    name = "edge_render_gateway_allocation_seconds_bucket"
    found: dict[str, dict[float, float]] = {}
    for line in metrics.splitlines():
        if line.startswith(name):
            labels, value = line[len(name) + 1 :].split("} ")
            told = dict(label.replace('"', "").split("=") for label in labels.split(","))
            found.setdefault(told["request"], {})[float(told["le"])] = float(value)
    return found


def _bound(counts: dict[float, float], part: float) -> float:
    """The least of a histogram's bounds below which so many are."""
    return next(bound for bound, count in sorted(counts.items()) if count >= part * counts[float("inf")])
