"""Where each visitor's sound is at which instant; no time passes here."""

from __future__ import annotations

import asyncio
import time

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream.audio.audio_source import (
    LATE_MAX_NS,
    LIVE_WAITING_MAX,
    AudioPacket,
    Interlude,
    LiveAudio,
    LiveCoder,
    PendingPlayback,
    TrackPlayback,
)
from stream.audio.opus import PACKET_NS, OpusEncoder, OpusTrack
from stream.webrtc.audio_sender import AudioTimestamps
from tests.stream.sounds import decode, loudest_hz, tone

MS = 1_000_000
STORY = OpusTrack((b"once", b"upon", b"a", b"time"), loop=False)
AMBIENCE = OpusTrack((b"la", b"li", b"lu"), loop=True)


def data(packet: AudioPacket | None) -> bytes | None:
    return None if packet is None else packet.data


def test_a_track_is_played_by_the_clock_and_ends() -> None:
    playback = TrackPlayback(STORY)
    playback.begin(1000)
    packets = [playback.take(1000 + index * PACKET_NS) for index in range(5)]
    assert [data(packet) for packet in packets] == [b"once", b"upon", b"a", b"time", None]
    assert [packet.present_ns for packet in packets if packet] == [1000 + index * PACKET_NS for index in range(4)]
    assert playback.due_ns() is None


def test_a_late_wake_up_moves_nothing() -> None:
    playback = TrackPlayback(AMBIENCE)
    playback.begin(0)
    taken = [playback.take(index * PACKET_NS + 7 * MS) for index in range(100)]
    assert [packet.present_ns for packet in taken if packet] == [index * PACKET_NS for index in range(100)]


def test_after_a_long_stall_the_sound_is_where_the_clock_is() -> None:
    playback = TrackPlayback(AMBIENCE)
    playback.begin(0)
    playback.take(0)
    now_ns = PACKET_NS + LATE_MAX_NS + 5 * PACKET_NS
    packet = playback.take(now_ns)
    assert packet is not None
    assert 0 <= now_ns - packet.present_ns < PACKET_NS
    story = TrackPlayback(STORY)
    story.begin(0)
    assert story.take(10 * LATE_MAX_NS) is None, "it is over by now"


def test_who_mutes_goes_on_later_where_they_were() -> None:
    playback = TrackPlayback(STORY)
    playback.begin(0)
    assert data(playback.take(0)) == b"once"
    playback.end()
    playback.begin(5000 * MS)
    packet = playback.take(5000 * MS)
    assert packet == AudioPacket(b"upon", 5000 * MS)


async def test_a_track_that_is_still_being_coded_is_waited_for() -> None:
    coming: asyncio.Future[OpusTrack | None] = asyncio.get_running_loop().create_future()
    playback = PendingPlayback(coming)
    playback.begin(0)
    waiting = asyncio.create_task(playback.next())
    await asyncio.sleep(0)
    assert not waiting.done()
    coming.set_result(STORY)
    assert data(await waiting) == b"once"
    nothing: asyncio.Future[OpusTrack | None] = asyncio.get_running_loop().create_future()
    nothing.set_result(None)
    assert await PendingPlayback(nothing).next() is None


async def test_giving_up_waiting_does_not_stop_the_coding() -> None:
    coming: asyncio.Future[OpusTrack | None] = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(PendingPlayback(coming).next())
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    assert not coming.cancelled()


async def test_a_live_sound_goes_to_all_who_listen_and_a_slow_one_loses_the_oldest() -> None:
    live = LiveAudio()
    quick, slow, absent = live.listen(), live.listen(), live.listen()
    quick.begin(0)
    slow.begin(0)
    for index in range(LIVE_WAITING_MAX + 3):
        live.put(AudioPacket(bytes([index]), index))
        assert data(await quick.next()) == bytes([index])
    assert data(await slow.next()) == bytes([3])
    slow.end()
    live.put(AudioPacket(b"x", 99))
    for silent in (slow, absent):
        waiting = asyncio.create_task(silent.next())
        await asyncio.sleep(0)
        assert not waiting.done()
        waiting.cancel()
        await asyncio.wait([waiting])


@given(st.lists(st.integers(1, 3000), min_size=1, max_size=20))
def test_samples_in_pieces_of_any_size_become_packets_that_follow_each_other(sizes: list[int]) -> None:
    coder, at, packets = LiveCoder(), 0, []
    for size in sizes:
        packets += coder.code(np.zeros((size, 2), np.float32), 10**9 + at * 10**9 // 48_000)
        at += size
    assert len(packets) == sum(sizes) // 960
    lookahead_ns = OpusEncoder.LOOKAHEAD_SAMPLES * 10**9 // 48_000
    for index, packet in enumerate(packets):
        assert packet.present_ns == 10**9 - lookahead_ns + index * PACKET_NS


def test_a_gap_in_a_live_source_is_a_gap_in_time() -> None:
    coder = LiveCoder()
    sound = np.repeat(tone(440, 0.5)[:, np.newaxis], 2, axis=1)
    before = coder.code(sound, 0)
    after = coder.code(sound, 3 * 10**9)
    assert after[0].present_ns - before[0].present_ns == 3 * 10**9
    heard = decode(packet.data for packet in before)
    assert loudest_hz(heard[4800:, 0]) < 450


@given(st.lists(st.integers(-9 * MS, 9 * MS), min_size=2, max_size=50), st.integers(0, 2**32 - 1))
def test_a_jittering_clock_does_not_tear_the_sound(jitter_ns: list[int], origin: int) -> None:
    timestamps = AudioTimestamps(origin)
    start_ns = 10**12
    seen = [timestamps.timestamp(start_ns)]
    seen += [timestamps.timestamp(start_ns + (i + 1) * PACKET_NS + jitter // 2) for i, jitter in enumerate(jitter_ns)]
    assert [(later - seen[0]) % 2**32 for later in seen] == [960 * index for index in range(len(seen))]


def test_silence_is_counted_in_timestamps() -> None:
    timestamps = AudioTimestamps(5)
    first = timestamps.timestamp(0)
    assert timestamps.timestamp(10**9) - first == 48_000
    assert timestamps.timestamp(10**9 - PACKET_NS) - first == 48_960, "never back"


async def test_an_interlude_is_played_to_its_end_and_the_other_sound_goes_on_where_it_was() -> None:
    story, music = (
        OpusTrack(tuple(f"{name}{index}".encode() for index in range(3)), loop)
        for name, loop in (("story", False), ("music", True))
    )
    hall = TrackPlayback(music)
    hall.begin(time.monotonic_ns())
    assert (await hall.next()).data == b"music0"
    hall.end()
    interlude = Interlude(TrackPlayback(story), hall)
    interlude.begin(time.monotonic_ns())
    assert [(await interlude.next()).data for _ in range(5)] == [b"story0", b"story1", b"story2", b"music1", b"music2"]


async def test_after_an_interlude_there_may_be_nothing() -> None:
    interlude = Interlude(TrackPlayback(OpusTrack((b"story",), False)), None)
    interlude.begin(time.monotonic_ns())
    assert (await interlude.next()).data == b"story"
    assert await interlude.next() is None
    interlude.end()
