"""What is sent before anybody asks for it: on a link that loses packets it costs bits, an answer to a NACK costs a
round trip in which the picture stands. Pure.

Repair packets (stream/link/repair.py) where the receiver knows them, else copies. The pictures pay for them, out of the
same rate. Copies go a little later than the packet itself, as losses come in bursts.
"""

from __future__ import annotations

import math

from stream.link.loss_window import LossWindow
from stream.link.repair import repair_count

WINDOW_S = 5.0
PACKETS_MIN = 60
BEGIN_LOSS = 0.01
END_LOSS = 0.003
CONGESTED_S = 1.0
"""Packets lost so soon after the link was found too full were too much for it: copies would only add to that."""
PICTURES_FIRST_BPS = 800_000
"""Copies and repair packets take nothing of this."""
SHARE_MIN = 0.25
COPY_DELAY_S = 0.002


class Protection:
    """Whether pictures get copies or repair packets, and how many."""

    def __init__(self) -> None:
        self._loss = LossWindow(WINDOW_S)
        self.active = False

    def on_packet(self, number: int, sent_s: float, lost: bool, since_overuse_s: float) -> None:
        """The fate of a packet, and how long ago the link was found too full."""
        if lost and since_overuse_s < CONGESTED_S:
            return
        self._loss.add(number, sent_s, lost)
        if self._loss.packets < PACKETS_MIN:
            return
        if self._loss.fraction > BEGIN_LOSS:
            self.active = True
        elif self._loss.fraction < END_LOSS:
            self.active = False

    def share(self, link_bps: float) -> float:
        """How many copies for each packet, 0 to 1."""
        if not self.active:
            return 0.0
        room = link_bps / PICTURES_FIRST_BPS - 1.0
        return 0.0 if room < SHARE_MIN else min(1.0, room)

    def repairs(self, packets: int, link_bps: float) -> int:
        """How many repair packets for a picture of so many packets."""
        return min(repair_count(packets, self._loss.fraction), math.floor(packets * self.share(link_bps)))

    @staticmethod
    def choose(count: int, share: float) -> list[int]:
        """Which of ``count`` packets are sent twice. The last one first: nobody would ask for it before the next
        picture comes; then from the first on."""
        copies = round(count * share)
        return sorted({(count - 1 + index) % count for index in range(copies)})
