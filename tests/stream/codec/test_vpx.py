from __future__ import annotations

from collections.abc import Iterator

import av
import numpy as np
import pytest

from edge_render.frame import PixelFormat
from stream.codec.encoder import AccessUnit
from stream.codec.picture_planes import Matrix
from stream.codec.video_codec import VideoCodec
from stream.codec.vpx import VpxEncoder, h264_steps
from tests.stream.pictures import HEIGHT, flat_frames, frame_of, noisy_frame, panning_frame

pytestmark = pytest.mark.parametrize("codec", [VideoCodec.VP8, VideoCodec.VP9])


def new_encoder(codec: VideoCodec) -> VpxEncoder:
    return VpxEncoder(codec, max_bps=8_000_000, max_fps=30.0)


def decoded(codec: VideoCodec, units: list[AccessUnit]) -> Iterator[av.VideoFrame]:
    decoder = av.CodecContext.create(codec, "r")
    for unit in units:
        yield from decoder.decode(av.Packet(unit.data))


@pytest.mark.parametrize("target_bps", [900_000, 2_000_000, 4_000_000])
def test_no_picture_is_much_larger_than_what_the_link_takes_in_its_time(codec: VideoCodec, target_bps: int) -> None:
    encoder = new_encoder(codec)
    encoder.encode(panning_frame(0), 8_000_000, True)
    units = [encoder.encode(panning_frame(step), target_bps, step == 30) for step in range(1, 60)]
    assert [step for step, unit in enumerate(units, 1) if unit.key_frame] == [30], "nor for a changed rate"
    budget = target_bps / 30 / 8
    assert max(len(unit.data) for unit in units) <= 1.3 * budget, "neither a key frame nor the first at a new rate"
    assert sum(len(unit.data) for unit in units[20:]) / 39 >= 0.6 * budget, "and the rate is made use of"


def test_pictures_that_were_taken_back_leave_nothing_behind(codec: VideoCodec) -> None:
    """The rate falls and rises all the time, so that many pictures are coded twice: what is decoded must be what was
    encoded, to the end."""
    encoder = new_encoder(codec)
    frames = [panning_frame(step) for step in range(60)]
    rates = [6_000_000 if step % 3 else 1_500_000 for step in range(60)]
    units = [encoder.encode(frame, bps, False) for frame, bps in zip(frames, rates, strict=True)]
    units += [encoder.encode(frames[-1], 8_000_000, False) for _ in range(8)]
    *_, last = decoded(codec, units)
    error = last.to_ndarray(format="yuv420p")[:HEIGHT].astype(int) - frames[-1].pixels[:HEIGHT]
    assert np.sqrt(np.mean(error**2)) < 4.0


def test_the_quantiser_falls_while_the_picture_rests(codec: VideoCodec) -> None:
    encoder = new_encoder(codec)
    quantisers = [encoder.encode(panning_frame(0), 1_500_000, False).quantiser for _ in range(12)]
    assert quantisers[-1] is not None
    assert quantisers[0] is not None
    assert quantisers[-1] < 0.7 * quantisers[0]


def test_a_key_frame_comes_when_asked_for_and_stands_alone(codec: VideoCodec) -> None:
    encoder = new_encoder(codec)
    encoder.encode(noisy_frame(1), 4_000_000, False)
    assert not encoder.encode(noisy_frame(2), 4_000_000, False).key_frame
    unit = encoder.encode(noisy_frame(3), 4_000_000, True)
    assert unit.key_frame
    (picture,) = decoded(codec, [unit])
    assert (picture.width, picture.height) == (320, 192)


def test_a_new_size_begins_with_a_key_frame_and_may_be_odd(codec: VideoCodec) -> None:
    encoder = new_encoder(codec)
    units = [encoder.encode(noisy_frame(1), 4_000_000, False)]
    odd = np.random.default_rng(1).integers(0, 256, (101, 211, 4), dtype=np.uint8)
    units += [encoder.encode(frame_of(odd, PixelFormat.RGBA, (211, 101)), 4_000_000, False) for _ in range(3)]
    assert [unit.key_frame for unit in units] == [True, True, False, False]
    assert [(picture.width, picture.height) for picture in decoded(codec, units)] == [(320, 192)] + [(211, 101)] * 3


def test_both_layouts_give_the_same_colours(codec: VideoCodec) -> None:
    red, green, blue = 230, 120, 20
    for frame in flat_frames(red, green, blue):
        (picture,) = decoded(codec, [new_encoder(codec).encode(frame, 8_000_000, True)])
        picture.colorspace = Matrix.BT601 if codec is VideoCodec.VP8 else Matrix.BT709  # as a browser takes it
        seen = picture.to_ndarray(format="rgb24", src_colorspace=picture.colorspace)
        assert np.abs(seen.astype(int) - (red, green, blue)).max() <= 5


def test_levels_are_mapped_onto_the_scale_of_h264(codec: VideoCodec) -> None:
    steps = h264_steps(codec)
    assert len(steps) == 64
    assert steps == sorted(set(steps))
    assert steps[0] >= 0.0
    assert 39.0 < steps[-1] <= 51.0, "coarse enough that the quality ladder goes down before it is reached"
