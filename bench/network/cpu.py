"""Whose the processor's time was while a visit was measured: a figure from a busy machine says little."""

from __future__ import annotations

import time
from dataclasses import dataclass

import psutil


@dataclass(frozen=True, slots=True)
class CpuUse:
    """Percent of one core."""

    server: float
    bench: float
    """The server, the browser, the relay and the harness."""
    others: float
    """All that is not ours."""


class CpuWatch:
    """From its making to ``use``. Only Linux tells idle from waiting as it is counted here."""

    def __init__(self, server_pid: int) -> None:
        self._server = psutil.Process(server_pid)
        self._began = self._read()

    def use(self) -> CpuUse:
        """Of the time since this watch was made."""
        now_s, server_s, bench_s, all_s = (
            after - before for before, after in zip(self._began, self._read(), strict=True)
        )
        return CpuUse(
            server=100.0 * server_s / now_s,
            bench=100.0 * bench_s / now_s,
            others=100.0 * max(0.0, all_s - bench_s) / now_s,
        )

    def _read(self) -> tuple[float, float, float, float]:
        """Time, and seconds of CPU: of the server, of all processes of the bench, of the machine."""
        times = psutil.cpu_times()
        busy_s = sum(times) - times.idle - getattr(times, "iowait", 0.0)
        # Guest time is counted in user time already.
        busy_s -= getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)
        here = psutil.Process()
        bench_s = sum(_cpu_s(process) for process in (here, *here.children(recursive=True)))
        return time.monotonic(), _cpu_s(self._server), bench_s, busy_s


def _cpu_s(process: psutil.Process) -> float:
    try:
        times = process.cpu_times()
    except psutil.NoSuchProcess:
        return 0.0
    return float(times.user + times.system)
