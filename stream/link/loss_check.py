"""Does the link lose packets because we send too many? Pure.

A radio loses some whatever is sent; a policer, or a buffer too small to be seen as a queue, what is over its rate.
Copies of packets help against the one and are more of the other. So less is sent for a moment: a loss that ends then
was ours. (Policers are common on mobile networks: Flach et al., "An Internet-Wide Analysis of Traffic Policing",
SIGCOMM 2016.)
"""

from __future__ import annotations

from enum import Enum

SUSPECT_LOSS = 0.02
CHECK_S = 0.8
"""How long less is sent."""
ENDED = 1 / 3
"""A loss that falls to less than this share of itself has ended."""
LOST_MIN = 6
"""So few lost packets say nothing."""
AGAIN_S, AGAIN_MAX_S = 15.0, 120.0
"""After a loss that was not ours, until the next check; doubles each time."""


class Verdict(Enum):
    """Of a check that has ended."""

    OURS = "ours"
    NOT_OURS = "not ours"


class LossCheck:
    """Of one link. Seconds of the sender's clock."""

    def __init__(self) -> None:
        self._began_s: float | None = None
        self._loss_before = 0.0
        self._packets = self._lost = 0
        self._not_before_s = float("-inf")
        self._again_s = AGAIN_S

    @property
    def running(self) -> bool:
        """Less is to be sent."""
        return self._began_s is not None

    def due(self, loss: float, packets: int, now_s: float) -> bool:
        """Whether a check should begin: ``loss`` is the share of the last ``packets``."""
        if self.running or now_s < self._not_before_s:
            return False
        return loss > SUSPECT_LOSS and loss * packets >= LOST_MIN

    def begin(self, loss: float, now_s: float) -> None:
        """From now on less is sent."""
        self._began_s, self._loss_before = now_s, loss
        self._packets = self._lost = 0

    def abort(self) -> None:
        """Something else has changed the rate."""
        self._began_s = None

    def on_packet(self, sent_s: float, lost: bool) -> None:
        """The fate of a packet; those that were sent before the check don't count."""
        if self._began_s is not None and self._began_s < sent_s <= self._began_s + CHECK_S:
            self._packets += 1
            self._lost += lost

    def verdict(self, sent_s: float) -> Verdict | None:
        """Asked after each feedback, of which the last packet was sent at ``sent_s``; None while the check goes on, or
        where none runs."""
        if self._began_s is None or sent_s <= self._began_s + CHECK_S:
            return None
        self._began_s = None
        if self._packets and self._lost / self._packets < ENDED * self._loss_before:
            self._again_s = AGAIN_S
            return Verdict.OURS
        self._not_before_s = sent_s + self._again_s
        self._again_s = min(AGAIN_MAX_S, 2 * self._again_s)
        return Verdict.NOT_OURS
