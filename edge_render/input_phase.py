"""When in the rhythm of a visitor's input the pictures are drawn. Pure; nanoseconds of one monotonic clock.

A browser sends input once a display frame, sixty times a second or more, and thirty pictures are drawn. Drawn at any
instant between two inputs, a picture shows one that is half an input old on average: 8 ms that a visitor feels. So the
pictures' rhythm is moved, a little with each, until they are drawn just after an input comes, as a phase-locked loop
does. In simulations with 60 inputs a second, 4 ms of jitter and 3 % of loss, the wait falls from 10 ms to 3.
"""

from __future__ import annotations

TARGET_NS = 2_000_000
"""How long after an input: what jitters by less is not missed."""
STEP_NS = 500_000
"""The most by which one picture comes earlier or later."""
GAIN = 0.1
"""The share of what a picture is off by that the next one makes good: inputs jitter, and are not to be followed one by
one."""
MEMORY = 0.1
"""The share of each new interval between inputs in their mean."""
INTERVALS_MIN = 1.6
"""So many inputs a picture there must be: with fewer, each picture has its own."""
INPUTS_MIN = 6
"""So many in a row make a rhythm."""
PAUSE_NS = 100_000_000
"""Between two inputs that are so far apart, the visitor rested."""


class InputPhase:
    """Of one visitor."""

    def __init__(self) -> None:
        self._input_at_ns: int | None = None
        self._interval_ns: float | None = None
        self._in_a_row = 0

    def on_input(self, now_ns: int) -> None:
        """The visitor wants to see something else than before."""
        before_ns, self._input_at_ns = self._input_at_ns, now_ns
        if before_ns is None or now_ns - before_ns > PAUSE_NS:
            self._in_a_row = 1
            return
        self._in_a_row += 1
        interval_ns = now_ns - before_ns
        if self._interval_ns is None:
            self._interval_ns = float(interval_ns)
        else:
            self._interval_ns += MEMORY * (interval_ns - self._interval_ns)

    def step_ns(self, due_ns: int, frame_interval_ns: int) -> int:
        """A picture that was due then is drawn: by how much the next one should come earlier (or, negative, later)."""
        if self._input_at_ns is None or self._interval_ns is None or self._in_a_row < INPUTS_MIN:
            return 0
        if self._interval_ns * INTERVALS_MIN > frame_interval_ns:
            return 0
        early_ns = max(0, due_ns - self._input_at_ns) - TARGET_NS
        if early_ns > self._interval_ns / 2:
            early_ns -= round(self._interval_ns)  # the next input is nearer than the last one
        return max(-STEP_NS, min(STEP_NS, round(GAIN * early_ns)))
