from __future__ import annotations

import av
import numpy as np
import pytest

from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.pose import Pose
from stream import EncoderError, StreamSettings, choose_codec
from stream.encoder_probe import probe
from stream.h264 import H264Encoder


def noisy_frame(seed: int, pixel_format: PixelFormat = PixelFormat.RGBA) -> Frame:
    """A picture that costs as many bits as the encoder is given."""
    shape = (192, 320, 4) if pixel_format is PixelFormat.RGBA else (288, 320)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    return _frame(pixels, pixel_format)


def _frame(pixels: np.ndarray, pixel_format: PixelFormat) -> Frame:
    pose, times = Pose((0, 0, 0), (0, 0, 0, 1)), FrameTimes(0, 0, 0.0, 0.0)
    return Frame(pixels, pixel_format, 320, 192, pose, 0, False, times)


def _mean_bits(encoder: H264Encoder, target_bps: int, frames: int, first_seed: int) -> tuple[float, int]:
    units = [encoder.encode(noisy_frame(first_seed + i), target_bps, False) for i in range(frames)]
    return 8 * sum(len(unit.data) for unit in units[frames // 2 :]) / (frames - frames // 2), sum(
        unit.key_frame for unit in units
    )


def test_the_rate_follows_down_and_up_without_a_key_frame() -> None:
    encoder = H264Encoder("libx264", max_bps=8_000_000, max_fps=30.0)
    high, keys = _mean_bits(encoder, 6_000_000, 30, 0)
    assert keys == 1
    low, low_keys = _mean_bits(encoder, 2_000_000, 40, 100)
    again, again_keys = _mean_bits(encoder, 6_000_000, 40, 200)
    assert (low_keys, again_keys) == (0, 0)
    assert low < 0.6 * high
    assert again > 1.5 * low


def panning_frame(step: int) -> Frame:
    """A picture that moves to the left, with grain that does not: as hard for an encoder as a visitor who turns."""
    blocks = np.random.default_rng(7).integers(20, 220, (24, 400), dtype=np.uint8)
    grain = np.random.default_rng(step).integers(0, 30, (192, 320), dtype=np.uint8)
    planes = np.full((288, 320), 128, np.uint8)
    planes[:192] = blocks.repeat(8, axis=0).repeat(8, axis=1)[:, step * 6 : step * 6 + 320] + grain
    return _frame(planes, PixelFormat.I420)


@pytest.mark.parametrize("target_bps", [400_000, 1_500_000, 4_000_000])
def test_no_picture_is_much_larger_than_what_the_link_takes_in_its_time(target_bps: int) -> None:
    encoder = H264Encoder("libx264", max_bps=8_000_000, max_fps=30.0)
    encoder.encode(panning_frame(0), 8_000_000, True)
    units = [encoder.encode(panning_frame(step), target_bps, step == 30) for step in range(1, 60)]
    assert units[29].key_frame
    budget = target_bps / 30 / 8
    assert max(len(unit.data) for unit in units) <= 1.3 * budget, "neither a key frame nor the first at a new rate"
    assert sum(len(unit.data) for unit in units[20:]) / 39 >= 0.7 * budget, "and the rate is made use of"


def test_the_quantiser_falls_while_the_picture_rests() -> None:
    encoder = H264Encoder("libx264", max_bps=8_000_000, max_fps=30.0)
    quantisers = [encoder.encode(panning_frame(0), 1_500_000, False).quantiser for _ in range(12)]
    assert all(quantiser is not None for quantiser in quantisers)
    assert quantisers[-1] < 0.6 * quantisers[0]


def test_a_key_frame_comes_when_asked_for_and_stands_alone() -> None:
    encoder = H264Encoder("libx264", max_bps=4_000_000, max_fps=30.0)
    encoder.encode(noisy_frame(1), 4_000_000, False)
    assert not encoder.encode(noisy_frame(2), 4_000_000, False).key_frame
    unit = encoder.encode(noisy_frame(3), 4_000_000, True)
    assert unit.key_frame
    (picture,) = av.CodecContext.create("h264", "r").decode(av.Packet(unit.data)) or [None]
    assert picture is None or (picture.width, picture.height) == (320, 192)


def test_both_layouts_give_the_same_colours() -> None:
    """Orange as RGBA, and the same orange as BT.709 limited range planes."""
    rgba = np.empty((192, 320, 4), np.uint8)
    rgba[:] = (230, 120, 20, 255)
    red, green, blue = (channel / 255 for channel in (230, 120, 20))
    luma = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    planes = np.empty((288, 320), np.uint8)
    planes[:192] = round(16 + 219 * luma)
    planes[192:240] = round(128 + 224 * (blue - luma) / 1.8556)
    planes[240:] = round(128 + 224 * (red - luma) / 1.5748)
    seen = []
    for pixels, layout in ((rgba, PixelFormat.RGBA), (planes, PixelFormat.I420)):
        unit = H264Encoder("libx264", 8_000_000, 30.0).encode(_frame(pixels, layout), 8_000_000, True)
        decoder = av.CodecContext.create("h264", "r")
        (picture,) = [*decoder.decode(av.Packet(unit.data)), *decoder.decode(None)]
        assert picture.colorspace == 1, "BT.709 is written into the stream"
        seen.append(picture.to_ndarray(format="yuv420p").astype(int))
    assert np.abs(seen[0] - seen[1]).max() <= 3


def test_x264_works_wherever_the_project_is_installed() -> None:
    assert choose_codec(StreamSettings(encoder="x264")) == "libx264"


def test_a_codec_that_does_not_work_here_is_told_with_its_reason() -> None:
    reason = probe("h264_nvenc", StreamSettings())
    if reason is None:
        pytest.skip("this machine has NVENC")
    assert "h264_nvenc" in reason
    with pytest.raises(EncoderError, match="no encoder works here"):
        choose_codec(StreamSettings(encoder="nvenc"))
    assert choose_codec(StreamSettings(encoder="auto")) == "libx264"
