"""What a moving picture needs, however much more the link would carry. Pure.

Past a certain quantiser nobody sees the difference in a picture that is gone in a thirtieth of a second; the bits would
cost the visitor's data volume, encoding and decoding time, and more packets of which one may be lost. A resting picture
gets what it wants: it is looked at. (Motion-aware rates: MARC, USENIX ATC '25.)
"""

from __future__ import annotations

ENOUGH = 0.49
"""The mean quantiser at which a moving picture is good enough (25 of H.264's 51)."""
TOLERANCE = 0.02
LESS, MORE = 0.97, 1.06
"""A picture's step: half in 0.8 s, double in 0.4 s at 30 pictures a second. What is missing is seen, what is too much
is not."""
DOUBLES_AFTER = 6.0 / 51.0
"""A quantiser so much finer takes about twice the bits (H.264: six of its 51 steps double the step size)."""
HASTE = 0.5
"""How much of what is missing, as an exponent, the next picture gets: who comes from a plain scene into a rich one, or
fades over, should not look at blocks for a second and more."""


class Appetite:
    """The most bits per second that moving pictures of one visitor are worth."""

    def __init__(self, min_bps: int, max_bps: int) -> None:
        self._min_bps, self._max_bps = float(min_bps), float(max_bps)
        self._limit_bps = self._max_bps

    @property
    def limit_bps(self) -> int:
        return int(self._limit_bps)

    def on_picture(self, quantiser: float, spent_bps: float) -> None:
        """A moving picture was coded with ``spent_bps`` as its target."""
        if quantiser < ENOUGH - TOLERANCE:
            self._limit_bps = max(self._min_bps, LESS * min(self._limit_bps, spent_bps))
        elif quantiser > ENOUGH + TOLERANCE:
            missing = 2.0 ** (HASTE * (quantiser - ENOUGH) / DOUBLES_AFTER)
            self._limit_bps = min(self._max_bps, max(MORE, missing) * self._limit_bps)
