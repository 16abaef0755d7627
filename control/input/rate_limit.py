"""A token bucket: how many messages a visitor may send. Pure; time is an argument."""

from __future__ import annotations


class TokenBucket:
    """Lets ``rate_per_s`` messages through on average, and ``burst`` at once."""

    def __init__(self, rate_per_s: float, burst: float, now_s: float) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._tokens = burst
        self._at_s = now_s

    def take(self, now_s: float) -> bool:
        """Take one token; False where none is left."""
        self._tokens = min(self._burst, self._tokens + (now_s - self._at_s) * self._rate_per_s)
        self._at_s = now_s
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True
