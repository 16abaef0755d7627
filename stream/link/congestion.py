"""The rate that the link carries. Pure: feedback and the time go in, the target comes out.

Loss-based control of Google's congestion control (draft-ietf-rmcat-gcc-02, section 6), with the receiver's
own delay-based estimate (REMB) and the growth of the round-trip time as brakes. Transport-wide feedback,
pacing and quality steps are another module's.
"""

from __future__ import annotations

LOSS_LOW = 0.02
LOSS_HIGH = 0.10
INCREASE_PER_S = 1.08
REMB_MARGIN = 0.95
APP_LIMITED = 1.3
"""A receiver never estimates more than 1.5 times what it gets, so an estimate that much above what was
sent tells of our own restraint, not of the link."""
RTT_GROWTH_S = 0.06
RTT_BRAKE = 0.85
RTT_MEMORY_S = 15.0
"""The least round trip is that of this time to twice of it: a way that has become longer is no buffer that fills."""
HOLD_AFTER_DECREASE_S = 1.0


class RateController:
    """Target bit rate of one stream. All times are seconds of one clock."""

    def __init__(self, min_bps: int, start_bps: int, max_bps: int, now_s: float) -> None:
        self._min_bps, self._max_bps = min_bps, max_bps
        self._target_bps = float(min(max(start_bps, min_bps), max_bps))
        self._increased_at_s = now_s
        self._decreased_at_s = -HOLD_AFTER_DECREASE_S
        self._least_rtts_s: list[float] = []
        """Of this window and of the one before."""
        self._window_began_s = now_s

    @property
    def target_bps(self) -> int:
        return int(self._target_bps)

    def on_loss(self, fraction: float, now_s: float) -> None:
        """A receiver report; ``fraction`` of packets was lost since the one before."""
        if fraction > LOSS_HIGH:
            self._decrease(self._target_bps * (1.0 - 0.5 * fraction), now_s)
        elif fraction < LOSS_LOW and now_s - self._decreased_at_s >= HOLD_AFTER_DECREASE_S:
            seconds = min(1.0, max(0.0, now_s - self._increased_at_s))
            self._target_bps = min(self._max_bps, self._target_bps * INCREASE_PER_S**seconds)
        self._increased_at_s = now_s

    def on_remb(self, estimate_bps: int, sent_bps: float, now_s: float) -> None:
        """The receiver's estimate, and what was sent on average in the last second."""
        if estimate_bps < sent_bps * APP_LIMITED and estimate_bps * REMB_MARGIN < self._target_bps:
            self._decrease(estimate_bps * REMB_MARGIN, now_s)

    def on_round_trip(self, rtt_s: float, now_s: float) -> None:
        """A measured round-trip time: one far above the least seen means that a buffer is filling."""
        if not self._least_rtts_s or now_s - self._window_began_s > RTT_MEMORY_S:
            self._least_rtts_s = [rtt_s, *self._least_rtts_s[:1]]
            self._window_began_s = now_s
        self._least_rtts_s[0] = min(self._least_rtts_s[0], rtt_s)
        if rtt_s - min(self._least_rtts_s) > RTT_GROWTH_S and now_s - self._decreased_at_s >= HOLD_AFTER_DECREASE_S:
            self._decrease(self._target_bps * RTT_BRAKE, now_s)

    def _decrease(self, bps: float, now_s: float) -> None:
        self._target_bps = max(self._min_bps, min(self._target_bps, bps))
        self._decreased_at_s = now_s
