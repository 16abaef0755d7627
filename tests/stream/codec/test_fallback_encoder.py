from __future__ import annotations

import numpy as np
import pytest

from edge_render.frame import Frame, PixelFormat
from stream import X264, EncoderError, EncoderKind, StreamSettings, VideoCodec
from stream.codec.encoder_probe import candidates
from stream.codec.fallback_encoder import EncoderReplaced, FallbackEncoder
from tests.stream.pictures import frame_of, noisy_frame

VP8 = EncoderKind(VideoCodec.VP8, "libvpx")


def odd_frame() -> Frame:
    """libx264 refuses an odd size, libvpx does not."""
    return frame_of(np.zeros((101, 211, 4), np.uint8), PixelFormat.RGBA, (211, 101))


def test_an_encoder_that_fails_is_replaced_in_the_middle_of_the_stream() -> None:
    replaced: list[EncoderReplaced] = []
    encoder = FallbackEncoder(candidates((X264, VP8), StreamSettings()), replaced.append)
    assert encoder.encode(noisy_frame(1), 4_000_000, False).codec is VideoCodec.H264
    unit = encoder.encode(odd_frame(), 4_000_000, False)
    assert (unit.codec, unit.key_frame) == (VideoCodec.VP8, True)
    assert not encoder.encode(odd_frame(), 4_000_000, False).key_frame
    (one,) = replaced
    assert (one.failed, one.by, one.codec) == ("libx264", "libvpx", VideoCodec.VP8)
    assert "211x101" in one.reason


def test_the_last_one_s_failure_is_everybody_s() -> None:
    encoder = FallbackEncoder(candidates((X264,), StreamSettings()), lambda _replaced: None)
    with pytest.raises(EncoderError, match="211x101"):
        encoder.encode(odd_frame(), 4_000_000, False)


def test_only_what_the_visitor_takes_is_used() -> None:
    encoder = FallbackEncoder(candidates((X264, VP8), StreamSettings()), lambda _replaced: None)
    encoder.restrict([VideoCodec.VP8])
    assert encoder.name == "libvpx"
    with pytest.raises(EncoderError, match="av1"):
        encoder.restrict([VideoCodec.AV1])
