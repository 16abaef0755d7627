"""Whether the other end of a visit is still there, as the page decides it (control/web/loss_watch.js). Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

TICK_MS: Final = 200
PING_EVERY_MS: Final = 400
SUSPECTED_MS: Final = 800
ASK_AGAIN_MS: Final = 400
LOST_MS: Final = 3000


@dataclass(frozen=True, slots=True)
class Due:
    """What is to be done now."""

    ping: bool
    ask: bool
    """A gateway, what it knows of the renderer."""
    lost: bool


class LossWatch:
    """Of one visit that a gateway knows of."""

    def __init__(self) -> None:
        self._pinged_ms = self._asked_ms = -math.inf

    def tick(self, now_ms: float, heard_ms: float) -> Due:
        """``heard_ms``: when anything came last."""
        silent_ms = now_ms - heard_ms
        ping = now_ms - self._pinged_ms >= PING_EVERY_MS - TICK_MS / 2
        if ping:
            self._pinged_ms = now_ms
        ask = silent_ms >= SUSPECTED_MS and now_ms - self._asked_ms >= ASK_AGAIN_MS
        if ask:
            self._asked_ms = now_ms
        return Due(ping, ask, lost=silent_ms > LOST_MS)
