"""Is a queue there that ought to have drained by now? Then it is none of ours to drain. Pure.

All that a sender sees is that packets take longer than the shortest time it knows. That is a queue, as a rule; but the
way may have become longer (a hand-over to another cell), the receiver's clock may have jumped, or somebody else keeps
the buffer full. Who goes on waiting for such a queue to drain sends next to nothing until the shortest time is
forgotten, a quarter of a minute later. So what should have drained is reckoned up: the time that the link had to
itself, by how much less was sent than had been arriving.
"""

from __future__ import annotations

QUEUE_MIN_S = 0.015
QUEUE_MAX_S = 0.4
"""Longer ones need not be waited for in full: no buffer of that kind stands still while it drains."""
MARGIN_S = 0.06
DRAINS = 0.8
"""A queue that has fallen to this share is one that drains."""
GROWS_S = 0.01


class DrainCheck:
    """Of one link."""

    def __init__(self) -> None:
        self._queue_s: float | None = None
        """How long the queue was when the reckoning began."""
        self._link_bps = 0.0
        self._drained_s = 0.0
        self._sent_s = float("-inf")

    def on_feedback(
        self, queue_s: float, sent_s: float, size_bytes: int, arrived_bps: float | None, before_bps: float | None
    ) -> bool:
        """Packets of ``size_bytes`` in all were told of, the last one sent at ``sent_s``; packets take ``queue_s``
        longer than they could, and arrive at ``arrived_bps``, or did at ``before_bps`` over a longer time. True where
        the queue ought not to be there any more."""
        elapsed_s, self._sent_s = max(0.0, sent_s - self._sent_s), max(sent_s, self._sent_s)
        if queue_s < QUEUE_MIN_S or not arrived_bps:
            self._queue_s = None
            return False
        before_s = self._queue_s
        if before_s is None or queue_s < DRAINS * before_s or queue_s > before_s + GROWS_S:
            # A way that becomes longer leaves a hole in what arrives: then the longer time tells what the link carried.
            self._link_bps = max(arrived_bps, before_bps or 0.0) if before_s is None else arrived_bps
            self._queue_s, self._drained_s = queue_s, 0.0
            return False
        self._drained_s = max(0.0, self._drained_s + elapsed_s - 8 * size_bytes / self._link_bps)
        if self._drained_s < min(before_s, QUEUE_MAX_S) + MARGIN_S:
            return False
        self._queue_s = None
        return True
