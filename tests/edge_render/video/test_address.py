"""Which addresses a source may have, and what of them is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge_render.video.address import check_address, is_address, shown

SECRET = "s3cret"


@pytest.mark.parametrize(
    "address",
    [
        "rtsp://camera.local/stream",
        f"rtsps://viewer:{SECRET}@10.0.0.7:322/h264?channel=1",
        "rtmp://media.bank/live/hall",
        "rtmps://media.bank/live/hall",
        "srt://[fe80::1]:9000?streamid=hall",
        "https://cdn.bank/hall/live.m3u8?token=abc",
    ],
)
def test_addresses_of_cameras_and_streams_are_taken(address: str) -> None:
    assert is_address(address)
    assert check_address(address) == address


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("file:///etc/passwd", "begins with one of"),
        ("concat:a.ts|b.ts", "begins with one of"),
        ("data:video/mp4;base64,AAAA", "begins with one of"),
        ("pipe:0", "begins with one of"),
        ("hls+file:///etc/passwd", "begins with one of"),
        ("rtsp:///stream", "names a host"),
        ("rtsp://camera:99999/stream", "is no address"),
        ("rtsp://[::1/stream", "is no address"),
        ("rtsp://camera/a b", "no spaces"),
        ("rtsp://camera/\x00", "no spaces"),
        ("rtsp://camera/" + "a" * 2000, "at most"),
    ],
)
def test_all_others_are_refused_with_a_reason(address: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        check_address(address)


def test_passwords_and_tokens_are_not_shown() -> None:
    assert shown(f"rtsp://viewer:{SECRET}@10.0.0.7:554/h264?token={SECRET}#{SECRET}") == "rtsp://10.0.0.7:554/h264"
    assert shown("srt://[fe80::1]:9000?passphrase=x") == "srt://[fe80::1]:9000"


@given(st.text(max_size=30), st.sampled_from(["rtsp", "http", "file"]))
def test_whatever_is_in_a_password_it_is_neither_shown_nor_in_an_error(rest: str, scheme: str) -> None:
    address = f"{scheme}://viewer:{SECRET}{rest}@host/stream"
    try:
        told = shown(check_address(address))
    except ValueError as error:
        told = str(error)
    assert SECRET not in told
