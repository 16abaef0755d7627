"""Smaller frames show the same picture, in the same colours."""

from __future__ import annotations

import numpy as np
import pytest

from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.pose import Pose
from stream.picture.frame_scaling import FrameScaler


def frame(pixels: np.ndarray, form: PixelFormat) -> Frame:
    height = pixels.shape[0] if form is PixelFormat.RGBA else pixels.shape[0] * 2 // 3
    pose, times = Pose((0, 0, 0), (0, 0, 0, 1)), FrameTimes(0, 0, 0.0, 0.0)
    return Frame(pixels, form, pixels.shape[1], height, pose, 7, False, times)


def half_and_half(form: PixelFormat) -> Frame:
    """Black on the left, white on the right: 16 and 235 in BT.709's limited range."""
    if form is PixelFormat.RGBA:
        pixels = np.zeros((96, 160, 4), np.uint8)
        pixels[:, 80:] = 255
    else:
        pixels = np.full((144, 160), 128, np.uint8)
        pixels[:96, :80], pixels[:96, 80:] = 16, 235
    return frame(pixels, form)


@pytest.mark.parametrize("form", PixelFormat)
def test_a_smaller_frame_shows_the_same(form: PixelFormat) -> None:
    small = FrameScaler().scaled(half_and_half(form), 0.5)
    assert (small.width, small.height, small.format) == (80, 48, PixelFormat.I420)
    assert small.pixels.shape == (72, 80)
    assert small.input_seq == 7
    luma = small.pixels[:48].astype(int)
    assert np.abs(luma[:, :36] - 16).max() <= 2
    assert np.abs(luma[:, 44:] - 235).max() <= 2
    assert np.abs(small.pixels[48:].astype(int) - 128).max() <= 2


def test_a_frame_at_its_own_size_is_not_touched() -> None:
    original = half_and_half(PixelFormat.I420)
    assert FrameScaler().scaled(original, 1.0) is original


def test_sizes_are_even_and_keep_the_pictures_shape() -> None:
    small = FrameScaler().scaled(half_and_half(PixelFormat.RGBA), 0.375)
    assert (small.width, small.height) == (60, 36)
