"""Is a queue growing on the way? From send and arrival times of packets. Pure.

The delay gradient between groups of packets, its trend by linear regression and the adaptive threshold are those of
Google's congestion control (draft-ietf-rmcat-gcc-02, section 5; Carlucci et al., "Analysis and design of the Google
congestion control for WebRTC", MMSys 2016), with the trend line that replaced the draft's Kalman filter. Beside it goes
the standing queue: the least one-way delay of late above the least of a longer time (as LEDBAT, RFC 6817, section
2.4.2, has it), which jitter does not disturb, and which says how much there is to drain.
"""

from __future__ import annotations

from collections import deque
from enum import Enum

GROUP_S = 0.005
"""Packets sent within this time are one group (draft, section 5.2)."""
# Of the trend line and its threshold, as in libwebrtc (goog_cc/trendline_estimator.cc).
WINDOW_GROUPS = 20
SMOOTHING = 0.9
GAIN = 4.0
GAIN_GROUPS_MAX = 60
THRESHOLD_MS = 12.5
THRESHOLD_MIN_MS, THRESHOLD_MAX_MS = 6.0, 600.0
THRESHOLD_RISE, THRESHOLD_FALL = 0.0087, 0.039
"""Draft, section 5.4: K_u and K_d, per millisecond."""
THRESHOLD_OUTLIER_MS = 15.0
OVERUSE_S = 0.010
"""How long the trend must be over the threshold."""
BASE_WINDOW_S = 15.0
QUEUE_MEMORY_S = 0.06
"""The standing queue is the least of this time: long enough to have a packet that jitter spared."""
PACKETS_MAX = 4096
"""More than any link brings in that time. Arrival times are the receiver's word: a clock of its that stands still, or
goes back, must not make a window grow without end."""


class Usage(Enum):
    """What the trend says of the link."""

    UNDER = "under"
    NORMAL = "normal"
    OVER = "over"


class DelayTrend:
    """Fed with each packet that arrived, in the order of sending. Seconds; the clocks of both ends need not agree."""

    def __init__(self) -> None:
        self.usage = Usage.NORMAL
        self._group: tuple[float, float, float] | None = None
        """First and last sending, last arrival, of the group that is being filled."""
        self._before: tuple[float, float] | None = None
        """Last sending and last arrival of the group before."""
        self._groups = 0
        self._delay_ms = self._smoothed_ms = 0.0
        self._points: deque[tuple[float, float]] = deque(maxlen=WINDOW_GROUPS)
        self._threshold_ms = THRESHOLD_MS
        self._threshold_at_s: float | None = None
        self._over_since_s: float | None = None
        self._slope_before = 0.0

    def on_packet(self, sent_s: float, arrived_s: float) -> None:
        """One packet arrived."""
        if self._group is None:
            self._group = (sent_s, sent_s, arrived_s)
            return
        first_s, last_s, last_arrived_s = self._group
        if sent_s < first_s:
            return  # overtaken on the way, and told of late
        if sent_s - first_s <= GROUP_S:
            self._group = (first_s, max(last_s, sent_s), max(last_arrived_s, arrived_s))
            return
        if self._before is not None:
            sent_before_s, arrived_before_s = self._before
            gradient_s = (last_arrived_s - arrived_before_s) - (last_s - sent_before_s)
            self._on_gradient(1e3 * gradient_s, last_arrived_s)
        self._before = (last_s, last_arrived_s)
        self._group = (sent_s, sent_s, arrived_s)

    def _on_gradient(self, gradient_ms: float, at_s: float) -> None:
        self._groups += 1
        self._delay_ms += gradient_ms
        self._smoothed_ms = SMOOTHING * self._smoothed_ms + (1 - SMOOTHING) * self._delay_ms
        self._points.append((1e3 * at_s, self._smoothed_ms))
        if len(self._points) < WINDOW_GROUPS // 2:
            return
        slope = _slope(self._points)
        trend_ms = min(self._groups, GAIN_GROUPS_MAX) * slope * GAIN
        if trend_ms > self._threshold_ms:
            if self._over_since_s is None:
                self._over_since_s = at_s
            elif at_s - self._over_since_s >= OVERUSE_S and slope >= self._slope_before:
                self.usage = Usage.OVER
        else:
            self._over_since_s = None
            self.usage = Usage.UNDER if trend_ms < -self._threshold_ms else Usage.NORMAL
        self._slope_before = slope
        self._adapt_threshold(abs(trend_ms), at_s)

    def _adapt_threshold(self, trend_ms: float, at_s: float) -> None:
        """So that the link's own jitter, or another flow that fills the queue, is not taken for our overuse."""
        before_s, self._threshold_at_s = self._threshold_at_s, at_s
        if before_s is None or trend_ms > self._threshold_ms + THRESHOLD_OUTLIER_MS:
            return
        rate = THRESHOLD_FALL if trend_ms < self._threshold_ms else THRESHOLD_RISE
        elapsed_ms = min(100.0, 1e3 * max(0.0, at_s - before_s))
        threshold_ms = self._threshold_ms + rate * (trend_ms - self._threshold_ms) * elapsed_ms
        self._threshold_ms = min(THRESHOLD_MAX_MS, max(THRESHOLD_MIN_MS, threshold_ms))


def _slope(points: deque[tuple[float, float]]) -> float:
    """By least squares; 0 where all points are at one time."""
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread > 0 else 0.0


class StandingQueue:
    """How long packets wait on the way, beyond what the way takes when it is free."""

    def __init__(self) -> None:
        self._least: deque[tuple[float, float]] = deque(maxlen=PACKETS_MAX)
        """Arrival and delay of the packets of late that had less delay than all after them: the first has the least."""
        self._base_s: list[float] = []
        """The least delay of this window and of the one before."""
        self._window_began_s = 0.0
        self._arrived_s = float("-inf")

    def on_packet(self, sent_s: float, arrived_s: float) -> None:
        delay_s = arrived_s - sent_s
        if not self._base_s or sent_s - self._window_began_s > BASE_WINDOW_S:
            self._base_s = [delay_s, *self._base_s[:1]]
            self._window_began_s = sent_s
        self._base_s[0] = min(self._base_s[0], delay_s)
        self._arrived_s = max(self._arrived_s, arrived_s)
        while self._least and self._least[-1][1] >= delay_s:
            self._least.pop()
        self._least.append((self._arrived_s, delay_s))
        while self._least[0][0] < self._arrived_s - QUEUE_MEMORY_S:
            self._least.popleft()

    def rebase(self) -> None:
        """What packets take now is what the way takes when it is free."""
        if self._least:
            self._base_s = [self._least[0][1]]

    @property
    def delay_s(self) -> float:
        """The standing queue, seconds; 0 before the first packet."""
        # Below the base only where the receiver's clock stands still, so that old packets stay.
        return max(0.0, self._least[0][1] - min(self._base_s)) if self._least else 0.0
