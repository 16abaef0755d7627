"""The rate that the link carries, from transport-wide feedback: the sender's own, delay-based estimate. Pure.

Google's congestion control (draft-ietf-rmcat-gcc-02): overuse found by the delay's trend multiplies what arrived by
BETA, otherwise the estimate grows, near the link's known rate in small steps; heavy loss lowers it too. Beyond the
draft:

- The standing queue is measured, and the pictures get less than the estimate until it has drained. A visitor feels
  the queue, not the rate.
- What arrived is measured over a short time once there is a queue, as then it is the link's own rate: a link that
  falls to a quarter is followed in two feedbacks instead of in many steps of BETA.
- Probes raise the estimate; growth alone would take 15 s for a factor of three. Each costs a narrow link a queue, so
  they become rare, but where pictures pass so easily (stream/link/pace.py) that the link must have widened.
- Loss without a queue is the radio's, not ours, up to LOSS_HIGH; but where it ends when less is sent for a moment, it
  is a policer's (stream/link/loss_check.py), and the rate stays below that.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from stream.link.arrival_rate import RATE_WINDOW_S, ArrivalRate
from stream.link.delay_trend import DelayTrend, StandingQueue, Usage
from stream.link.drain_check import DrainCheck
from stream.link.loss_check import LossCheck, Verdict
from stream.link.loss_window import LossWindow
from stream.link.pace import Pace
from stream.link.probing import Probe, Prober
from stream.link.sent_packets import PacketFate

BETA = 0.85
GROWTH_PER_S = 1.15
NEAR_CAPACITY = 0.15
"""So close to the rate at which overuse was found before, the estimate grows by about a packet a round trip."""
STEP_BITS = 8 * 1200
HOLD_S = 0.6
"""No growth for that long after a decrease."""
RATE_WINDOW_QUEUED_S = 0.1
APP_LIMITED = 0.75
"""Who sends less than this share of the estimate learns nothing of the link from that it went well."""
ARRIVED_MARGIN = 1.5
QUEUE_CONFIRMS_S = 0.012
"""A trend with no more queue than that is jitter, or not worth a coarser picture yet."""
QUEUE_LONG_S = 0.045
QUEUE_FREE_S = 0.015
QUEUE_GROW_S = 0.008
"""The estimate grows only with less than that: a rate that fits just so would keep a queue for good."""
DRAIN_OVER_S = 0.15
"""How fast a queue is drained: a queue of that length would have the pictures stop, were it not for DRAIN_MIN."""
DRAIN_MIN = 0.4
LOSS_HIGH = 0.10
LOSS_WINDOW_S = 1.5
LOSS_PACKETS_MIN = 20
PROBE_HOLD_S = 1.5
POLICED_S = 30.0
POLICER_GONE = 1.5
"""Where that many times as much passes and nothing is lost: pictures leave a part of the estimate unused."""
PICTURES_TELL_BPS = 900_000
"""At less, pictures have too few packets to show that the link has widened (stream/link/pace.py)."""
PROBE_ECHO_S = 0.12
"""The queue that a probe has made, on purpose, is no overuse for so long."""


class LinkEstimate:
    """What one visitor's link carries. ``now_s`` is the sender's clock."""

    def __init__(self, min_bps: int, start_bps: int, max_bps: int, now_s: float) -> None:
        self._min_bps, self._max_bps = min_bps, max_bps
        self._estimate_bps = float(min(max(start_bps, min_bps), max_bps))
        self._trend = DelayTrend()
        self._queue = StandingQueue()
        self._drain_check = DrainCheck()
        self._arrival = ArrivalRate()
        self._loss = LossWindow(LOSS_WINDOW_S)
        self._loss_check = LossCheck()
        self._unchecked_bps = 0.0
        """The estimate of before the check of losses that is running."""
        self.loss_is_ours = False
        """The last losses ended when less was sent."""
        self._policed_bps = 0.0
        """What passed then."""
        self._prober = Prober()
        self._sent: deque[tuple[float, int]] = deque()
        self._capacity_bps: float | None = None
        self._grown_at_s = now_s
        self._decreased_at_s = now_s - 60.0
        self._probed_at_s = now_s - 60.0
        self._has_feedback = False
        self.overused_at_s = now_s - 60.0
        self.pace = Pace()

    @property
    def estimate_bps(self) -> int:
        """What the link carries."""
        return int(self._estimate_bps)

    @property
    def send_bps(self) -> int:
        """What to send now, all packets together: less than the estimate while a queue drains."""
        excess_s = max(0.0, self._queue.delay_s - QUEUE_FREE_S)
        return int(max(self._min_bps, self._estimate_bps * max(DRAIN_MIN, 1.0 - excess_s / DRAIN_OVER_S)))

    @property
    def queue_s(self) -> float:
        """How long packets wait on the way."""
        return self._queue.delay_s

    @property
    def loss_fraction(self) -> float:
        """Of the packets of the last seconds."""
        return self._loss.fraction

    def on_feedback(self, fates: Sequence[PacketFate], round_trip_s: float, now_s: float) -> bool:
        """Packets and what became of them, in the order of sending. True where the way has become another: what was
        known of its delay is of no use any more."""
        self._has_feedback = True
        for fate in fates:
            self._sent.append((fate.sent_s, fate.size_bytes))
            if not fate.told:
                self._arrival.on_untold(fate.size_bytes)
                continue
            self._loss.add(fate.number, fate.sent_s, fate.arrived_s is None)
            self._loss_check.on_packet(fate.sent_s, fate.arrived_s is None)
            self._prober.on_packet(fate.probe, fate.sent_s, fate.arrived_s, fate.size_bytes)
            if fate.probe is not None:
                self._probed_at_s = fate.sent_s
            if fate.arrived_s is not None:
                self._trend.on_packet(fate.sent_s, fate.arrived_s)
                self._queue.on_packet(fate.sent_s, fate.arrived_s)
                self._arrival.on_packet(fate.arrived_s, fate.size_bytes)
        if not fates:
            return False
        self.pace.on_fates(fates)
        while self._sent[0][0] < self._sent[-1][0] - RATE_WINDOW_S:
            self._sent.popleft()
        self._use_probe(now_s)
        way_changed = self._check_drain(fates)
        if fates[-1].sent_s - self._probed_at_s < PROBE_ECHO_S and self._queue.delay_s < QUEUE_LONG_S:
            self._grown_at_s = now_s
        elif self._overused():
            self._on_overuse(round_trip_s, now_s)
        elif self._check_loss(fates[-1].sent_s, now_s):
            self._grown_at_s = now_s
        elif self._loss.fraction > LOSS_HIGH and self._loss.packets >= LOSS_PACKETS_MIN:
            self._on_heavy_loss(now_s)
        elif self._trend.usage is Usage.NORMAL and self._queue.delay_s < QUEUE_GROW_S:
            self._grow(round_trip_s, now_s)
        else:
            self._grown_at_s = now_s
        return way_changed

    def next_probe(self, now_s: float) -> Probe | None:
        """A probe to send now; asked when there is something to send anyway."""
        if not self._has_feedback or self._loss_check.running:
            return None
        if self._queue.delay_s > QUEUE_FREE_S or self._trend.usage is Usage.OVER:
            return None
        eager = self.pace.link_seems_wider or self._estimate_bps < PICTURES_TELL_BPS
        return self._prober.next(self._estimate_bps, self._max_bps, now_s, eager=eager)

    def _check_drain(self, fates: Sequence[PacketFate]) -> bool:
        sent_bytes = sum(fate.size_bytes for fate in fates)
        rates = self._arrival.bps(RATE_WINDOW_QUEUED_S), self._arrival.bps(RATE_WINDOW_S)
        if not self._drain_check.on_feedback(self._queue.delay_s, fates[-1].sent_s, sent_bytes, *rates):
            return False
        self._queue.rebase()
        self._prober.release()  # the rate was lowered for nothing: find it again
        return True

    def _overused(self) -> bool:
        queue_s = self._queue.delay_s
        return queue_s > QUEUE_LONG_S or (self._trend.usage is Usage.OVER and queue_s > QUEUE_CONFIRMS_S)

    def _on_overuse(self, round_trip_s: float, now_s: float) -> None:
        self.overused_at_s = now_s
        self._loss_check.abort()
        if now_s - self._decreased_at_s < max(0.05, round_trip_s):
            return
        arrived = self._arrival.bps(RATE_WINDOW_S)
        if self._queue.delay_s > QUEUE_FREE_S:
            arrived = self._arrival.bps(RATE_WINDOW_QUEUED_S) or arrived
        if arrived is None:
            arrived = self._estimate_bps
        if arrived < self._estimate_bps:
            self._capacity_bps = arrived if self._capacity_bps is None else 0.5 * (self._capacity_bps + arrived)
        self._decrease(BETA * arrived, now_s)

    def _check_loss(self, sent_s: float, now_s: float) -> bool:
        """True while less is sent to see whether the losses end."""
        verdict = self._loss_check.verdict(sent_s)
        if verdict is not None:
            self.loss_is_ours = verdict is Verdict.OURS
        if verdict is Verdict.OURS:
            self._capacity_bps = self._policed_bps = self._estimate_bps / BETA
            self._loss.clear()
            # A policer lets a short burst pass: a probe would show what the link does not carry.
            self._prober.hold(now_s + POLICED_S)
        elif verdict is Verdict.NOT_OURS:
            self._estimate_bps = max(self._estimate_bps, self._unchecked_bps)
        elif self._loss_unexplained(now_s) and not self._app_limited():
            self._loss_check.begin(self._loss.fraction, now_s)
            self._unchecked_bps = self._estimate_bps
            self._decrease(BETA * (self._arrival.bps(RATE_WINDOW_S) or self._estimate_bps), now_s)
        return self._loss_check.running

    def _loss_unexplained(self, now_s: float) -> bool:
        queue_was_full = now_s - self.overused_at_s < 2 * LOSS_WINDOW_S
        if BETA * self._estimate_bps < self._min_bps:
            return False  # no less can be sent
        return not queue_was_full and self._loss_check.due(self._loss.fraction, self._loss.packets, now_s)

    def _on_heavy_loss(self, now_s: float) -> None:
        """Draft, section 6: for links that drop instead of keeping a queue."""
        if now_s - self._decreased_at_s >= LOSS_WINDOW_S:
            self._decrease(self._estimate_bps * (1.0 - 0.5 * self._loss.fraction), now_s)
            self._loss.clear()

    def _decrease(self, bps: float, now_s: float) -> None:
        self._estimate_bps = max(self._min_bps, min(self._estimate_bps, bps))
        self._decreased_at_s = self._grown_at_s = now_s
        self._prober.hold(now_s + PROBE_HOLD_S)

    def _grow(self, round_trip_s: float, now_s: float) -> None:
        elapsed_s, self._grown_at_s = min(1.0, now_s - self._grown_at_s), now_s
        if now_s - self._decreased_at_s < HOLD_S or self._app_limited():
            return
        capacity = self._capacity_bps
        if capacity is not None and self._estimate_bps > (1 + NEAR_CAPACITY) * capacity:
            self._capacity_bps = capacity = None  # the link has widened
        if self.loss_is_ours and self._estimate_bps > POLICER_GONE * self._policed_bps:
            self.loss_is_ours = False
            self._prober.release()
        if capacity is not None and self._estimate_bps > (1 - NEAR_CAPACITY) * capacity:
            grown = self._estimate_bps + STEP_BITS * elapsed_s / (round_trip_s + 0.1)
        else:
            grown = self._estimate_bps * GROWTH_PER_S**elapsed_s
        arrived = self._arrival.bps(RATE_WINDOW_S)
        if arrived is not None:
            grown = min(grown, max(self._estimate_bps, ARRIVED_MARGIN * arrived))
        self._estimate_bps = min(self._max_bps, grown)

    def _app_limited(self) -> bool:
        sent_bps = 8.0 * sum(size for _, size in self._sent) / RATE_WINDOW_S
        return sent_bps < APP_LIMITED * self._estimate_bps

    def _use_probe(self, now_s: float) -> None:
        result = self._prober.result()
        if result is None:
            return
        shown_bps = result.bps
        if shown_bps > 1.05 * self._estimate_bps:
            self._estimate_bps = min(self._max_bps, shown_bps)
            if self._capacity_bps is not None and shown_bps > (1 + NEAR_CAPACITY) * self._capacity_bps:
                self._capacity_bps = None
            self._prober.succeeded(result)
        else:
            self._prober.failed()
