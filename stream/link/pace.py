"""How fast the packets of one picture may follow each other. Pure.

A visitor waits for the last packet of a picture, so they should leave as fast as the link takes them; faster than that
they queue, and what else is on the link waits behind them. The sign is how far apart they arrive, compared with how
they were sent: a link that takes them one after the other spreads them. A receiver that is busy, or a radio that hands
out many packets at once, brings them closer together instead, which must not slow the pace.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from stream.link.sent_packets import PacketFate

FACTOR, FACTOR_MIN, FACTOR_MAX = 2.0, 1.5, 8.0
QUICKENED, SLOWED = 1.1, 0.8
SPREAD_FREE_S, SPREAD_QUEUE_S = 0.004, 0.008
PACKETS_MIN = 3
WIDE = 2.5
"""A link that takes pictures so much faster than its estimated rate, without spreading them, may well be wider."""


@dataclass(slots=True)
class _Train:
    """The packets of one picture that have arrived."""

    picture: int
    first_sent_s: float
    first_arrived_s: float
    last_sent_s: float
    last_arrived_s: float
    packets: int = 1

    @property
    def spread_s(self) -> float:
        return self.last_arrived_s - self.first_arrived_s - (self.last_sent_s - self.first_sent_s)


class Pace:
    """In multiples of the link's rate."""

    def __init__(self) -> None:
        self.factor = FACTOR
        self._train: _Train | None = None

    @property
    def link_seems_wider(self) -> bool:
        """Whether pictures pass so easily that the link's rate may have been underestimated."""
        return self.factor >= WIDE

    def on_fates(self, fates: Sequence[PacketFate]) -> None:
        """Packets and what became of them, in the order of sending; those that belong to no picture are passed over."""
        spreads_s = []
        for fate in fates:
            if fate.picture is None or fate.arrived_s is None:
                continue
            train = self._train
            if train is not None and train.picture == fate.picture:
                train.last_sent_s = max(train.last_sent_s, fate.sent_s)
                train.last_arrived_s = max(train.last_arrived_s, fate.arrived_s)
                train.packets += 1
                continue
            if train is not None and train.packets >= PACKETS_MIN:
                spreads_s.append(train.spread_s)
            self._train = _Train(fate.picture, fate.sent_s, fate.arrived_s, fate.sent_s, fate.arrived_s)
        if not spreads_s:
            return
        spread_s = median(spreads_s)
        if spread_s < SPREAD_FREE_S:
            self.factor = min(FACTOR_MAX, QUICKENED * self.factor)
        elif spread_s > SPREAD_QUEUE_S:
            self.factor = max(FACTOR_MIN, SLOWED * self.factor)
