"""The strip that says which picture and which input a frame shows."""

from __future__ import annotations

import numpy as np
import pytest
from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from bench.network.stamp import CELLS, decode, encode, read, stamp, strip_rows
from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.pose import Pose


def frame(width: int, height: int, input_seq: int) -> Frame:
    pixels = np.random.default_rng(1).integers(16, 235, (height * 3 // 2, width), np.uint8)
    pixels.flags.writeable = False
    pose = Pose((0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 1.0))
    return Frame(pixels, PixelFormat.I420, width, height, pose, input_seq, False, FrameTimes(0, 0, 0.0, 0.0))


@given(st.integers(0, 2**40), st.integers(0, 1000))
def test_what_was_written_is_read(input_seq: int, picture: int) -> None:
    assert decode(encode(input_seq, picture)) == (input_seq % 65536, picture % 256)


@given(st.integers(0, 65535), st.integers(0, 255), st.integers(0, CELLS - 1))
def test_a_misread_cell_is_noticed(input_seq: int, picture: int, cell: int) -> None:
    assert decode(encode(input_seq, picture) ^ 1 << cell) is None


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (640, 368), (336, 192)])
def test_the_strip_survives_scaling_and_leaves_the_rest_alone(width: int, height: int) -> None:
    plain = frame(1280, 720, 4711)
    stamped = stamp(plain, 200)
    rows = strip_rows(720)
    assert np.array_equal(stamped.pixels[rows:720], plain.pixels[rows:720])
    assert not np.array_equal(stamped.pixels[:rows], plain.pixels[:rows])
    scaled = VideoFrame.from_ndarray(stamped.pixels, format="yuv420p").reformat(width, height).to_ndarray()
    assert read(scaled[:height]) == (4711, 200)


def test_a_picture_without_a_strip_is_not_read() -> None:
    assert read(frame(1280, 720, 1).pixels[:720]) is None
