"""What one visitor's pictures are worth: how many bits each, how often a resting one is coded again, how large the next
ones should be. Joins stream/picture/quality.py and stream/picture/appetite.py. Pure; time is an argument.
"""

from __future__ import annotations

from collections.abc import Callable

import structlog

from edge_render.frame import Frame
from edge_render.pose import Pose
from stream.codec.encoder import AccessUnit
from stream.picture.appetite import Appetite
from stream.picture.quality import RESTED, CodedPicture, PicturePlan, QualityLadder
from stream.settings import StreamSettings

log = structlog.get_logger(__name__)

LOSSLESS = 0.28
"""A picture whose mean quantiser is below this (14 of H.264's 51) can't be told from the original: for the demo
showroom, SSIM is above 0.99."""
REFINEMENTS_MAX = 20
"""So many times 1/30 s of what 4 Mbit/s carry bring a picture of 1280x720 there."""


class PictureQuality:
    """Of one visitor."""

    def __init__(self, settings: StreamSettings, on_plan: Callable[[PicturePlan], None], now_s: float) -> None:
        """``on_plan`` is told when pictures should become larger or smaller, more or fewer."""
        self._on_plan = on_plan
        self._nominal_fps = settings.max_fps
        self._ladder = QualityLadder(now_s)
        self._appetite = Appetite(settings.min_bps, settings.max_bps)
        self._rested_at: Pose | None = None
        self.refinements_left = 0
        """How often the last picture is to be coded again while no newer one comes."""

    def target_bps(self, frame: Frame, link_bps: int) -> int:
        """What this picture is given of what the link carries."""
        return link_bps if self._resting(frame) else min(link_bps, self._appetite.limit_bps)

    def on_coded(self, frame: Frame, unit: AccessUnit, target_bps: int, again: bool, now_s: float) -> None:
        """A picture was coded; ``again``: not for the first time."""
        resting = self._resting(frame)
        if frame.still:
            self._rested_at = frame.pose
        elif unit.quantiser is not None and not resting:
            self._appetite.on_picture(unit.quantiser, target_bps)
        # One that a better picture will replace is not worth the bits of the finest coding.
        fine = LOSSLESS if frame.final else RESTED
        if not frame.still or (unit.quantiser is not None and unit.quantiser < fine):
            self.refinements_left = 0
        elif again and not unit.key_frame:
            self.refinements_left = max(0, self.refinements_left - 1)
        else:
            # Also a key frame that a receiver had to ask for is coarse at first.
            self.refinements_left = REFINEMENTS_MAX
        before = self._ladder.plan
        pixels = frame.width * frame.height
        self._ladder.on_picture(CodedPicture(pixels, unit.quantiser, target_bps, self._nominal_fps, resting), now_s)
        if self._ladder.plan != before:
            log.debug("picture_plan", scale=self._ladder.plan.scale, rate=round(self._ladder.plan.rate, 2))
            self._on_plan(self._ladder.plan)

    def _resting(self, frame: Frame) -> bool:
        """Also a picture that was drawn anew for another size shows nothing new."""
        return frame.still or frame.pose == self._rested_at
