"""Fewer frames, evenly."""

from __future__ import annotations

from dataclasses import replace

import pytest

from edge_render.frame import Frame, FrameTimes
from stream.picture.thinning import Thinning
from tests.stream.webrtc.test_aiortc_peer import RED, picture

PICTURE = picture(RED)


def drawn(index: int, fps: float = 30.0, still: bool = False) -> Frame:
    return replace(PICTURE, still=still, times=FrameTimes(0, round(1e9 + index * 1e9 / fps), 0.0, 0.0))


@pytest.mark.parametrize(("rate", "kept"), [(1.0, 60), (2 / 3, 40), (0.5, 30)])
def test_a_share_of_the_frames_is_taken(rate: float, kept: int) -> None:
    thinning = Thinning(30.0)
    thinning.rate = rate
    assert sum(thinning.take(drawn(index)) for index in range(60)) == pytest.approx(kept, abs=1)


def test_frames_that_come_slowly_anyway_are_all_taken() -> None:
    thinning = Thinning(30.0)
    thinning.rate = 0.5
    assert all(thinning.take(drawn(index, fps=14.0)) for index in range(30))


def test_the_resting_picture_is_never_left_out() -> None:
    thinning = Thinning(30.0)
    thinning.rate = 0.5
    assert thinning.take(drawn(0))
    assert not thinning.take(drawn(1))
    assert thinning.take(drawn(2, fps=60.0, still=True))
