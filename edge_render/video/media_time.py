"""When a source's pictures and sound are due, in ``time.monotonic_ns``. Pure; the time is an argument.

Both clocks map media time to the node's by one offset, which picture and sound share, so that they stay together.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

_MS = 1_000_000
JUMP_NS = 2_000 * _MS
"""Media time that is further off than that has jumped."""
LATE_MAX_NS = 1_000 * _MS
"""A recording that is later than that has stood still, and goes on from there; up to that it catches up."""
DRIFT_SHARE = 1 / 500
"""How much of a delay the live clock takes for its own at each picture: two clocks of 50 ppm off are followed easily,
and a jam of a second hardly moves it."""


class MediaTime(ABC):
    """Says when a source's pictures and sound are due."""

    def __init__(self) -> None:
        self._offset_ns: int | None = None
        self.behind_ns = 0
        """How much later the last picture was ready than it should have been; never below 0."""

    @abstractmethod
    def picture(self, media_ns: int, now_ns: int) -> int:
        """A picture has been decoded: when it is due."""

    def sound(self, media_ns: int) -> int | None:
        """When sound of that media time is to be heard; None where no picture has set the clock yet."""
        return None if self._offset_ns is None else media_ns + self._offset_ns


class LiveTime(MediaTime):
    """Pictures are due when they come: the offset is that of those which came quickest."""

    def picture(self, media_ns: int, now_ns: int) -> int:
        """See MediaTime.picture."""
        behind_ns = 0 if self._offset_ns is None else now_ns - media_ns - self._offset_ns
        if self._offset_ns is None or abs(behind_ns) > JUMP_NS:
            self._offset_ns, self.behind_ns = now_ns - media_ns, 0
            return now_ns
        self._offset_ns += behind_ns if behind_ns < 0 else round(behind_ns * DRIFT_SHARE)
        self.behind_ns = max(0, behind_ns)
        return now_ns


class PacedTime(MediaTime):
    """Pictures are due as far apart as they were recorded. A stall moves all that follows."""

    def picture(self, media_ns: int, now_ns: int) -> int:
        """See MediaTime.picture."""
        if self._offset_ns is not None:
            early_ns = media_ns + self._offset_ns - now_ns
            if -LATE_MAX_NS <= early_ns <= JUMP_NS:
                self.behind_ns = max(0, -early_ns)
                return media_ns + self._offset_ns
        self._offset_ns, self.behind_ns = now_ns - media_ns, 0
        return now_ns
