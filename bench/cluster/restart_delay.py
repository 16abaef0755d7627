"""How long a container waits before it is started again: as a kubelet has it, at once first, then longer. Pure."""

from __future__ import annotations

from typing import Final

FIRST_S: Final = 10.0
LONGEST_S: Final = 300.0
WELL_S: Final = 600.0
"""After a run of that length it begins at none again."""


class RestartDelay:
    """Of one container."""

    def __init__(self) -> None:
        self._next_s = 0.0

    def ended(self, ran_s: float) -> float:
        """Seconds to wait, now that it has ended after ``ran_s``."""
        if ran_s >= WELL_S:
            self._next_s = 0.0
        wait_s = self._next_s
        self._next_s = min(LONGEST_S, max(FIRST_S, 2 * wait_s))
        return wait_s
