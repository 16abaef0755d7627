"""Chooses the quantiser of each picture so that it has the bits that it may have, neither more nor far less. Pure.

libvpx's own rate control spreads bits over a second or so, and lets single pictures be several times as large as their
share of the rate. Here each picture has its own budget, and one that came out too large is to be coded again, coarser.

What a picture costs is taken to halve with every so many steps of the quantiser, from where the last one of its kind
was. Steps are those of H.264's scale, onto which a table maps the levels that the codec has: measured, as those levels
are far from even, and so that quantisers of different codecs can be compared.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Sequence
from typing import Final

OCTAVES_PER_STEP: Final = 0.19
"""By how much a step of the quantiser lowers the bits: 0.15 to 0.23 in the demo showroom, of VP8, VP9 and H.264."""
AIM: Final = 1.0
"""Of a picture's budget: what is missed goes both ways."""
TOO_LARGE: Final = 1.2
FALL_MAX_STEPS: Final = 4.0
"""A picture that shows nothing new costs nothing at the quantiser of the last one, which says little of what it costs
at a finer one."""
FORGET: Final = 0.5
"""How fast a picture that cost less than the one before is believed; one that cost more is at once."""
PRIOR_KEY_FRAME, PRIOR_PICTURE = 4.2, 3.4
"""log2 of the bits per pixel at quantiser 0 of a picture of the demo showroom, extrapolated: where to begin."""


class QuantiserControl:
    """Of one stream of pictures of one size."""

    def __init__(self, steps: Sequence[float], pixels: int) -> None:
        """``steps``: what each level of the codec's quantiser is on H.264's scale; must rise."""
        self._steps = steps
        size = math.log2(pixels)
        self._costs = {True: size + PRIOR_KEY_FRAME, False: size + PRIOR_PICTURE}
        self._last_step = 0.0

    def choose(self, budget_bits: float, key_frame: bool) -> int:
        """The level for the next picture."""
        step = (self._costs[key_frame] - math.log2(max(1.0, AIM * budget_bits))) / OCTAVES_PER_STEP
        return self._level(max(step, self._last_step - FALL_MAX_STEPS))

    def coarser(self, level: int, bits: int, budget_bits: float, key_frame: bool) -> int | None:
        """The level at which to code again a picture that came out at ``bits``; None where it is good enough, or can't
        be smaller."""
        cost = math.log2(max(1, bits)) + OCTAVES_PER_STEP * self._steps[level]
        before = self._costs[key_frame]
        self._costs[key_frame] = cost if cost > before else before + FORGET * (cost - before)
        self._last_step = self._steps[level]
        if bits <= TOO_LARGE * budget_bits or level == len(self._steps) - 1:
            return None
        return max(level + 1, self.choose(budget_bits, key_frame))

    def _level(self, step: float) -> int:
        return min(len(self._steps) - 1, bisect.bisect_left(self._steps, step))
