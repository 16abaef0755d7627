from __future__ import annotations

from dataclasses import replace

import pytest

from stream import X264, EncoderError, EncoderKind, StreamSettings, VideoCodec, choose_encoders
from stream.codec.encoder_probe import candidates, moving_pictures, probe

SIZE = (320, 192)
NVENC = EncoderKind(VideoCodec.H264, "h264_nvenc")
VP8 = EncoderKind(VideoCodec.VP8, "libvpx")


def test_what_works_is_chosen_in_the_order_of_the_codecs() -> None:
    kinds = choose_encoders(StreamSettings(encoder="x264"), [VideoCodec.VP8, VideoCodec.H264], *SIZE)
    assert kinds == (VP8, X264)
    assert [candidate.make().name for candidate in candidates(kinds, StreamSettings())] == ["libvpx", "libx264"]


def test_an_encoder_that_does_not_work_here_is_told_with_its_reason() -> None:
    if NVENC in choose_encoders(StreamSettings(), [VideoCodec.H264], *SIZE):
        pytest.skip("this machine has NVENC")
    with pytest.raises(EncoderError, match="h264_nvenc"):
        probe(NVENC, StreamSettings(), moving_pictures(*SIZE))
    with pytest.raises(EncoderError, match=r"no encoder works here: h264 by h264_nvenc: .*h264_nvenc"):
        choose_encoders(StreamSettings(encoder="nvenc"), [VideoCodec.H264], *SIZE)
    assert choose_encoders(StreamSettings(encoder="auto"), [VideoCodec.H264], *SIZE) == (X264,)


def test_where_none_is_quick_enough_the_quickest_is_left() -> None:
    hasty = replace(StreamSettings(encoder="x264"), max_fps=50_000.0)
    assert len(choose_encoders(hasty, [VideoCodec.VP8, VideoCodec.H264], *SIZE)) == 1
