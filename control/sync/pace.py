"""How fast blobs may come, so that visitors on the same link keep theirs. Pure: the time is an argument."""

from __future__ import annotations

from typing import Final

BURST_S: Final = 0.1
"""What was not used for so long may be made up for; more is lost."""


class Pace:
    """Of all downloads together: a token bucket, kept as the time at which what has come would have come evenly (the
    generic cell rate algorithm, ITU-T I.371)."""

    def __init__(self, bytes_per_s: float | None) -> None:
        """None: as fast as they come."""
        self._bytes_per_s = bytes_per_s
        self._even_at = 0.0

    def wait_s(self, came_bytes: int, now: float) -> float:
        """How long to wait before more is read, ``came_bytes`` having come. Seconds on the caller's clock."""
        if self._bytes_per_s is None:
            return 0.0
        self._even_at = max(self._even_at, now - BURST_S) + came_bytes / self._bytes_per_s
        return max(0.0, self._even_at - now)
