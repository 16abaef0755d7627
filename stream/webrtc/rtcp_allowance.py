"""How much RTCP one visitor may have the node read. Pure; time is an argument.

All visitors share one event loop, and an RTCP datagram costs more to read than to send: one that asks for 6,000 packets
takes half a millisecond. So what is larger than a datagram on a real network, or comes more often than any receiver
sends, is dropped unread; RTCP is made to survive loss.
"""

from __future__ import annotations

BYTES_MAX = 1500
"""Ethernet's."""
PER_S = 250.0
"""A browser sends about 20 transport-wide feedbacks, and on a bad link as many NACKs as it misses packets."""
BURST = 100.0
"""What may come at once: a link that was gone for a moment hands out what it has kept."""


class RtcpAllowance:
    """Of one visitor."""

    def __init__(self) -> None:
        self._left = BURST
        self._at_s: float | None = None

    def takes(self, size_bytes: int, now_s: float) -> bool:
        """Whether a datagram that came is to be read."""
        if self._at_s is not None:
            self._left = min(BURST, self._left + PER_S * (now_s - self._at_s))
        self._at_s = now_s
        if size_bytes > BYTES_MAX or self._left < 1.0:
            return False
        self._left -= 1.0
        return True
