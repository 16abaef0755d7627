"""How many visitors a node carries: more and more of them, until what they get breaks a bound. Pure; time is an
argument.

Each step settles, then is judged by what came in a window. One bad window may be an accident: a step has failed when
a second one, right after it, is bad too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from bench.visitors.samples import Tally, What

LATE_MAX_MS = 10.0
"""Where the load generator's own lateness (95th percentile) is above that, it is the generator that is full."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """The ramp's steps, in visitors, and each one's times."""

    first: int = 1
    step: int = 1
    last: int = 64
    settle_s: float = 6.0
    """Joining, and two of the reports that locust's workers send every 3 s."""
    window_s: float = 12.0
    bad_windows: int = 2
    """So many in a row, and a step has failed."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What every visitor must get."""

    delay_p95_ms: float = 150.0
    """From input to frame."""
    fps: float = 24.0
    """While moving, mean of all visitors; 30 is nominal."""
    frozen_share: float = 0.02
    """Of the time in which visitors move."""
    failed: int = 0
    """Visits that did not begin, or were lost."""


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts by milliseconds, rounded as locust rounds them."""

    counts: Mapping[int, int] = field(default_factory=dict)
    total_ms: float = 0.0

    @property
    def count(self) -> int:
        return sum(self.counts.values())

    @property
    def mean(self) -> float:
        return self.total_ms / self.count if self.count else float("nan")

    def percentile(self, share: float) -> float:
        """By the nearest rank; not a number of none."""
        count, below = self.count, 0
        for ms in sorted(self.counts):
            below += self.counts[ms]
            if below > share * count or below == count:
                return float(ms)
        return float("nan")

    def minus(self, earlier: Histogram) -> Histogram:
        """What came since ``earlier``."""
        counts = Counter(self.counts)
        counts.subtract(earlier.counts)
        return Histogram({ms: n for ms, n in counts.items() if n > 0}, self.total_ms - earlier.total_ms)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """All that was counted since the run's start."""

    rows: Mapping[What, Histogram] = field(default_factory=dict)
    failed: int = 0
    tally: Tally = field(default_factory=Tally)

    def row(self, what: What) -> Histogram:
        return self.rows.get(what, Histogram())

    def minus(self, earlier: Snapshot) -> Snapshot:
        return Snapshot(
            {what: row.minus(earlier.row(what)) for what, row in self.rows.items()},
            self.failed - earlier.failed,
            self.tally.minus(earlier.tally),
        )


@dataclass(frozen=True, slots=True)
class StepFigures:
    """What ``visitors`` got in one window."""

    visitors: int
    seconds: float
    delay_p50_ms: float
    delay_p95_ms: float
    delay_p99_ms: float
    gap_p95_ms: float
    gap_max_ms: float
    fps: float
    moving_s: float
    """Of all visitors together."""
    freezes: int
    frozen_share: float
    """Of ``moving_s``."""
    lost_share: float
    kbps: float
    """Received by each visitor."""
    failed: int
    late_p95_ms: float
    delays: Mapping[int, int]
    broken: tuple[str, ...]
    """The bounds that did not hold, in words."""
    node_cpu_percent: float | None = None
    """Of one core."""
    machine_cpu_percent: float | None = None
    """Of all cores."""


def figures_of(visitors: int, seconds: float, window: Snapshot, bounds: Bounds) -> StepFigures:
    """From what came in a window to its figures, and to what is wrong with them."""
    delays, gaps, late = window.row(What.INPUT_TO_FRAME), window.row(What.FRAME_GAP), window.row(What.STEP_LATE)
    tally = window.tally
    # A picture in each gap: the gaps' mean is what lies between two of them.
    fps = 1000.0 / gaps.mean if gaps.count else 0.0
    moved_ms = gaps.total_ms
    figures = StepFigures(
        visitors=visitors,
        seconds=seconds,
        delay_p50_ms=delays.percentile(0.5),
        delay_p95_ms=delays.percentile(0.95),
        delay_p99_ms=delays.percentile(0.99),
        gap_p95_ms=gaps.percentile(0.95),
        gap_max_ms=float(max(gaps.counts, default=0)),
        fps=fps,
        moving_s=moved_ms / 1e3,
        freezes=tally.freezes,
        frozen_share=tally.frozen_ms / moved_ms if moved_ms > 0 else 0.0,
        lost_share=tally.packets_lost / tally.packets_expected if tally.packets_expected > 0 else 0.0,
        kbps=8.0 * tally.received_bytes / 1e3 / max(1e-9, seconds * visitors),
        failed=window.failed,
        late_p95_ms=late.percentile(0.95) if late.count else 0.0,
        delays=dict(delays.counts),
        broken=(),
    )
    return replace(figures, broken=_broken(figures, bounds))


def _broken(figures: StepFigures, bounds: Bounds) -> tuple[str, ...]:
    found = []
    if not figures.delays:
        found.append("no input was seen in a picture")
    elif figures.delay_p95_ms > bounds.delay_p95_ms:
        found.append(f"input to frame p95 {figures.delay_p95_ms:.0f} ms, at most {bounds.delay_p95_ms:g}")
    if figures.fps < bounds.fps:
        found.append(f"{figures.fps:.1f} frames/s while moving, at least {bounds.fps:g}")
    if figures.frozen_share > bounds.frozen_share:
        found.append(f"frozen {100 * figures.frozen_share:.1f} % of the time, at most {100 * bounds.frozen_share:g}")
    if figures.failed > bounds.failed:
        found.append(f"{figures.failed} visits failed, at most {bounds.failed}")
    return tuple(found)


class Ramp:
    """Says how many visitors there are to be, and keeps each step's figures."""

    def __init__(self, schedule: Schedule, bounds: Bounds) -> None:
        self._schedule = schedule
        self._bounds = bounds
        self.visitors = schedule.first
        self.steps: list[StepFigures] = []
        """One for each window that was judged, in order."""
        self.finished = False
        self._since_s: float | None = None
        """When the visitors of this step were all there."""
        self._window: tuple[float, Snapshot] | None = None

    def tick(self, now_s: float, present: int, snapshot: Snapshot) -> StepFigures | None:
        """Call it about once a second: ``present`` visitors are there, and so much was counted since the start.

        Returns the figures of a window that has just ended; then ``visitors`` and ``finished`` say how to go on."""
        if self.finished:
            return None
        if present < self.visitors and self._since_s is None:
            return None
        if self._since_s is None:
            self._since_s = now_s
        if self._window is None:
            if now_s - self._since_s >= self._schedule.settle_s:
                self._window = (now_s, snapshot)
            return None
        began_s, before = self._window
        if now_s - began_s < self._schedule.window_s:
            return None
        figures = figures_of(self.visitors, now_s - began_s, snapshot.minus(before), self._bounds)
        self.steps.append(figures)
        judged = sum(step.visitors == self.visitors for step in self.steps)
        if figures.broken and judged < self._schedule.bad_windows:
            self._window = (now_s, snapshot)
        elif figures.broken or self.visitors >= self._schedule.last:
            self.finished = True
        else:
            self.visitors = min(self._schedule.last, self.visitors + self._schedule.step)
            self._since_s = self._window = None
        return figures

    @property
    def capacity(self) -> int:
        """The most visitors for whom all bounds held; 0 where they held for none."""
        return max((step.visitors for step in self.steps if not step.broken), default=0)

    @property
    def limited_by(self) -> str:
        """Why the ramp ended."""
        if not self.finished:
            return "the run was stopped before the ramp was through"
        last = self.steps[-1]
        if not last.broken:
            return f"the ramp's end: all bounds still held with {last.visitors} visitors"
        reasons = "; ".join(last.broken)
        if last.late_p95_ms > LATE_MAX_MS:
            reasons += f"; the load generator itself was late (p95 {last.late_p95_ms:.0f} ms): add workers or machines"
        return reasons
