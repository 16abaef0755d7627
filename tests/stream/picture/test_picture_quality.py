"""How often a resting picture is coded again. Pure."""

from __future__ import annotations

import numpy as np

from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.pose import Pose
from stream.codec.encoder import AccessUnit
from stream.codec.video_codec import VideoCodec
from stream.picture.picture_quality import LOSSLESS, REFINEMENTS_MAX, PictureQuality
from stream.picture.quality import RESTED
from stream.settings import StreamSettings

BPS = 4_000_000


def frame(*, still: bool, final: bool = False) -> Frame:
    times = FrameTimes(0, 0, 1.0, 1.0)
    pose = Pose((0.0, 1.6, 0.0), (0.0, 0.0, 0.0, 1.0))
    return Frame(np.zeros((3, 2), np.uint8), PixelFormat.I420, 2, 2, pose, 1, still, times, final)


class Coding:
    def __init__(self) -> None:
        self.quality = PictureQuality(StreamSettings(), lambda _plan: None, 0.0)
        self._last: Frame | None = None

    def code(self, picture: Frame, quantiser: float | None, *, key_frame: bool = False) -> int:
        """Code once; returns how often it is to be coded again."""
        unit = AccessUnit(VideoCodec.H264, b"", key_frame, quantiser)
        self.quality.on_coded(picture, unit, BPS, picture is self._last, 0.0)
        self._last = picture
        return self.quality.refinements_left


def test_a_moving_picture_is_coded_once() -> None:
    assert Coding().code(frame(still=False), 0.6) == 0


def test_a_final_picture_is_coded_until_it_cannot_be_told_from_the_original() -> None:
    coding, final = Coding(), frame(still=True, final=True)
    assert coding.code(final, 0.6) == REFINEMENTS_MAX
    assert coding.code(final, RESTED - 0.01) == REFINEMENTS_MAX - 1
    assert coding.code(final, LOSSLESS - 0.01) == 0


def test_a_picture_that_a_better_one_will_replace_is_not_worth_that_much() -> None:
    coding, still = Coding(), frame(still=True)
    assert coding.code(still, 0.6) == REFINEMENTS_MAX
    assert coding.code(still, RESTED - 0.01) == 0


def test_a_refined_picture_is_coded_in_place_of_the_one_before_and_it_ends() -> None:
    for quantiser in (0.6, None):
        coding, still, final = Coding(), frame(still=True), frame(still=True, final=True)
        coding.code(still, quantiser)
        coding.code(still, quantiser)
        left = coding.code(final, quantiser)
        assert left == REFINEMENTS_MAX, "the counting begins anew"
        for expected in reversed(range(REFINEMENTS_MAX)):
            assert coding.code(final, quantiser) == expected
        assert coding.code(final, quantiser) == 0, "once more, as another size was wanted or so"


def test_a_receiver_that_has_lost_the_picture_gets_it_fine_again() -> None:
    coding, final = Coding(), frame(still=True, final=True)
    coding.code(final, LOSSLESS - 0.01)
    assert coding.code(final, 0.6, key_frame=True) == REFINEMENTS_MAX
    assert coding.code(final, LOSSLESS - 0.01) == 0
