"""What keeps a visitor's pictures from being larger or more: the link, the processor, or nothing (W3C webrtc-stats,
qualityLimitationReason and qualityLimitationDurations). Pure; seconds of one monotonic clock.
"""

from __future__ import annotations

from collections import deque
from typing import Literal

from stream.peer_stats import LimitationReason

WINDOW_S = 1.0
REFUSED_MIN = 3
"""So many pictures of a second, and no single one, are a limit."""


class QualityLimitation:
    """Of one visitor."""

    def __init__(self, now_s: float) -> None:
        self._reduced = False
        self._refused: deque[tuple[float, LimitationReason]] = deque()
        self._reason: LimitationReason = "none"
        self._since_s = now_s
        self._durations: dict[LimitationReason, float] = {"none": 0.0, "cpu": 0.0, "bandwidth": 0.0, "other": 0.0}

    def on_plan(self, reduced: bool, now_s: float) -> None:
        """Pictures are drawn smaller, or fewer, as the link carries no more; or in full again."""
        self._reduced = reduced
        self.reason(now_s)

    def on_refused(self, because: Literal["cpu", "bandwidth"], now_s: float) -> None:
        """A picture was not sent, as the one before was still being encoded, or on its way."""
        self._refused.append((now_s, because))
        self.reason(now_s)

    def reason(self, now_s: float) -> LimitationReason:
        """At present. A link that is too narrow counts for more than a processor that is too slow."""
        while self._refused and self._refused[0][0] < now_s - WINDOW_S:
            self._refused.popleft()
        reasons = [because for _, because in self._refused]
        now: LimitationReason = "none"
        if self._reduced or reasons.count("bandwidth") >= REFUSED_MIN:
            now = "bandwidth"
        elif reasons.count("cpu") >= REFUSED_MIN:
            now = "cpu"
        self._durations[self._reason] += now_s - self._since_s
        self._reason, self._since_s = now, now_s
        return now

    def durations(self, now_s: float) -> dict[LimitationReason, float]:
        """Seconds in each, until now."""
        self.reason(now_s)
        return dict(self._durations)
