from __future__ import annotations

import av
import numpy as np
import pytest

from stream.codec.libav_encoder import LibavEncoder
from tests.stream.pictures import flat_frames, noisy_frame, panning_frame


def _mean_bits(encoder: LibavEncoder, target_bps: int, frames: int, first_seed: int) -> tuple[float, int]:
    units = [encoder.encode(noisy_frame(first_seed + i), target_bps, False) for i in range(frames)]
    return 8 * sum(len(unit.data) for unit in units[frames // 2 :]) / (frames - frames // 2), sum(
        unit.key_frame for unit in units
    )


def test_the_rate_follows_down_and_up_without_a_key_frame() -> None:
    encoder = LibavEncoder("libx264", max_bps=8_000_000, max_fps=30.0)
    high, keys = _mean_bits(encoder, 6_000_000, 30, 0)
    assert keys == 1
    low, low_keys = _mean_bits(encoder, 2_000_000, 40, 100)
    again, again_keys = _mean_bits(encoder, 6_000_000, 40, 200)
    assert (low_keys, again_keys) == (0, 0)
    assert low < 0.6 * high
    assert again > 1.5 * low


@pytest.mark.parametrize("target_bps", [400_000, 1_500_000, 4_000_000])
def test_no_picture_is_much_larger_than_what_the_link_takes_in_its_time(target_bps: int) -> None:
    encoder = LibavEncoder("libx264", max_bps=8_000_000, max_fps=30.0)
    encoder.encode(panning_frame(0), 8_000_000, True)
    units = [encoder.encode(panning_frame(step), target_bps, step == 30) for step in range(1, 60)]
    assert units[29].key_frame
    budget = target_bps / 30 / 8
    assert max(len(unit.data) for unit in units) <= 1.3 * budget, "neither a key frame nor the first at a new rate"
    assert sum(len(unit.data) for unit in units[20:]) / 39 >= 0.7 * budget, "and the rate is made use of"


def test_the_quantiser_falls_while_the_picture_rests() -> None:
    encoder = LibavEncoder("libx264", max_bps=8_000_000, max_fps=30.0)
    quantisers = [encoder.encode(panning_frame(0), 1_500_000, False).quantiser for _ in range(12)]
    assert all(quantiser is not None for quantiser in quantisers)
    assert quantisers[-1] < 0.6 * quantisers[0]


def test_a_key_frame_comes_when_asked_for_and_stands_alone() -> None:
    encoder = LibavEncoder("libx264", max_bps=4_000_000, max_fps=30.0)
    encoder.encode(noisy_frame(1), 4_000_000, False)
    assert not encoder.encode(noisy_frame(2), 4_000_000, False).key_frame
    unit = encoder.encode(noisy_frame(3), 4_000_000, True)
    assert unit.key_frame
    (picture,) = av.CodecContext.create("h264", "r").decode(av.Packet(unit.data)) or [None]
    assert picture is None or (picture.width, picture.height) == (320, 192)


def test_both_layouts_give_the_same_colours() -> None:
    seen = []
    for frame in flat_frames(230, 120, 20):
        unit = LibavEncoder("libx264", 8_000_000, 30.0).encode(frame, 8_000_000, True)
        decoder = av.CodecContext.create("h264", "r")
        (picture,) = [*decoder.decode(av.Packet(unit.data)), *decoder.decode(None)]
        assert picture.colorspace == 1, "BT.709 is written into the stream"
        seen.append(picture.to_ndarray(format="yuv420p").astype(int))
    assert np.abs(seen[0] - seen[1]).max() <= 3
