"""How much arrives per second, by the receiver's clock. Pure."""

from __future__ import annotations

from collections import deque

from stream.link.delay_trend import PACKETS_MAX

RATE_WINDOW_S = 0.3


class ArrivalRate:
    """Of one link, over up to RATE_WINDOW_S."""

    def __init__(self) -> None:
        self._arrived: deque[tuple[float, int]] = deque()
        """The times don't fall: a packet that was overtaken counts with the one that came before it."""
        self._untold: list[int] = []

    def on_packet(self, arrived_s: float, size_bytes: int) -> None:
        """A packet arrived."""
        if self._arrived:
            before_s = self._arrived[-1][0]
            arrived_s = max(arrived_s, before_s)
            step_s = (arrived_s - before_s) / (len(self._untold) + 1)
            self._arrived.extend((before_s + step_s * at, size) for at, size in enumerate(self._untold, 1))
        self._untold.clear()
        self._arrived.append((arrived_s, size_bytes))
        while self._arrived[0][0] < arrived_s - RATE_WINDOW_S or len(self._arrived) > PACKETS_MAX:
            self._arrived.popleft()

    def on_untold(self, size_bytes: int) -> None:
        """The feedback on a packet was lost: the packet itself, in all likelihood, arrived between the last one and the
        next one of which the receiver tells."""
        if len(self._untold) < PACKETS_MAX:
            self._untold.append(size_bytes)

    def bps(self, window_s: float) -> float | None:
        """Mean rate of the last ``window_s``; None before that much time has passed."""
        if not self._arrived or self._arrived[-1][0] - self._arrived[0][0] < 0.8 * window_s:
            return None
        begin_s = self._arrived[-1][0] - window_s
        return 8.0 * sum(size for arrived_s, size in self._arrived if arrived_s > begin_s) / window_s
