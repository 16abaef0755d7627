"""How large pictures are and how many come: what a link carries is spent on fewer pixels before they get too coarse.

Pure. The measure is the quantiser that the encoder has come to: it knows the content, which a bit rate does not. A
visitor who moves is served best by all frames at a smaller size; only when the smallest size is too coarse, fewer come.
Each step costs a key frame, hence two bounds, and patience before a step up that grows where it proves wrong.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

COARSE = 0.76
"""A picture whose mean quantiser is above this (39 of H.264's 51) shows blocks."""
FINE = 0.62
"""A step up is taken where the larger picture would stay below this."""
RESTED = 0.45
"""A resting picture that is so fine has room for its full size."""
SETTLE_S = 0.5
"""How long pictures of a new size are looked at before the next step down."""
UP_AFTER_S, UP_AFTER_MAX_S = 2.0, 16.0
"""How long pictures must be fine before a step up, at first and at most."""
UNDONE_WITHIN_S = 6.0
"""Down again so soon after a step up: it was wrong."""
MEMORY_PICTURES = 8.0
"""The measure is the mean of about so many: a single hard picture costs no step."""
PER_HALVED_BITS = 6.0 / 51.0
"""Half the bits for the same picture raise the quantiser by about 6 (H.264: the step size doubles every 6)."""
PIXELS_TO_BITS = 0.75
"""Pictures of half the pixels need a little more than half the bits for the same quantiser."""
TYPICAL_BITS_PER_PIXEL, TYPICAL_QUANTISER = 0.05, 0.62
"""Where the encoder does not say: of a visitor who turns in the demo showroom."""


@dataclass(frozen=True, slots=True)
class PicturePlan:
    """What pictures are to be drawn: share of the full width and height, share of the full frame rate."""

    scale: float = 1.0
    rate: float = 1.0


STEPS = (
    PicturePlan(),
    PicturePlan(0.75),
    PicturePlan(0.5),
    PicturePlan(0.5, 2 / 3),
    PicturePlan(0.5, 0.5),
)


@dataclass(frozen=True, slots=True)
class CodedPicture:
    """What the ladder looks at of a picture."""

    pixels: int
    quantiser: float | None
    target_bps: int
    nominal_fps: float
    resting: bool
    """It shows what the last resting picture showed, or is one."""


class QualityLadder:
    """Which of STEPS a visitor is on. Seconds of one clock."""

    def __init__(self, now_s: float) -> None:
        self._step = 0
        self._resting = False
        self._quantiser: float | None = None
        self._target_bps = 0.0
        self._changed_at_s = now_s
        self._raised_at_s = now_s - 60.0
        self._fine_since_s: float | None = None
        self._patience_s = UP_AFTER_S

    @property
    def plan(self) -> PicturePlan:
        """What pictures should be like now."""
        return STEPS[0] if self._resting else STEPS[self._step]

    def on_picture(self, picture: CodedPicture, now_s: float) -> None:
        """A picture was coded."""
        quantiser = picture.quantiser
        if quantiser is None:
            quantiser = _guess(picture.target_bps / picture.nominal_fps / picture.pixels)
        if picture.resting:
            if quantiser < RESTED:
                self._resting = True
            return
        self._resting = False
        self._remember(quantiser, picture.target_bps)
        assert self._quantiser is not None
        # What it would be at today's rate: a link that falls is answered before the pictures have become coarse.
        expected = self._quantiser + PER_HALVED_BITS * math.log2(self._target_bps / picture.target_bps)
        if expected > COARSE:
            self._fine_since_s = None
            if self._step + 1 < len(STEPS) and now_s - self._changed_at_s >= SETTLE_S:
                self._go_down(expected, now_s)
        elif self._step > 0 and expected + _cost(self._step, self._step - 1) < FINE:
            if self._fine_since_s is None:
                self._fine_since_s = now_s
            elif now_s - self._fine_since_s >= self._patience_s:
                self._go_up(expected, now_s)
        else:
            self._fine_since_s = None

    def _go_up(self, expected: float, now_s: float) -> None:
        """As far as there is room: a link that is wide again is not climbed step by step."""
        step = self._step - 1
        while step > 0 and expected + _cost(self._step, step - 1) < FINE:
            step -= 1
        self._change(step, now_s)
        self._raised_at_s = now_s

    def _go_down(self, expected: float, now_s: float) -> None:
        if now_s - self._raised_at_s < UNDONE_WITHIN_S:
            self._patience_s = min(UP_AFTER_MAX_S, 2.0 * self._patience_s)
        elif now_s - self._raised_at_s > 2.0 * UP_AFTER_MAX_S:
            self._patience_s = UP_AFTER_S
        step = self._step + 1
        while step + 1 < len(STEPS) and expected + _cost(self._step, step) > COARSE:
            step += 1
        self._change(step, now_s)

    def _change(self, step: int, now_s: float) -> None:
        assert self._quantiser is not None
        self._quantiser = min(1.0, max(0.0, self._quantiser + _cost(self._step, step)))
        self._step = step
        self._changed_at_s = now_s
        self._fine_since_s = None

    def _remember(self, quantiser: float, target_bps: int) -> None:
        if self._quantiser is None:
            self._quantiser, self._target_bps = quantiser, float(target_bps)
            return
        self._quantiser += (quantiser - self._quantiser) / MEMORY_PICTURES
        self._target_bps += (target_bps - self._target_bps) / MEMORY_PICTURES


def _cost(before: int, after: int) -> float:
    """By how much the quantiser changes from one step to another at the same rate."""
    amount = [STEPS[step].scale ** 2 * STEPS[step].rate for step in (before, after)]
    return PER_HALVED_BITS * PIXELS_TO_BITS * math.log2(amount[1] / amount[0])


def _guess(bits_per_pixel: float) -> float:
    quantiser = TYPICAL_QUANTISER - PER_HALVED_BITS * math.log2(bits_per_pixel / TYPICAL_BITS_PER_PIXEL)
    return min(1.0, max(0.0, quantiser))
