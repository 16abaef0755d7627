"""How long to wait before a lost source is tried again. Pure; the random number is an argument."""

from __future__ import annotations

FIRST_S = 0.5
LONGEST_S = 30.0
STEADY_AFTER_S = 10.0
"""A source that has played for so long is not held to have failed before."""


def retry_delay_s(failures: int, chance: float) -> float:
    """Twice as long after each failure in a row (from 1), up to LONGEST_S; ``chance`` (0 to 1) takes up to half of it
    off, so that the cameras of many nodes are not called by all at the same instant after a power cut."""
    full_s = min(LONGEST_S, FIRST_S * 2.0 ** min(failures - 1, 16))
    return full_s * (1.0 - 0.5 * chance)


class Failures:
    """Counts failures in a row."""

    def __init__(self) -> None:
        self._count = 0

    def failed(self, played_s: float, chance: float) -> float:
        """One more, after having played so long; returns the wait in seconds."""
        self._count = 1 if played_s >= STEADY_AFTER_S else self._count + 1
        return retry_delay_s(self._count, chance)
