"""Which layer of a broadcast one follower should be on. Pure; seconds of one clock.

Layer 0 is the best. Down is quick, as it is a picture that stands otherwise; up takes patience, which grows where going
up proved wrong: each step up needs a key frame, which costs all who are on that layer some of their picture.
"""

from __future__ import annotations

from collections.abc import Sequence

NARROW, WIDE = 0.9, 1.2
"""A link that carries less than this share of a layer's rate is too narrow for it; one that carries more than that is
wide enough to go up."""
DOWN_AFTER_S = 0.5
UP_AFTER_S, UP_AFTER_MAX_S = 2.0, 16.0
"""How long a link must be wide enough before going up, at first and at most."""
UNDONE_WITHIN_S = 6.0
"""Down again so soon after having gone up, or lost again so soon after a loss: the layer is not for this link."""


class LayerChoice:
    """Of one follower, who begins by wishing for the best."""

    def __init__(self, layers: int, now_s: float) -> None:
        self._lowest = layers - 1
        self.layer = 0
        """The one to be on."""
        self._raised_at_s = now_s - UNDONE_WITHIN_S
        self._lost_at_s = now_s - UNDONE_WITHIN_S
        self._patience_s = UP_AFTER_S
        self._narrow_since_s: float | None = None
        self._wide_since_s: float | None = None

    def on_too_slow(self, now_s: float) -> None:
        """Pictures came quicker than the link took them."""
        self._go_down(now_s)

    def on_lost(self, now_s: float) -> None:
        """Pictures were lost for good, and only a key frame helps."""
        if now_s - self._lost_at_s < UNDONE_WITHIN_S:
            self._go_down(now_s)
        self._lost_at_s = now_s

    def on_link(self, link_bps: float, layers_bps: Sequence[float], now_s: float) -> None:
        """What the follower's link carries, and what each layer takes."""
        if self.layer < self._lowest and link_bps < NARROW * layers_bps[self.layer]:
            self._wide_since_s = None
            if self._narrow_since_s is None:
                self._narrow_since_s = now_s
            elif now_s - self._narrow_since_s >= DOWN_AFTER_S:
                self._go_down(now_s)
        elif self.layer > 0 and link_bps > WIDE * layers_bps[self.layer - 1]:
            self._narrow_since_s = None
            if self._wide_since_s is None:
                self._wide_since_s = now_s
            elif now_s - self._wide_since_s >= self._patience_s:
                self.layer -= 1
                self._raised_at_s = now_s
                self._wide_since_s = None
        else:
            self._narrow_since_s = self._wide_since_s = None

    def _go_down(self, now_s: float) -> None:
        if now_s - self._raised_at_s < UNDONE_WITHIN_S:
            self._patience_s = min(UP_AFTER_MAX_S, 2.0 * self._patience_s)
        elif now_s - self._raised_at_s > 2.0 * UP_AFTER_MAX_S:
            self._patience_s = UP_AFTER_S
        self.layer = min(self._lowest, self.layer + 1)
        self._narrow_since_s = self._wide_since_s = None
