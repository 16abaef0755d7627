from __future__ import annotations

import pytest
from pydantic import ValidationError

from control.node.edge_parts import network_settings, preferring
from control.settings import NodeSettings
from control.visits.entry import Entry
from stream import X264, EncoderKind, NetworkSettings, VideoCodec

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


def test_addresses_for_media_are_named_with_commas_between_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """``status.hostIPs`` of a dual-stack cluster is such a list; a variable that is there and empty says nothing."""
    monkeypatch.setenv("EDGE_RENDER_MEDIA_PORT", "34780")
    monkeypatch.setenv("EDGE_RENDER_MEDIA_HOST", "")
    monkeypatch.setenv("EDGE_RENDER_ADVERTISE_ADDRESS", "192.0.2.7,2001:DB8:0::7, branch-7.bank.example")
    monkeypatch.setenv("EDGE_RENDER_ADVERTISE_PORT", "31000")
    settings = network_settings(NodeSettings())
    told = ("192.0.2.7", "2001:db8::7", "branch-7.bank.example")
    assert settings == NetworkSettings(34_780, (), told, 31_000)


@pytest.mark.parametrize(
    ("option", "value", "said"),
    [
        ("media_host", "node-7", "in digits"),
        ("media_host", "0.0.0.0", "one machine"),
        ("advertise_address", "192.0.2.7:34780", "--advertise-port"),
        ("advertise_address", "http://192.0.2.7", "without a scheme"),
        ("advertise_address", "::", "address"),
        ("advertise_address", "192.0.2.256", "address"),
        ("advertise_address", ",".join(["192.0.2.7"] * 9), "8 items"),
        ("media_port", "70000", "65535"),
    ],
)
def test_addresses_for_media_that_nobody_could_reach_are_refused(option: str, value: str, said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        NodeSettings.model_validate({option: value})


@pytest.mark.parametrize("given", [{"media_port": 34_780}, {"advertise_address": "192.0.2.7"}, {}])
def test_a_port_can_only_be_advertised_for_one_that_is_shared(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="--media-port and --advertise-address"):
        NodeSettings.model_validate({"advertise_port": 31_000} | given)
