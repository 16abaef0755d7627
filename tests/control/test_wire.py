"""Every message that a visitor may send, and what happens to all others."""

from __future__ import annotations

import json
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.wire import (
    MESSAGE_MAX_BYTES,
    ClientMessage,
    InboundVideo,
    Input,
    MessageRefused,
    Ping,
    ServerMessage,
    Stats,
    Tap,
    parse,
)

PROTOCOL = Path(__file__).parents[2] / "docs" / "protocol.md"


def test_an_input_message_is_read_with_its_units() -> None:
    message = parse('{"type":"input","seq":7,"yaw":1.5,"pitch":-0.2,"right":0.5,"forward":-1}')
    assert message == Input(type="input", seq=7, yaw=1.5, pitch=-0.2, right=0.5, forward=-1.0)


def test_a_tap_may_leave_out_the_frame_that_it_was_on() -> None:
    assert parse('{"type":"tap","id":1,"x":0.25,"y":0.75}') == Tap(type="tap", id=1, x=0.25, y=0.75)


def test_bytes_are_read_as_text_is() -> None:
    assert parse(b'{"type":"ping","id":3}') == Ping(type="ping", id=3)


def test_statistics_may_lack_what_a_browser_does_not_know() -> None:
    message = parse('{"type":"stats","video":{"frames_decoded":9,"packets_lost":-2,"jitter":0.004}}')
    video = InboundVideo(frames_decoded=9, packets_lost=-2, jitter=0.004)
    assert message == Stats(type="stats", video=video, audio=None)


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("", "message"),
        ("not json", "message"),
        ("[]", "message"),
        ('{"type":"fly"}', "message"),
        ('{"type":"input","seq":-1,"yaw":0,"pitch":0}', "input.seq"),
        ('{"type":"input","seq":1,"yaw":NaN,"pitch":0}', "input.yaw"),
        ('{"type":"input","seq":1,"yaw":0,"pitch":2}', "input.pitch"),
        ('{"type":"input","seq":1,"yaw":0,"pitch":0,"forward":7}', "input.forward"),
        ('{"type":"tap","id":1,"x":1.2,"y":0}', "tap.x"),
        ('{"type":"ping","id":1,"extra":true}', "ping.extra"),
        ('{"type":"audio"}', "audio.on"),
        ('{"type":"audio","on":"loud"}', "audio.on"),
        ('{"type":"stats","video":{"freeze_count":-1}}', "stats.video.freeze_count"),
        ('{"type":"stats","video":{"total_freezes_duration":Infinity}}', "stats.video.total_freezes_duration"),
        ('{"type":"stats","audio":{"frames_decoded":1}}', "stats.audio.frames_decoded"),
        ('{"type":"watch_stats"}', "watch_stats.on"),
        (b"\xff\xfe", "message"),
        ("x" * (MESSAGE_MAX_BYTES + 1), "message"),
        ('{"type":' * 500, "message"),
    ],
)
def test_a_bad_message_is_refused_by_the_name_of_its_field(text: str | bytes, field: str) -> None:
    with pytest.raises(MessageRefused) as refused:
        parse(text)
    assert refused.value.field == field


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(st.one_of(st.binary(max_size=300), st.text(max_size=300), _json.map(json.dumps)))
def test_nothing_but_a_refusal_comes_out_of_garbage(data: str | bytes) -> None:
    with pytest.raises(MessageRefused):
        parse(data)


@given(
    st.sampled_from(["input", "tap", "activate", "viewport", "audio", "ping"]),
    st.dictionaries(st.sampled_from(["seq", "yaw", "pitch", "id", "x", "y", "hotspot", "width", "height"]), _json),
)
def test_fields_of_any_value_are_read_or_refused(kind: str, fields: dict[str, object]) -> None:
    text = json.dumps({"type": kind, **fields})
    try:
        message = parse(text)
    except MessageRefused:
        return
    assert message.type == kind


def test_players_find_every_message_and_field_in_the_documentation() -> None:
    lines = PROTOCOL.read_text(encoding="utf-8").splitlines()
    messages = (*get_args(get_args(ClientMessage)[0]), *get_args(ServerMessage))
    assert len(messages) > 15
    for message in messages:
        (kind,) = get_args(message.model_fields["type"].annotation)
        (row,) = (line for line in lines if line.startswith(f"| `{kind}`"))
        assert [name for name in message.model_fields if name != "type" and f"`{name}`" not in row] == [], kind
