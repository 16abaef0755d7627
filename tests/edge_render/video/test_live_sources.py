"""Live sources over real connections: they play, are lost, and come back."""

from __future__ import annotations

import itertools
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from edge_render.video import catching_up, opening
from edge_render.video.source import VideoSource
from edge_render.video.status import SourceState
from tests.edge_render.video.live_servers import (
    GOP,
    LEVELS,
    HlsServer,
    LiveServer,
    RtmpServer,
    RtspServer,
    SrtServer,
    srt_library,
)
from tests.edge_render.video.videos import WAIT_S, Watched, gray, steps, write_video

needs_srt = pytest.mark.skipif(srt_library() is None, reason="libsrt is not on this machine")
SERVERS: list[object] = [
    pytest.param(lambda folder: RtspServer(), id="rtsp"),
    pytest.param(lambda folder: RtmpServer(), id="rtmp"),
    pytest.param(lambda folder: HlsServer(folder / "hls"), id="hls"),
    pytest.param(lambda folder: SrtServer(), id="srt", marks=needs_srt),
]


@pytest.mark.parametrize("make", SERVERS)
def test_a_source_that_dies_keeps_its_last_picture_and_comes_back(
    tmp_path: Path, make: Callable[[Path], LiveServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "HLS_READ_S", 2.0)
    server = make(tmp_path)
    with server, Watched(server.address, idle_after_s=3600.0) as watched:
        watched.wait_state(SourceState.PLAYING)
        watched.wait_pictures(2 * GOP)
        order = steps(watched.grays())
        following = {level: LEVELS[(index + 1) % len(LEVELS)] for index, level in enumerate(LEVELS)}
        nearest = [min(LEVELS, key=lambda level: abs(level - gray)) for gray in order]
        assert all(following[before] == after for before, after in itertools.pairwise(nearest))
        server.stop()
        lost = watched.wait_state(SourceState.LOST)
        assert lost.picture_ns is not None
        assert lost.retry_ns is not None
        assert "s3cret" not in f"{lost.reason} {watched.source.name}"
        last = watched.source.look()
        assert last is not None
        assert last.number == len(watched.pictures)
        server.start()
        watched.wait_state(SourceState.PLAYING, count=2)
        watched.wait_pictures(last.number + GOP)
        assert watched.source.figures.reconnects >= 1


def test_a_camera_that_is_not_there_yet_is_waited_for() -> None:
    server = RtspServer()
    with Watched(server.address) as watched:
        lost = watched.wait_state(SourceState.LOST)
        assert lost.picture_ns is None
        with server:
            watched.wait_state(SourceState.PLAYING)


def test_a_decoder_that_can_t_keep_up_shows_key_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if each picture were too late."""
    monkeypatch.setattr(catching_up, "KEY_ONLY_FROM_NS", 0)
    with RtspServer() as server, Watched(server.address) as watched:
        watched.wait_pictures(4)
        grays = watched.grays()
        assert all(abs(later - earlier) > 20 for earlier, later in itertools.pairwise(grays))


@pytest.mark.parametrize("refusal", ["461 Unsupported Transport", "400 Bad Request"])
def test_a_camera_that_only_does_udp_is_read_over_udp(refusal: str) -> None:
    with RtspServer(refusal) as server, Watched(server.address) as watched:
        watched.wait_pictures(GOP)


def test_while_nobody_looks_key_frames_alone_are_decoded_and_who_comes_sees_now() -> None:
    with RtspServer() as server, Watched(server.address, looks=False) as watched:
        pictures = watched.wait_pictures(5)
        assert watched.source.idle
        first_of_each = {round(int(picture.luma[0, 0]) / 40) for picture in pictures}
        assert len(first_of_each) >= 4, "a key frame of each level, and none of those between"
        before = len(watched.wait_pictures(6))
        watched.looks = True
        watched.source.look()
        after = watched.wait_pictures(before + 3 * GOP)[before + 1 :]
        grays = [round(int(picture.luma[0, 0]) / 40) for picture in after]
        assert max(grays.count(gray) for gray in grays) >= GOP - 1, "all pictures are decoded again"


def test_a_server_that_never_answers_is_given_up_and_does_not_hold_up_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "OPEN_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        with Watched(f"rtmp://127.0.0.1:{silent.getsockname()[1]}/live/camera") as watched:
            assert "no answer in time" in watched.wait_state(SourceState.LOST).reason
        monkeypatch.setattr(opening, "OPEN_S", 2.0)
        stuck = VideoSource(f"rtmp://127.0.0.1:{silent.getsockname()[1]}/live/camera")
        stuck.start()
        silent.accept()
        stuck.close()  # returns at once, though libav still waits for an answer
        assert stuck.join(WAIT_S)
        assert stuck.status.state is SourceState.CLOSED


def test_a_playlist_leads_to_no_file(tmp_path: Path) -> None:
    server = HlsServer(tmp_path / "hls")
    with server:
        secret = write_video(tmp_path / "secret.ts", [gray(100)] * 5)
        lines = f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\nfile://{secret}\n#EXT-X-ENDLIST\n"
        (tmp_path / "hls" / "evil.m3u8").write_text(lines)
        with Watched(server.address.replace("live.m3u8", "evil.m3u8")) as watched:
            watched.wait_state(SourceState.LOST)
            assert watched.pictures == []
