"""Joins inputs, the node's ``frame`` messages and the pictures' arrivals to the delays that a visitor feels. Pure.

It counts as the page does (control/web/frame_clock.js): a picture that shows several new inputs counts once, for the
newest of them, and a picture that shows none does not count.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from statistics import fmean

from bench.visitors.access_units import Picture
from bench.visitors.samples import Sample, Tally, What

INPUTS_KEPT = 1000
FRAMES_KEPT = 240
GAPS_AVERAGED = 30
"""As libwebrtc's VideoQualityObserver does."""
FREEZE_MORE_MS = 150.0
FREEZE_TIMES = 3.0
USUAL_GAP_MS = 1000.0 / 30.0
"""Before any gap was seen."""


class FrameTiming:
    """Of one visit. All times are seconds of one monotonic clock."""

    def __init__(self) -> None:
        self._inputs: OrderedDict[int, float] = OrderedDict()
        self._described: OrderedDict[int, tuple[int, float]] = OrderedDict()
        """Input, and how long it waited at the node (ms), by RTP timestamp."""
        self._arrived: OrderedDict[int, float] = OrderedDict()
        self._newest_seq = -1
        self._picture_s: float | None = None
        self._moving_from_s: float | None = None
        self._moved_until_s = -float("inf")
        self._gaps_ms: deque[float] = deque(maxlen=GAPS_AVERAGED)
        self.tally = Tally()

    # --- what happens --------------------------------------------------------------------------------

    def input_sent(self, seq: int, now_s: float) -> None:
        """An input left."""
        self._inputs[seq] = now_s
        if len(self._inputs) > INPUTS_KEPT:
            self._inputs.popitem(last=False)

    def moving(self, moving: bool, now_s: float) -> None:
        """The visitor's view begins to change with every input, or rests."""
        if moving and self._moving_from_s is None:
            self._moving_from_s = now_s
        elif not moving and self._moving_from_s is not None:
            self.tally.moving_s += now_s - self._moving_from_s
            self._moving_from_s, self._moved_until_s = None, now_s

    def described(self, timestamp: int, seq: int, wait_ms: float = 0.0) -> list[Sample]:
        """The node says what a picture shows, before or after it came, and how long that input waited for its turn."""
        self._described[timestamp] = (seq, wait_ms)
        if len(self._described) > FRAMES_KEPT:
            self._described.popitem(last=False)
        return self._join(timestamp)

    def picture(self, picture: Picture) -> list[Sample]:
        """A picture can be shown."""
        self.tally.pictures += 1
        samples = self._gap(picture.arrived_s)
        self._picture_s = picture.arrived_s
        self._arrived[picture.timestamp] = picture.arrived_s
        if len(self._arrived) > FRAMES_KEPT:
            self._arrived.popitem(last=False)
        return samples + self._join(picture.timestamp)

    def finish(self, now_s: float) -> list[Sample]:
        """The visit ends; a gap that is still open counts where it is a freeze already."""
        gap_s = 0.0 if self._picture_s is None or self._moving_from_s is None else now_s - self._picture_s
        samples = self._gap(now_s) if self._freeze(gap_s * 1e3) else []
        self.moving(False, now_s)
        return samples

    # --- what is made of it --------------------------------------------------------------------------

    def _join(self, timestamp: int) -> list[Sample]:
        arrived_s, described = self._arrived.get(timestamp), self._described.get(timestamp)
        if arrived_s is None or described is None:
            return []
        del self._arrived[timestamp], self._described[timestamp]
        seq, wait_ms = described
        if seq <= self._newest_seq:
            return []
        self._newest_seq = seq
        sent_s = self._inputs.get(seq)
        if sent_s is None:
            return []
        delay_ms = (arrived_s - sent_s) * 1e3
        return [Sample(What.INPUT_TO_FRAME, delay_ms), Sample(What.WORK, max(0.0, delay_ms - wait_ms))]

    def _gap(self, now_s: float) -> list[Sample]:
        """The time since the picture before, where the visitor moved meanwhile."""
        before_s = self._picture_s
        if before_s is None:
            return []
        gap_ms = (now_s - before_s) * 1e3
        if self._moving_from_s is not None:
            # Where they began to move after it, the time before is no gap: nothing was due.
            counts = self._moving_from_s <= before_s
        else:
            counts = self._moved_until_s - before_s > FREEZE_MORE_MS / 1e3
        if not counts:
            return []
        freeze = self._freeze(gap_ms)
        self._gaps_ms.append(gap_ms)
        if not freeze:
            return [Sample(What.FRAME_GAP, gap_ms)]
        self.tally.freezes += 1
        self.tally.frozen_ms += gap_ms
        return [Sample(What.FRAME_GAP, gap_ms, failure="freeze")]

    def _freeze(self, gap_ms: float) -> bool:
        """W3C webrtc-stats, freezeCount: longer than three usual gaps, and than one and 150 ms."""
        usual_ms = fmean(self._gaps_ms) if self._gaps_ms else USUAL_GAP_MS
        return gap_ms >= max(FREEZE_TIMES * usual_ms, usual_ms + FREEZE_MORE_MS)
