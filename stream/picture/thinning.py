"""Which frames are left out where fewer are wanted than are drawn."""

from __future__ import annotations

from edge_render.frame import Frame


class Thinning:
    """Which frames to leave out where fewer are wanted. Pure; nanoseconds of one clock."""

    def __init__(self, max_fps: float) -> None:
        self._nominal_ns = 1e9 / max_fps
        self._due_ns = 0.0
        self.rate = 1.0
        """Share of the nominal frame rate."""

    def take(self, frame: Frame) -> bool:
        """Whether this one is to be shown; a resting picture always is, as it is the last for long."""
        if self.rate == 1.0 or frame.still:
            return True
        drawn_ns, interval_ns = frame.times.draw_start_ns, self._nominal_ns / self.rate
        if drawn_ns < self._due_ns - 0.25 * self._nominal_ns:
            return False
        # Frames come at a tick of their own: what one is late for must not add up.
        self._due_ns = max(drawn_ns - 0.5 * self._nominal_ns, self._due_ns) + interval_ns
        return True
