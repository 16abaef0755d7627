"""A visitor made of aiortc hears what we send, over real sockets."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpReceiver, RTCRtpSender, RTCSessionDescription
from aiortc.rtp import RtcpSrPacket, RtpPacket
from structlog.testing import capture_logs

from stream import X264, AiortcPeer, PeerEvents, StreamSettings
from stream.audio.audio_source import LIVE_WAITING_MAX, AudioPacket, LiveAudio, LiveCoder, TrackPlayback
from stream.audio.opus import OpusEncoder, OpusTrack
from stream.media_clock import ntp_at
from stream.webrtc.reporting_sender import UPSTREAM_NAMES
from tests.stream.sounds import decode, loudest_hz, tone
from tests.stream.webrtc.test_aiortc_peer import Owner, picture
from tests.waiting import WAIT_S


def track(hz: float, *, loop: bool = True, seconds: float = 1.0) -> OpusTrack:
    sound = np.repeat(tone(hz, seconds)[:, np.newaxis], 2, axis=1)
    encoder = OpusEncoder()
    return OpusTrack(tuple(encoder.encode(sound[at : at + 960]) for at in range(0, len(sound), 960)), loop)


HIGH, LOW = track(880), track(220)


class Ear:
    """Takes down the audio packets and sender reports that a receiver gets."""

    def __init__(self, receiver: RTCRtpReceiver) -> None:
        self.packets: asyncio.Queue[RtpPacket] = asyncio.Queue()
        self.reports: asyncio.Queue[RtcpSrPacket] = asyncio.Queue()
        receiver._handle_rtp_packet = self._take
        receiver._handle_rtcp_packet = self._take_report

    async def _take(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        self.packets.put_nowait(packet)

    async def _take_report(self, packet: object) -> None:
        if isinstance(packet, RtcpSrPacket) and packet.sender_info.packet_count:
            self.reports.put_nowait(packet)

    async def hear(self, count: int) -> list[RtpPacket]:
        async with asyncio.timeout(WAIT_S):
            return [await self.packets.get() for _ in range(count)]

    async def hear_tone(self, hz: float) -> None:
        """Wait until that tone is heard."""
        async with asyncio.timeout(WAIT_S):
            while True:
                heard = decode(packet.payload for packet in await self.hear(15))[4800:, 0]
                if abs(loudest_hz(heard) - hz) < 15:
                    return

    async def report(self) -> RtcpSrPacket:
        return await asyncio.wait_for(self.reports.get(), WAIT_S)


@dataclass
class Listening:
    peer: AiortcPeer
    visitor: RTCPeerConnection
    answer: str
    ear: Ear


@asynccontextmanager
async def listening(
    *kinds: str, channels: bool = True, settings: StreamSettings | None = None, events: PeerEvents | None = None
) -> AsyncIterator[Listening]:
    """A visitor whose offer has these sections, in this order."""
    owner, visitor = Owner(), RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer = AiortcPeer(events or owner.events(), (X264,), settings or StreamSettings())
    for kind in kinds or ("video", "audio"):
        visitor.addTransceiver(kind, direction="recvonly")
    if channels:
        visitor.createDataChannel("pose", negotiated=True, id=0, ordered=False, maxRetransmits=0)
        visitor.createDataChannel("command", negotiated=True, id=1)
    await visitor.setLocalDescription(await visitor.createOffer())
    answer = await peer.answer(visitor.localDescription.sdp)
    await visitor.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    receiver = next(t.receiver for t in visitor.getTransceivers() if t.kind == "audio")
    yield Listening(peer, visitor, answer, Ear(receiver))
    await visitor.close()
    await peer.close("test ends")


async def test_a_visitor_who_listens_hears_the_tone() -> None:
    async with listening() as here:
        here.peer.play(TrackPlayback(HIGH))
        here.peer.mute(False)
        packets = await here.ear.hear(40)
    heard = decode(packet.payload for packet in packets)
    assert loudest_hz(heard[4800:, 0]) == pytest.approx(880, abs=5)
    assert [packet.marker for packet in packets] == [1, *[0] * 39], "the first after a silence is marked"
    for earlier, later in itertools.pairwise(packets):
        assert (later.sequence_number - earlier.sequence_number) % 2**16 == 1
        assert (later.timestamp - earlier.timestamp) % 2**32 == 960


async def test_nothing_is_sent_to_who_has_not_asked_and_nothing_to_who_mutes() -> None:
    async with listening() as here:
        here.peer.play(TrackPlayback(HIGH))
        here.peer.mute(True)
        here.peer.mute(False)
        first = (await here.ear.hear(5))[0]
        assert first.payload == HIGH.packets[0], "it begins when it is listened to"
        here.peer.mute(True)
        # Reports come half a second or more apart: two that say the same mean silence.
        before, sent = -1, (await here.ear.report()).sender_info.packet_count
        while sent != before:
            before, sent = sent, (await here.ear.report()).sender_info.packet_count
        here.peer.mute(False)
        await here.ear.hear(sent - 5)
        again = (await here.ear.hear(1))[0]
        assert again.payload == HIGH.packets[sent], "it goes on where it was"
        assert again.marker == 1


async def test_another_sound_takes_over_from_its_beginning() -> None:
    async with listening() as here:
        here.peer.mute(False)
        here.peer.play(TrackPlayback(HIGH))
        await here.ear.hear_tone(880)
        here.peer.play(TrackPlayback(LOW))
        here.peer.play(TrackPlayback(LOW))  # twice at once is as good as once
        await here.ear.hear_tone(220)
        here.peer.play(None)
        here.peer.play(TrackPlayback(HIGH))
        await here.ear.hear_tone(880)


async def test_a_story_ends_and_another_may_begin() -> None:
    async with listening() as here:
        here.peer.mute(False)
        here.peer.play(TrackPlayback(track(880, loop=False, seconds=0.1)))
        await here.ear.hear(5)
        here.peer.play(TrackPlayback(track(220, loop=False, seconds=0.1)))
        assert (await here.ear.hear(5))[0].marker == 1


class Ending:
    """A sound that is over at once; somebody asks for another one in that very moment."""

    def __init__(self, at_end: Callable[[], object]) -> None:
        self._at_end = at_end

    def begin(self, now_ns: int) -> None:
        """See AudioSource.begin."""

    async def next(self) -> AudioPacket | None:
        """See AudioSource.next."""
        self._at_end()
        return None

    def end(self) -> None:
        """See AudioSource.end."""


async def test_a_sound_that_is_asked_for_as_another_ends_is_heard() -> None:
    async with listening() as here:
        here.peer.mute(False)
        here.peer.play(Ending(lambda: here.peer.play(TrackPlayback(LOW))))
        await here.ear.hear_tone(220)


async def test_a_defect_of_a_sound_is_in_the_log_and_the_picture_goes_on() -> None:
    owner = Owner()
    async with listening(events=owner.events()) as here:
        with capture_logs() as logs:
            here.peer.mute(False)
            here.peer.play(Ending(lambda: 1 // 0))
            await asyncio.wait_for(here.peer._sound._get("rtp_exited").wait(), WAIT_S)
        assert "sound_failed" in [entry["event"] for entry in logs]
        here.peer.put_frame(picture((200, 30, 40)))
        await owner.until(lambda: owner.sent)


async def test_who_has_gone_may_still_be_played_to_and_muted() -> None:
    """A scene changes for all who are in it; one of them may just have lost the connection."""
    async with listening() as here:
        here.peer.mute(False)
        here.peer.play(TrackPlayback(HIGH))
        await here.ear.hear(5)
        await here.peer._sound.stop()
        here.peer.play(TrackPlayback(LOW))
        here.peer.mute(True)


async def test_a_player_without_data_channels_hears_at_once() -> None:
    async with listening(channels=False) as here:
        here.peer.play(TrackPlayback(LOW))
        await here.ear.hear_tone(220)


async def test_sections_may_come_in_any_order() -> None:
    owner = Owner()
    async with listening("audio", "video", events=owner.events()) as here:
        here.peer.mute(False)
        here.peer.play(TrackPlayback(LOW))
        here.peer.put_frame(picture((200, 30, 40)))
        await here.ear.hear_tone(220)
        await owner.until(lambda: owner.sent and owner.open_channels == {"pose", "command"})
        assert here.answer.index("m=audio") < here.answer.index("m=video")


async def test_a_visitor_that_can_not_offer_hears_too() -> None:
    visitor = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer = AiortcPeer(Owner().events(), (X264,), StreamSettings())
    await visitor.setRemoteDescription(RTCSessionDescription(await peer.offer(), "offer"))
    await visitor.setLocalDescription(await visitor.createAnswer())
    await peer.accept(visitor.localDescription.sdp)
    ear = Ear(next(t.receiver for t in visitor.getTransceivers() if t.kind == "audio"))
    peer.play(TrackPlayback(LOW))
    peer.mute(False)
    await ear.hear_tone(220)
    await visitor.close()
    await peer.close("test ends")


async def test_who_has_no_opus_gets_the_picture_alone() -> None:
    owner, visitor = Owner(), RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer = AiortcPeer(owner.events(), (X264,), StreamSettings())
    visitor.addTransceiver("video", direction="recvonly")
    transceiver = visitor.addTransceiver("audio", direction="recvonly")
    codecs = RTCRtpSender.getCapabilities("audio").codecs
    transceiver.setCodecPreferences([codec for codec in codecs if codec.mimeType == "audio/PCMU"])
    await visitor.setLocalDescription(await visitor.createOffer())
    answer = await peer.answer(visitor.localDescription.sdp)
    await visitor.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    peer.play(TrackPlayback(LOW))
    peer.put_frame(picture((200, 30, 40)))
    await owner.until(lambda: owner.sent)
    assert peer._sound.sent_packets == 0
    await visitor.close()
    await peer.close("test ends")


@pytest.mark.parametrize("lip_sync", [False, True])
async def test_only_what_must_be_in_sync_shares_a_media_stream(lip_sync: bool) -> None:
    async with listening(settings=StreamSettings(lip_sync=lip_sync)) as here:
        streams = {line.split()[0] for line in here.answer.splitlines() if line.startswith("a=msid:")}
        assert len(streams) == (1 if lip_sync else 2)


async def test_reports_put_sound_and_picture_on_one_clock() -> None:
    """What belongs to one instant gets one NTP time, through both streams' sender reports."""
    owner = Owner()
    async with listening(events=owner.events()) as here:
        eye = Ear(next(t.receiver for t in here.visitor.getTransceivers() if t.kind == "video"))
        live, coder = LiveAudio(), LiveCoder()
        here.peer.play(live.listen())
        here.peer.mute(False)
        await owner.until(lambda: owner.open_channels)
        instant_ns = time.monotonic_ns() - 300_000_000
        shown = picture((200, 30, 40))
        here.peer.put_frame(replace(shown, times=replace(shown.times, draw_start_ns=instant_ns)))
        sound = np.repeat(tone(440, 1.0)[:, np.newaxis], 2, axis=1)
        packets = coder.code(sound, instant_ns)
        while here.peer._sound._turn is None:  # noqa: ASYNC110 - it begins to listen when it is connected
            await asyncio.sleep(0.01)
        await asyncio.sleep(0)
        for packet in packets[:LIVE_WAITING_MAX]:
            live.put(packet)
        heard, seen = await here.ear.report(), await eye.report()
        (first,) = await here.ear.hear(1)
    for report, rtp, clock_hz in (
        (heard, first.timestamp + OpusEncoder.LOOKAHEAD_SAMPLES, 48_000),
        (seen, owner.sent[0].rtp_timestamp, 90_000),
    ):
        info = report.sender_info
        behind = (info.rtp_timestamp - rtp + 2**31) % 2**32 - 2**31
        ntp_s = info.ntp_timestamp / 2**32 - behind / clock_hz
        assert abs(ntp_s - ntp_at(instant_ns) / 2**32) < 0.01


async def test_the_private_names_that_we_use_are_still_there() -> None:
    """When this fails, aiortc has changed: read its sender again before changing ours."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = connection.addTransceiver("audio")
    for name in UPSTREAM_NAMES:
        assert hasattr(transceiver.sender, name), name
    assert hasattr(transceiver, "_bundled")
    connection.createDataChannel("x")
    assert hasattr(connection.sctp, "_bundled")
    await connection.close()
