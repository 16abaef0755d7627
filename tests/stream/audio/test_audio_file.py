"""Sound files: what is taken, how the rest is refused, and loops without a seam."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stream.audio import audio_file
from stream.audio.audio_file import CONTAINERS, SoundFile, code_track
from stream.audio.opus import OpusEncoder
from stream.errors import AudioError
from tests.stream.sounds import decode, loudest_hz, tone, write_wav

CODECS = {".ogg": "libopus", ".mp3": "libmp3lame", ".m4a": "aac", ".flac": "flac"}


def write_sound(path: Path, samples: np.ndarray, rate_hz: int) -> Path:
    """By libav, in the format that the suffix says."""
    with av.open(str(path), "w") as file:
        stream = file.add_stream(CODECS[path.suffix], rate=rate_hz, layout="mono")
        frame = av.AudioFrame.from_ndarray((samples * 32767).astype(np.int16)[np.newaxis], format="s16", layout="mono")
        frame.sample_rate = rate_hz
        resampler = av.AudioResampler(stream.format, "mono", rate_hz, stream.codec_context.frame_size or None)
        for piece in [*resampler.resample(frame), *resampler.resample(None), None]:
            file.mux(stream.encode(piece))
    return path


@pytest.mark.parametrize("suffix", CODECS)
async def test_every_format_becomes_the_same_packets(tmp_path: Path, suffix: str) -> None:
    rate_hz = 48_000 if suffix == ".ogg" else 44_100
    path = write_sound(tmp_path / f"hall{suffix}", tone(440, 1.0, rate_hz), rate_hz)
    file = SoundFile.check(path)
    assert file.length == pytest.approx(48_000, abs=3000)
    track = await code_track(file, loop=False, volume=1.0)
    heard = decode(track.packets)
    assert track.duration_s == pytest.approx(1.0, abs=0.1)
    assert loudest_hz(heard[4800:40_000, 0]) == pytest.approx(440, abs=3)
    assert np.allclose(heard[4800:40_000, 0], heard[4800:40_000, 1], atol=0.05), "mono is heard on both sides"


async def test_the_volume_is_coded_in(tmp_path: Path) -> None:
    file = SoundFile.check(write_wav(tmp_path / "hall.wav", tone(440, 1.0)))
    loud, soft = [decode((await code_track(file, loop=False, volume=v)).packets) for v in (1.0, 0.25)]
    ratio = np.abs(soft[9600:38_400]).mean() / np.abs(loud[9600:38_400]).mean()
    assert ratio == pytest.approx(0.25, rel=0.1)


async def test_both_sides_stay_apart(tmp_path: Path) -> None:
    sides = np.stack([tone(300, 1.0), tone(900, 1.0)], axis=1)
    file = SoundFile.check(write_wav(tmp_path / "hall.wav", sides))
    heard = decode((await code_track(file, loop=False, volume=1.0)).packets)
    assert loudest_hz(heard[4800:40_000, 0]) == pytest.approx(300, abs=3)
    assert loudest_hz(heard[4800:40_000, 1]) == pytest.approx(900, abs=3)


@pytest.mark.parametrize("seconds", [2.0, 2.01, 0.5])
async def test_a_loop_has_no_seam(tmp_path: Path, seconds: float) -> None:
    # 100 Hz fits each of these lengths, so the sound goes on evenly where the file ends; packets fit the first only.
    file = SoundFile.check(write_wav(tmp_path / "hall.wav", tone(100, seconds)))
    track = await code_track(file, loop=True, volume=1.0)
    assert len(track.packets) == int(seconds * 50)
    heard = decode(track.packets * 3)[:, 0]
    join = len(heard) // 3
    step = np.abs(np.diff(heard))
    around = step[join - 960 : join + 1920].max()
    assert around < 1.5 * step[join + 2400 : 2 * join - 6000 if seconds > 1 else 2 * join].max(), "no click at the join"


def test_what_is_no_sound_is_refused_with_a_reason(tmp_path: Path) -> None:
    for name, content, complaint in (
        ("a.wav", b"", "can't be decoded as wav"),
        ("a.mp3", b"hello" * 100, "can't be decoded as mp3"),
        ("a.ogg", b"#EXTM3U\nhttp://127.0.0.1/x.ogg", "can't be decoded as ogg"),
        ("a.m4a", bytes(5000), "can't be decoded as mov"),
        ("a.exe", b"MZ", "must be one of"),
    ):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(AudioError, match=complaint):
            SoundFile.check(tmp_path / name)
    with pytest.raises(AudioError, match="can't be decoded as flac: No such file"):
        SoundFile.check(tmp_path / "missing.flac")


def test_a_film_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "mute.m4a"
    with av.open(str(path), "w", format="mp4") as file:
        stream = file.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for piece in (av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24"), None):
            file.mux(stream.encode(piece))
    with pytest.raises(AudioError, match="no sound in it"):
        SoundFile.check(path)


def test_too_short_and_too_long_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AudioError, match="shorter than"):
        SoundFile.check(write_wav(tmp_path / "a.wav", tone(440, 0.05)))
    monkeypatch.setattr(audio_file, "DURATION_MAX_S", 60)
    with pytest.raises(AudioError, match="longer than 1 minutes"):
        SoundFile.check(write_wav(tmp_path / "b.wav", np.zeros(61 * 8000, np.float32), 8000))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(sorted(CONTAINERS)), st.binary(max_size=400), st.integers(0, 3000))
def test_a_mangled_file_is_taken_or_refused(tmp_path: Path, suffix: str, junk: bytes, at: int) -> None:
    whole = write_wav(tmp_path / "whole.wav", tone(440, 0.2, 8000), 8000).read_bytes()
    path = tmp_path / f"mangled{suffix}"
    path.write_bytes(whole[:at] + junk + whole[at + len(junk) :])
    try:
        file = SoundFile.check(path)
    except AudioError:
        return  # refused; anything else that is raised fails the test
    for packet in file.packets(loop=True, volume=2.0):
        assert packet


def test_an_encoder_gives_a_packet_for_each_block() -> None:
    encoder = OpusEncoder()
    sound = np.repeat(tone(440, 1.0)[:, np.newaxis], 2, axis=1)
    packets = [encoder.encode(sound[at : at + 960]) for at in range(0, 48_000, 960)]
    heard = decode(packets)[:, 0]
    shift = OpusEncoder.LOOKAHEAD_SAMPLES
    assert np.abs(heard[shift + 4800 : 40_000] - sound[4800 : 40_000 - shift, 0]).max() < 0.1, "late by the lookahead"
