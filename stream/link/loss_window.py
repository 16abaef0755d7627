"""The share of packets that were lost of late. Pure."""

from __future__ import annotations

from collections import deque

OUTAGE_S = 0.1
"""Where all packets of so long a time were lost, the link was gone, not lossy: that says nothing of what is lost while
it is there. A hand-over would else be taken for a link that loses every fourth packet."""


class LossWindow:
    """Fed with the fates of packets about in the order of sending: it is known of a packet that it was lost only some
    time after it is known of its neighbours that they arrived. ``number`` counts packets up, ``sent_s`` is the sender's
    clock."""

    def __init__(self, window_s: float) -> None:
        self._window_s = window_s
        self._fates: deque[tuple[float, bool]] = deque()
        self._lost = 0
        self._row_s: list[float] = []
        """Neighbours that were all lost; more may follow."""
        self._row_ends_at = 0

    def add(self, number: int, sent_s: float, lost: bool) -> None:
        """The fate of a packet."""
        if self._row_s and not (lost and number == self._row_ends_at + 1):
            self._end_row()
        if lost:
            if self._row_is_outage:
                self._row_s.pop()  # only how long it lasts is of interest: it may last for good
            self._row_s.append(sent_s)
            self._row_ends_at = number
            return
        self._fates.append((sent_s, False))
        self._forget_old()

    @property
    def _row_is_outage(self) -> bool:
        return len(self._row_s) > 1 and self._row_s[-1] - self._row_s[0] >= OUTAGE_S

    def _end_row(self) -> None:
        if not self._row_is_outage:
            self._fates.extend((at_s, True) for at_s in self._row_s)
            self._lost += len(self._row_s)
            self._forget_old()
        self._row_s.clear()

    def _forget_old(self) -> None:
        while self._fates[0][0] < self._fates[-1][0] - self._window_s:
            self._lost -= self._fates.popleft()[1]

    def clear(self) -> None:
        """Begin anew."""
        self._fates.clear()
        self._row_s.clear()
        self._lost = 0

    @property
    def packets(self) -> int:
        return len(self._fates)

    @property
    def fraction(self) -> float:
        """0 to 1; 0 before the first packet."""
        return self._lost / len(self._fates) if self._fates else 0.0
