"""The sound of a source between its thread and those who listen."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from control.showroom import live_feed
from control.showroom.live_feed import LiveSound
from edge_render.video.decoded import SoundBlock
from edge_render.video.spec import LiveScene
from stream.audio.audio_source import AudioPacket, LiveCoder
from stream.audio.opus import PACKET_NS, PACKET_SAMPLES, Samples
from tests.stream.sounds import decode, tone

BEGAN_NS = 1_000_000_000


def live(volume: float = 1.0) -> LiveSound:
    return LiveSound(LiveScene(type="live", source="rtsp://camera/a", source_volume=volume))


def hear(sound: LiveSound, count: int) -> None:
    """As the source's thread does: so many packets' worth of a tone."""
    samples = np.repeat(tone(440, count * PACKET_NS / 1e9)[:, np.newaxis], 2, axis=1).astype(np.float32)
    blocks = [
        SoundBlock(samples[at : at + PACKET_SAMPLES], BEGAN_NS + at * 1_000_000_000 // 48_000)
        for at in range(0, len(samples), PACKET_SAMPLES)
    ]
    thread = threading.Thread(target=lambda: [sound.hear(block) for block in blocks])
    thread.start()
    thread.join()


async def test_who_listens_is_handed_packets_with_the_instants_of_the_source() -> None:
    sound = live()
    listener = sound.playback()
    listener.begin(0)
    hear(sound, 4)
    packets = [await listener.next() for _ in range(4)]
    instants = [packet.present_ns for packet in packets if packet is not None]
    assert np.diff(instants).tolist() == [PACKET_NS] * 3
    assert abs(instants[0] - BEGAN_NS) < PACKET_NS
    listener.end()


async def test_what_nobody_listens_to_is_not_coded(monkeypatch: pytest.MonkeyPatch) -> None:
    coded = []

    class Counting(LiveCoder):
        def code(self, samples: Samples, present_ns: int) -> list[AudioPacket]:
            coded.append(present_ns)
            return super().code(samples, present_ns)

    monkeypatch.setattr(live_feed, "LiveCoder", Counting)
    sound = live()
    hear(sound, 4)
    assert coded == []
    listener = sound.playback()
    listener.begin(0)
    hear(sound, 1)
    assert await listener.next() is not None
    assert coded == [BEGAN_NS]


async def test_the_volume_is_a_factor_and_too_loud_is_cut_off() -> None:
    loudest = {}
    for volume in (0.25, 4.0):
        sound = live(volume)
        listener = sound.playback()
        listener.begin(0)
        hear(sound, 8)
        packets = [packet for _ in range(8) if (packet := await listener.next()) is not None]
        loudest[volume] = np.abs(decode([packet.data for packet in packets])[PACKET_SAMPLES * 2 :]).max()
    assert 0.1 < loudest[0.25] < 0.16
    assert 0.8 < loudest[4.0] <= 1.1
