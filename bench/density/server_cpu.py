"""Where a node's CPU goes: by its threads, and by the stages that it tells of itself. Linux."""

from __future__ import annotations

import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

from bench.node_process import NodeProcess

STAGES = ("draw", "capture", "encode", "send")


@dataclass(frozen=True, slots=True)
class Use:
    """Of a span of time. Percent of one core, unless the name says otherwise."""

    seconds: float
    total: float
    event_loop: float
    """HTTP, control, RTP, SRTP, sockets: one thread, so 100 is all that there is."""
    drawing: float
    """Mesa's own threads; what the GL thread itself does is among the others."""
    stage_ms: dict[str, float]
    """Mean wall time of a picture in each stage."""
    stage_busy: dict[str, float]
    """Share of the time in which a stage was busy, in percent; the GL thread draws and captures one after the other."""

    @property
    def others(self) -> float:
        """The GL thread, encoding, picking."""
        return self.total - self.event_loop - self.drawing

    @property
    def gl_busy(self) -> float:
        return self.stage_busy.get("draw", 0.0) + self.stage_busy.get("capture", 0.0)


@dataclass(frozen=True, slots=True)
class _Reading:
    at_s: float
    threads_s: dict[str, float]
    stage_sum_s: dict[str, float]
    stage_count: dict[str, float]


class ServerCpu:
    """From its making to ``use``."""

    def __init__(self, node: NodeProcess) -> None:
        self._node = node
        self._before = self._read()

    def use(self) -> Use:
        """Of the time since this was made."""
        before, after = self._before, self._read()
        seconds = after.at_s - before.at_s
        share = {
            kind: 100.0 * (spent_s - before.threads_s.get(kind, 0.0)) / seconds
            for kind, spent_s in after.threads_s.items()
        }
        stage_ms, stage_busy = {}, {}
        for stage in STAGES:
            pictures = after.stage_count.get(stage, 0.0) - before.stage_count.get(stage, 0.0)
            spent_s = after.stage_sum_s.get(stage, 0.0) - before.stage_sum_s.get(stage, 0.0)
            stage_ms[stage] = 1e3 * spent_s / pictures if pictures else 0.0
            stage_busy[stage] = 100.0 * spent_s / seconds
        return Use(
            seconds=seconds,
            total=sum(share.values()),
            event_loop=share.get("event loop", 0.0),
            drawing=share.get("drawing", 0.0),
            stage_ms=stage_ms,
            stage_busy=stage_busy,
        )

    def _read(self) -> _Reading:
        text = self._node.get("/metrics")
        sums = re.findall(r'edge_render_stage_seconds_(sum|count){stage="(\w+)"} (\S+)', text)
        return _Reading(
            time.monotonic(),
            _threads_s(self._node.pid),
            {stage: float(value) for kind, stage, value in sums if kind == "sum"},
            {stage: float(value) for kind, stage, value in sums if kind == "count"},
        )


def _threads_s(pid: int) -> dict[str, float]:
    """Seconds of CPU by kind of thread; of threads that live."""
    spent_s: dict[str, float] = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            name, figures = (task / "stat").read_text().rsplit(")", 1)
        except FileNotFoundError:
            continue  # it ended meanwhile
        user, system = figures.split()[11:13]
        kind = "drawing" if "llvmpipe" in name else "others"
        if int(task.name) == pid:
            kind = "event loop"
        spent_s[kind] = spent_s.get(kind, 0.0) + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
    return spent_s
