from __future__ import annotations

import pytest
from pydantic import ValidationError

from control.node.edge_parts import preferring
from control.settings import NodeSettings
from control.visits.entry import Entry
from stream import X264, EncoderKind, VideoCodec

VP8 = EncoderKind(VideoCodec.VP8, "libvpx")


def test_codecs_are_named_with_commas_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EDGE_RENDER_CODECS", "vp9, h264")
    assert NodeSettings().codecs == (VideoCodec.VP9, VideoCodec.H264)


@pytest.mark.parametrize("names", ["", "h264,theora"])
def test_codecs_that_there_are_not_are_refused(monkeypatch: pytest.MonkeyPatch, names: str) -> None:
    monkeypatch.setenv("EDGE_RENDER_CODECS", names)
    with pytest.raises(ValidationError, match="codecs"):
        NodeSettings()


def test_a_visitor_s_wish_goes_first_and_is_no_more_than_a_wish() -> None:
    assert preferring((X264, VP8), Entry.model_validate({"codec": "vp8"}).codec) == [VP8, X264]
    assert preferring((X264, VP8), Entry.model_validate({"codec": "theora"}).codec) == [X264, VP8]
    assert preferring((X264, VP8), Entry().codec) == [X264, VP8]
