"""Files from beginning to end, through the source's own thread and real decoders."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import numpy as np
import pytest

from edge_render.errors import VideoError
from edge_render.video.check import check_file
from edge_render.video.opening import PIXELS_MAX
from edge_render.video.picture import Coding, Matrix
from edge_render.video.source import VideoSource
from edge_render.video.status import SourceState
from tests.edge_render.video.videos import (
    FPS,
    HEIGHT,
    SAMPLE_RATE_HZ,
    WIDTH,
    Watched,
    gray,
    steps,
    write_video,
)

LEVELS = (40, 80, 120, 160, 200)
FRAME_NS = 1_000_000_000 // FPS


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five greys, two pictures each: 0.4 seconds."""
    pictures = [gray(level) for level in LEVELS for _ in range(2)]
    return write_video(tmp_path_factory.mktemp("clip") / "clip.mp4", pictures)


def test_a_recording_is_shown_at_its_pace_and_begins_anew_without_a_seam(clip: Path) -> None:
    with Watched(clip) as watched:
        pictures = watched.wait_pictures(25)
        assert steps(watched.grays())[:10] == pytest.approx(LEVELS * 2, abs=3)
    apart_ns = [later.due_ns - earlier.due_ns for earlier, later in itertools.pairwise(pictures)]
    # A machine that is busy for a second may stall it: then everything moves, and the next are as far apart again.
    assert sorted(apart_ns)[len(apart_ns) // 2] == pytest.approx(FRAME_NS, abs=1000)
    assert [picture.number for picture in pictures] == list(range(1, len(pictures) + 1))
    assert (pictures[0].luma.shape, pictures[0].blue.shape) == ((HEIGHT, WIDTH), (HEIGHT // 2, WIDTH // 2))
    assert pictures[0].coding == Coding(Matrix.BT601, full=False)


def test_a_recording_that_does_not_loop_ends_with_its_last_picture(clip: Path) -> None:
    with Watched(clip, loop=False) as watched:
        status = watched.wait_state(SourceState.ENDED)
        assert len(watched.pictures) == 2 * len(LEVELS)
        assert status.picture_ns is not None
        last = watched.source.look()
        assert last is not None
        assert last.luma[0, 0] == pytest.approx(LEVELS[-1], abs=3)


def test_a_recording_stands_still_while_nobody_looks_and_goes_on_when_somebody_does(clip: Path) -> None:
    with Watched(clip, looks=False, idle_after_s=3600.0) as watched:
        watched.wait_pictures(1)
        assert watched.source.idle
        watched.source.look()
        watched.wait_pictures(5)
        assert not watched.source.idle


def test_nobody_looks_so_only_the_first_picture_is_decoded(clip: Path) -> None:
    with Watched(clip, looks=False) as watched:
        watched.wait_pictures(1)
        watched.wait_state(SourceState.PLAYING)
        assert watched.source.figures.pictures_decoded == 1


def test_picture_and_sound_are_due_together(tmp_path: Path) -> None:
    """A flash and a clap at one second: both are to be seen and heard at the same instant."""
    samples = np.zeros(2 * SAMPLE_RATE_HZ, np.float32)
    clap = SAMPLE_RATE_HZ
    samples[clap : clap + 480] = np.sin(2 * np.pi * 1000 * np.arange(480) / SAMPLE_RATE_HZ)
    pictures = [gray(235 if number >= FPS else 16) for number in range(2 * FPS)]
    path = write_video(tmp_path / "clap.mp4", pictures, samples=samples)
    with Watched(path, sound=True, loop=False) as watched:
        watched.wait_state(SourceState.ENDED)
    flash_ns = next(picture.due_ns for picture in watched.pictures if picture.luma[0, 0] > 125)
    claps_ns = []
    for block in watched.blocks:
        loud = np.flatnonzero(np.abs(block.samples[:, 0]) > 0.3)
        if len(loud):
            claps_ns.append(block.due_ns + int(loud[0]) * 1_000_000_000 // SAMPLE_RATE_HZ)
    assert abs(claps_ns[0] - flash_ns) < 25_000_000, "AAC's frame of 21 ms is the grain of it"
    assert all(heard_ns >= block.due_ns for block, heard_ns in zip(watched.blocks, watched.heard_ns, strict=True))
    assert sum(len(block.samples) for block in watched.blocks) == pytest.approx(2 * SAMPLE_RATE_HZ, abs=4096)


def test_sound_that_nobody_asked_for_is_not_decoded(tmp_path: Path) -> None:
    path = write_video(tmp_path / "tone.mp4", [gray(100)] * FPS, samples=np.zeros(SAMPLE_RATE_HZ, np.float32))
    with Watched(path, loop=False) as watched:
        watched.wait_state(SourceState.ENDED)
        assert watched.blocks == []


@pytest.mark.parametrize(
    ("codec", "pixel_format", "suffix"),
    [
        ("libx264", "yuv420p10le", ".mp4"),
        ("libx264", "yuv444p", ".mkv"),
        ("libx264", "yuv422p", ".ts"),
        ("libx265", "yuv420p", ".mp4"),
        ("libvpx-vp9", "yuv420p", ".webm"),
        ("libsvtav1", "yuv420p", ".mkv"),
        ("mjpeg", "yuvj420p", ".mov"),
    ],
)
def test_other_codecs_and_kinds_of_pictures_look_the_same(
    tmp_path: Path, codec: str, pixel_format: str, suffix: str
) -> None:
    path = write_video(tmp_path / f"clip{suffix}", [gray(120)] * 3, codec=codec, pixel_format=pixel_format)
    with Watched(path) as watched:
        (picture, *_) = watched.wait_pictures(1)
    rgb = picture.coding.to_rgb() @ np.array([picture.luma[9, 9], picture.blue[9, 9], picture.red[9, 9], 255]) / 255
    assert rgb * 255 == pytest.approx([(120 - 16) * 255 / 219] * 3, abs=3)


def test_a_file_that_breaks_off_is_lost_and_tried_again(clip: Path, tmp_path: Path) -> None:
    broken = tmp_path / "broken.mp4"
    broken.write_bytes(clip.read_bytes()[:1500])
    with Watched(broken) as watched:
        status = watched.wait_state(SourceState.LOST, count=2)
        assert "can't be opened as mov" in status.reason
        assert status.picture_ns is None
        assert watched.source.look() is None


def test_closing_ends_a_wait_for_looks_and_a_wait_to_reconnect(clip: Path, tmp_path: Path) -> None:
    resting = VideoSource(clip)
    resting.start()
    missing = VideoSource(tmp_path / "missing.mp4", chance=lambda: 0.0)
    missing.start()
    for source in (resting, missing):
        source.close()
        assert source.join(10.0)
        assert source.status.state is SourceState.CLOSED


def test_a_file_is_checked_by_its_first_picture(clip: Path, tmp_path: Path) -> None:
    facts = check_file(clip)
    assert (facts.width, facts.height, facts.codec, facts.sound) == (WIDTH, HEIGHT, "h264", False)
    assert facts.duration_s == pytest.approx(2 * len(LEVELS) / FPS, abs=0.05)
    for content in (b"", b"\0" * 5000, clip.read_bytes()[:900]):
        damaged = tmp_path / "damaged.mp4"
        damaged.write_bytes(content)
        with pytest.raises(VideoError, match="can't be opened as mov"):
            check_file(damaged)
    with pytest.raises(VideoError, match="must be one of"):
        check_file(tmp_path / "playlist.m3u8")


def test_a_picture_that_is_too_large_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    large = write_video(tmp_path / "large.mkv", [gray(100, 8208, 32)], codec="mjpeg", pixel_format="yuvj420p")
    with pytest.raises(VideoError, match="8208x32 pixels"):
        check_file(large)


def test_a_file_leads_to_no_other(tmp_path: Path) -> None:
    """A playlist in a video's clothes: libav would open what it names, if it were left to guess."""
    secret = write_video(tmp_path / "secret.ts", [gray(100)] * 5)
    for name in ("list.mp4", "list.ts", "list.mkv"):
        (tmp_path / name).write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n{secret}\n#EXT-X-ENDLIST\n")
        with pytest.raises(VideoError):
            check_file(tmp_path / name)


def test_a_code_that_nobody_knows_is_said_to_be_that(clip: Path, tmp_path: Path) -> None:
    unknown = tmp_path / "unknown.mp4"
    unknown.write_bytes(clip.read_bytes().replace(b"avc1", b"zzzz"))
    with pytest.raises(VideoError, match="not known here"):
        check_file(unknown)


@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_whatever_happened_to_a_file_it_is_shown_or_refused(tmp_path: Path, suffix: str) -> None:
    intact = write_video(tmp_path / f"intact{suffix}", [gray(level) for level in LEVELS]).read_bytes()
    damage = random.Random(1)
    for _ in range(60):
        data = bytearray(intact)
        for _ in range(damage.randint(1, 30)):
            data[damage.randrange(len(data))] = damage.randrange(256)
        damaged = tmp_path / f"damaged{suffix}"
        damaged.write_bytes(data[: damage.randrange(len(data)) if damage.random() < 0.3 else None])
        try:
            facts = check_file(damaged)
        except VideoError:
            continue
        assert 0 < facts.width * facts.height <= PIXELS_MAX
