"""Locust's side of the ramp: feeds it with the statistics of all workers, says what came of it, and keeps a record."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import replace
from typing import Any

import psutil
from locust import LoadTestShape

from bench.visitors.load_run import REQUEST_TYPE, LoadRun
from bench.visitors.options import bounds_of, schedule_of
from bench.visitors.ramp import Histogram, Ramp, Snapshot, StepFigures
from bench.visitors.run_record import record_run, write_record
from bench.visitors.samples import What

SPAWN_PER_S = 4.0
FAILED_ROWS = (What.VISIT, What.FIRST_FRAME)
JOIN_ROW = ("WHEP join", "POST")
_HEADER = "visitors  input to frame p50/p95/p99     fps  freezes   lost   Mbit/s  node CPU  late p95"


class CapacityRamp(LoadTestShape):
    """Runs where the statistics come together: on the master, or in the one process."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._ramp: Ramp | None = None
        self._cpu: deque[tuple[float, float, float]] = deque(maxlen=1000)
        self._began_s = time.time()
        self._told = True

    @property
    def _environment(self) -> Any:
        assert self.runner is not None, "locust sets it"
        return self.runner.environment

    @property
    def _run(self) -> LoadRun:
        run: LoadRun = self._environment.load_run
        return run

    def reset_time(self) -> None:
        """Locust says that a run begins."""
        super().reset_time()  # type: ignore[no-untyped-call]
        options = self._environment.parsed_options
        self._ramp = Ramp(schedule_of(options), bounds_of(options))
        self._cpu.clear()
        self._began_s, self._told = time.time(), False
        print(_HEADER, flush=True)

    def tick(self) -> tuple[int, float] | None:
        """Locust asks once a second."""
        ramp = self._ramp
        assert ramp is not None, "locust says that a run begins"
        now_s = time.monotonic()
        self._cpu.append((now_s, *self._cpu_s()))
        figures = ramp.tick(now_s, self._environment.runner.user_count, self.snapshot())
        if figures is not None:
            figures = ramp.steps[-1] = self._with_cpu(figures, now_s)
            print(line(figures), flush=True)
        return None if ramp.finished else (ramp.visitors, SPAWN_PER_S)

    def snapshot(self) -> Snapshot:
        """All that was counted since the run's start, of all workers."""
        stats = self._environment.stats
        rows, failed = {}, 0
        for what in What:
            entry = stats.entries.get((what.value, REQUEST_TYPE))
            if entry is None:
                continue
            rows[what] = Histogram(dict(entry.response_times), float(entry.total_response_time))
            if what in FAILED_ROWS:
                failed += entry.num_failures
        joins = stats.entries.get(JOIN_ROW)
        return Snapshot(rows, failed + (joins.num_failures if joins is not None else 0), replace(self._run.tally))

    def finish(self) -> None:
        """Say the capacity and write the record; at the run's end, however it came."""
        ramp = self._ramp
        if ramp is None or self._told:
            return
        self._told = True
        options = self._environment.parsed_options
        record = record_run(self._environment, ramp, self.snapshot(), self._began_s)
        if options.hold:
            print(f"held {options.hold} visitors: {', '.join(record.limited_by.split('; '))}")
        else:
            print(f"capacity: {ramp.capacity} visitors ({ramp.limited_by})", flush=True)
        if options.record:
            write_record(record, options.record)
            print(f"record: {options.record}", flush=True)

    def _cpu_s(self) -> tuple[float, float]:
        """Seconds of CPU: of the node, where its process is known, and of the machine."""
        pid = self._environment.parsed_options.node_pid
        node_s = 0.0
        if pid:
            times = psutil.Process(pid).cpu_times()
            node_s = float(times.user + times.system)
        machine = psutil.cpu_times()
        return node_s, float(sum(machine[:8]) - machine.idle - getattr(machine, "iowait", 0.0))

    def _with_cpu(self, figures: StepFigures, now_s: float) -> StepFigures:
        began_s = now_s - figures.seconds
        before = min(self._cpu, key=lambda reading: abs(reading[0] - began_s))
        _, node_s, machine_s = self._cpu[-1]
        seconds = max(1e-9, now_s - before[0])
        known = bool(self._environment.parsed_options.node_pid)
        return replace(
            figures,
            node_cpu_percent=100.0 * (node_s - before[1]) / seconds if known else None,
            machine_cpu_percent=100.0 * (machine_s - before[2]) / seconds / (psutil.cpu_count() or 1),
        )


def line(figures: StepFigures) -> str:
    """A step's row of the table."""
    delays = f"{figures.delay_p50_ms:.0f}/{figures.delay_p95_ms:.0f}/{figures.delay_p99_ms:.0f} ms"
    cpu = "" if figures.node_cpu_percent is None else f"{figures.node_cpu_percent:.0f} %"
    text = (
        f"{figures.visitors:>8}{delays:>28}{figures.fps:>10.1f}{figures.freezes:>9}{100 * figures.lost_share:>6.1f}%"
        f"{figures.kbps / 1e3:>9.2f}{cpu:>10}{figures.late_p95_ms:>7.0f} ms"
    )
    return text + "".join(f"\n          broken: {bound}" for bound in figures.broken)
