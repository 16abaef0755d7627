"""Spreads packets over time, so that a picture does not hit the link as one burst. Pure; time is an argument."""

from __future__ import annotations

BURST_BYTES = 2600
"""Two packets may leave at once: a small picture needs no timer."""


class Pacer:
    """A bucket that leaks at the pace; packets wait while it is full. Seconds of one clock."""

    def __init__(self, now_s: float) -> None:
        self._filled_bytes = 0.0
        self._at_s = now_s
        self._pace_bps = 1e6

    def set_pace(self, pace_bps: float, picture_bytes: int, frame_interval_s: float, now_s: float) -> None:
        """For the next picture: what the link takes at a time, and never so slow that the picture takes more than its
        own time."""
        self._leak(now_s)
        self._pace_bps = max(pace_bps, 8 * picture_bytes / (0.9 * frame_interval_s))

    def on_sent(self, size_bytes: int, now_s: float) -> None:
        """Any packet left, also one that did not ask."""
        self._leak(now_s)
        self._filled_bytes += size_bytes

    def wait_s(self, now_s: float) -> float:
        """How long the next packet must wait."""
        self._leak(now_s)
        return max(0.0, 8 * (self._filled_bytes - BURST_BYTES) / self._pace_bps)

    def _leak(self, now_s: float) -> None:
        self._filled_bytes = max(0.0, self._filled_bytes - self._pace_bps / 8 * max(0.0, now_s - self._at_s))
        self._at_s = now_s
