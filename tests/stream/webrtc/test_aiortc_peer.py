"""A visitor made of aiortc looks at pictures of ours over real sockets, and decodes them."""

from __future__ import annotations

import asyncio
import struct
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace

import av
import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.codecs.h264 import h264_depayload
from aiortc.codecs.vpx import vp8_depayload
from aiortc.rtp import RtcpSrPacket, RtpPacket
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.pose import Pose
from stream import (
    X264,
    AiortcPeer,
    EncoderKind,
    FrameSent,
    PeerEvents,
    PeerState,
    SignallingError,
    StreamSettings,
    VideoCodec,
)
from stream.codec.fallback_encoder import EncoderReplaced
from stream.media_clock import ntp_at
from stream.peer import Channel
from stream.rtp.packet_writer import PLAYOUT_DELAY, TRANSPORT_CC
from stream.webrtc.aiortc_peer import UPSTREAM_SENDER
from stream.webrtc.reporting_sender import UPSTREAM_NAMES
from tests.waiting import WAIT_S

RED, BLUE = (200, 30, 40), (20, 60, 190)


def picture(rgb: tuple[int, int, int], seq: int = 0, size: tuple[int, int] = (320, 192)) -> Frame:
    width, height = size
    pixels = np.empty((height, width, 4), np.uint8)
    pixels[:] = (*rgb, 255)
    times = FrameTimes(time.monotonic_ns(), time.monotonic_ns(), 1.0, 1.0)
    return Frame(pixels, PixelFormat.RGBA, width, height, Pose((0, 0, 0), (0, 0, 0, 1)), seq, False, times)


@dataclass
class Owner:
    """Takes a peer's events down, and lets a test wait for them."""

    states: list[tuple[PeerState, str]] = field(default_factory=list)
    messages: list[tuple[Channel, str | bytes]] = field(default_factory=list)
    sent: list[FrameSent] = field(default_factory=list)
    refused: list[Frame] = field(default_factory=list)
    open_channels: set[Channel] = field(default_factory=set)
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    def events(self) -> PeerEvents:
        def note(where: list[object]) -> object:
            def take(*what: object) -> None:
                where.append(what if len(what) > 1 else what[0])
                self.changed.set()

            return take

        def opened(channel: Channel) -> None:
            self.open_channels.add(channel)
            self.changed.set()

        return PeerEvents(
            on_state=note(self.states),
            on_message=note(self.messages),
            on_channel_open=opened,
            on_frame_sent=note(self.sent),
            on_refused=note(self.refused),
            on_alive=self.changed.set,
        )

    async def until(self, condition: object) -> None:
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


class Screen:
    """Decodes what a visitor receives, each picture as soon as its last packet came (aiortc's own receiver
    holds a picture back until the next one begins)."""

    def __init__(self, visitor: RTCPeerConnection) -> None:
        self._formats = {one.payloadType: one.name for one in visitor.getTransceivers()[0]._codecs}
        self._decoders = {name: av.CodecContext.create(name.lower(), "r") for name in ("H264", "VP8")}
        self.codecs: list[str] = []
        self._data = b""
        self._pictures: asyncio.Queue[np.ndarray] = asyncio.Queue()
        self.timestamps: list[int] = []
        self.packets = self.payload_bytes = 0
        receiver = visitor.getReceivers()[0]
        receiver._handle_rtp_packet = self._take

    async def _take(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        self.packets += 1
        self.payload_bytes += len(packet.payload)
        name = self._formats[packet.payload_type]
        self._data += h264_depayload(packet.payload) if name == "H264" else vp8_depayload(packet.payload)
        if packet.marker:
            self.timestamps.append(packet.timestamp)
            self.codecs.append(name)
            for frame in self._decoders[name].decode(av.Packet(self._data)):
                self._pictures.put_nowait(frame.to_ndarray(format="rgb24"))
            self._data = b""

    async def next_picture(self) -> np.ndarray:
        return await asyncio.wait_for(self._pictures.get(), WAIT_S)


@dataclass
class Connected:
    owner: Owner
    peer: AiortcPeer
    visitor: RTCPeerConnection
    screen: Screen

    async def show(self, frame: Frame) -> np.ndarray:
        """Send a frame and wait until the visitor sees it."""
        self.peer.put_frame(frame)
        return await self.screen.next_picture()


def new_peer(owner: Owner) -> AiortcPeer:
    return AiortcPeer(owner.events(), (X264,), StreamSettings())


async def new_offer(visitor: RTCPeerConnection, channels: bool = True) -> str:
    visitor.addTransceiver("video", direction="recvonly")
    if channels:
        visitor.createDataChannel("pose", negotiated=True, id=0, ordered=False, maxRetransmits=0)
        visitor.createDataChannel("command", negotiated=True, id=1)
    await visitor.setLocalDescription(await visitor.createOffer())
    return visitor.localDescription.sdp


@pytest.fixture
async def connected() -> AsyncIterator[Connected]:
    owner, visitor = Owner(), RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer = new_peer(owner)
    answer = await peer.answer(await new_offer(visitor))
    await visitor.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await owner.until(lambda: peer.state is PeerState.CONNECTED)
    yield Connected(owner, peer, visitor, Screen(visitor))
    await visitor.close()
    await peer.close("test ends")


async def test_a_picture_arrives_in_its_colours(connected: Connected) -> None:
    seen = await connected.show(picture(RED, seq=5))
    assert seen.shape == (192, 320, 3)
    assert np.abs(seen.astype(int) - RED).max() <= 6
    await connected.owner.until(lambda: connected.owner.sent)
    assert connected.owner.sent[0].frame.input_seq == 5
    assert connected.owner.sent[0].key_frame


async def test_the_reported_timestamp_is_the_one_on_the_wire(connected: Connected) -> None:
    for seq, color in enumerate((RED, BLUE, RED)):
        await connected.show(picture(color, seq))
    await connected.owner.until(lambda: len(connected.owner.sent) == 3)
    reported = [sent.rtp_timestamp for sent in connected.owner.sent]
    assert connected.screen.timestamps == reported
    assert len(set(reported)) == 3


async def test_sender_reports_tell_when_a_picture_was_drawn(connected: Connected) -> None:
    reports: asyncio.Queue[RtcpSrPacket] = asyncio.Queue()
    receiver = connected.visitor.getReceivers()[0]

    async def take(packet: object) -> None:
        if isinstance(packet, RtcpSrPacket):
            reports.put_nowait(packet)

    receiver._handle_rtcp_packet = take
    drawn_ns = time.monotonic_ns() - 500_000_000
    old = picture(RED)
    await connected.show(replace(old, times=replace(old.times, draw_start_ns=drawn_ns)))
    await connected.owner.until(lambda: connected.owner.sent)
    async with asyncio.timeout(WAIT_S):
        while (info := (await reports.get()).sender_info).packet_count == 0:
            pass
    since_s = (info.rtp_timestamp - connected.owner.sent[0].rtp_timestamp) % 2**32 / 90_000
    assert abs((info.ntp_timestamp - ntp_at(drawn_ns)) / 2**32 - since_s) < 0.05, "not the time at which it left"


async def test_the_statistics_are_what_the_receiver_got(connected: Connected) -> None:
    for seq, color in enumerate((RED, BLUE, RED)):
        await connected.show(picture(color, seq))
    receiver, peer = connected.visitor.getReceivers()[0], connected.peer
    await receiver._send_rtcp_pli(peer._sender._ssrc)
    await connected.screen.next_picture()
    await connected.owner.until(lambda: len(connected.owner.sent) == 4)
    video = peer.stats().video
    assert (video.packets_sent, video.bytes_sent) == (connected.screen.packets, connected.screen.payload_bytes)
    assert (video.frames_encoded, video.frames_sent, video.key_frames_encoded) == (4, 4, 2)
    assert (video.frame_width, video.frame_height) == (320, 192)
    assert (video.mime_type, video.encoder_implementation) == ("video/H264", "libx264")
    assert (video.pli_count, video.fir_count, video.nack_count) == (1, 0, 0)
    assert video.total_encode_time == pytest.approx(
        sum(sent.encode_ms for sent in connected.owner.sent) / 1e3, abs=1e-6
    )
    assert video.total_packet_send_delay > 0.0
    assert video.quality_limitation_reason == "none"
    assert peer.stats().audio is None
    assert peer.stats().candidate_pair.available_outgoing_bitrate >= StreamSettings().min_bps


async def test_reports_of_the_receiver_measure_the_round_trip(connected: Connected) -> None:
    """Also where nothing has been sent for longer than between two reports."""
    receiver = connected.visitor.getReceivers()[0]
    receiver._handle_rtp_packet = type(receiver)._handle_rtp_packet.__get__(receiver)
    connected.peer.put_frame(picture(RED))

    def measured() -> int:
        remote = connected.peer.stats().remote_video
        return 0 if remote is None else remote.round_trip_time_measurements

    await connected.owner.until(lambda: measured() >= 2)
    remote = connected.peer.stats().remote_video
    assert remote.packets_lost == 0
    assert 0.0 < remote.total_round_trip_time < 0.9 * remote.round_trip_time_measurements
    assert connected.peer.stats().candidate_pair.current_round_trip_time == remote.round_trip_time


async def test_a_new_size_needs_no_new_connection(connected: Connected) -> None:
    assert (await connected.show(picture(RED))).shape == (192, 320, 3)
    assert (await connected.show(picture(BLUE, size=(160, 96)))).shape == (96, 160, 3)
    await connected.owner.until(lambda: len(connected.owner.sent) == 2)
    assert connected.owner.sent[-1].key_frame


async def test_a_lost_picture_is_sent_again_as_a_key_frame(connected: Connected) -> None:
    for color in (RED, BLUE):
        await connected.show(picture(color))
    await connected.owner.until(lambda: len(connected.owner.sent) == 2)
    assert not connected.owner.sent[-1].key_frame
    receiver = connected.visitor.getReceivers()[0]
    for _ in range(5):
        await receiver._send_rtcp_pli(connected.peer._sender._ssrc)
    seen = await connected.screen.next_picture()
    await connected.owner.until(lambda: len(connected.owner.sent) == 3)
    assert np.abs(seen.astype(int) - BLUE).max() <= 6, "nothing new was drawn, so it is the last picture"
    assert [sent.key_frame for sent in connected.owner.sent] == [True, False, True], "five requests, one key frame"


async def test_of_frames_that_wait_only_the_newest_is_sent() -> None:
    owner, visitor = Owner(), RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer = new_peer(owner)
    for seq in range(4):
        peer.put_frame(picture(RED, seq))
    answer = await peer.answer(await new_offer(visitor))
    await visitor.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    await owner.until(lambda: owner.sent)
    assert [sent.frame.input_seq for sent in owner.sent] == [3]
    assert [frame.input_seq for frame in owner.refused] == [0, 1, 2]
    assert peer.stats().sender.frames_dropped == 3
    await visitor.close()
    await peer.close("test ends")


async def test_messages_go_both_ways(connected: Connected) -> None:
    owner, peer = connected.owner, connected.peer
    await owner.until(lambda: owner.open_channels == {"pose", "command"})
    assert peer.send_message("command", "hello")
    channel = connected.visitor.sctp._data_channels[0]
    opened = asyncio.Event()
    channel.on("open", opened.set)
    if channel.readyState != "open":
        await asyncio.wait_for(opened.wait(), WAIT_S)
    channel.send("from the visitor")
    await owner.until(lambda: ("pose", "from the visitor") in owner.messages)


async def test_a_visitor_who_sends_broken_rtp_gets_the_picture_all_the_same(connected: Connected) -> None:
    await connected.show(picture(RED))
    transport = connected.visitor.getReceivers()[0].transport
    ids = transport._rtp_header_extensions_map._HeaderExtensionsMap__ids
    element = bytes([ids.abs_send_time << 4, 1, 0, 0])  # of one byte, where there should be three
    await transport._send_rtp(struct.pack("!BBHLLHH", 0x90, 96, 1, 2, 3, 0xBEDE, 1) + element)
    await connected.owner.until(lambda: "command" in connected.owner.open_channels)
    await connected.show(picture(BLUE))
    assert connected.peer.state is PeerState.CONNECTED


async def test_a_player_without_data_channels_gets_the_picture() -> None:
    owner, visitor = Owner(), RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer = new_peer(owner)
    answer = await peer.answer(await new_offer(visitor, channels=False))
    assert "m=application" not in answer
    await visitor.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    screen = Screen(visitor)
    peer.put_frame(picture(BLUE))
    seen = await screen.next_picture()
    assert np.abs(seen.astype(int) - BLUE).max() <= 6
    assert not peer.send_message("command", "nobody hears this")
    await visitor.close()
    await peer.close("test ends")


async def test_a_visitor_that_can_not_offer_takes_our_offer() -> None:
    owner, visitor = Owner(), RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer = new_peer(owner)
    await visitor.setRemoteDescription(RTCSessionDescription(await peer.offer(), "offer"))
    await visitor.setLocalDescription(await visitor.createAnswer())
    await peer.accept(visitor.localDescription.sdp)
    screen = Screen(visitor)
    peer.put_frame(picture(RED))
    seen = await screen.next_picture()
    assert np.abs(seen.astype(int) - RED).max() <= 6
    await visitor.close()
    await peer.close("test ends")


async def test_the_answer_agrees_to_playout_delay_where_it_is_offered() -> None:
    visitor, peer = RTCPeerConnection(RTCConfiguration(iceServers=[])), new_peer(Owner())
    answer = await peer.answer(await new_offer(visitor))
    assert PLAYOUT_DELAY in answer
    assert TRANSPORT_CC in answer
    assert "H264" in answer
    assert "VP8" not in answer, "no encoder of it was given"
    await visitor.close()
    await peer.close("test ends")


async def test_an_encoder_that_fails_is_replaced_by_another_codec_s_in_the_same_stream() -> None:
    owner, visitor, replaced = Owner(), RTCPeerConnection(RTCConfiguration(iceServers=[])), list[EncoderReplaced]()
    events = replace(owner.events(), on_encoder_replaced=replaced.append)
    peer = AiortcPeer(events, (X264, EncoderKind(VideoCodec.VP8, "libvpx")), StreamSettings())
    await visitor.setRemoteDescription(RTCSessionDescription(await peer.offer(), "offer"))
    await visitor.setLocalDescription(await visitor.createAnswer())
    await peer.accept(visitor.localDescription.sdp)
    screen = Screen(visitor)
    visit = Connected(owner, peer, visitor, screen)
    await visit.show(picture(RED))
    seen = await visit.show(picture(BLUE, size=(321, 193)))  # libx264 refuses odd sizes
    assert seen.shape == (193, 321, 3)
    assert screen.codecs == ["H264", "VP8"]
    await owner.until(lambda: len(owner.sent) == 2)
    assert owner.sent[-1].key_frame
    assert [(one.failed, one.by) for one in replaced] == [("libx264", "libvpx")]
    stats = peer.stats().video
    assert (stats.mime_type, stats.encoder_implementation) == ("video/VP8", "libvpx")
    await visitor.close()
    await peer.close("test ends")


async def test_closing_frees_every_task_and_may_be_done_twice(connected: Connected) -> None:
    before = asyncio.all_tasks()
    await connected.show(picture(RED))
    await connected.peer.close("goodbye")
    await connected.peer.close("again")
    await connected.visitor.close()
    assert connected.owner.states[-1] == (PeerState.CLOSED, "goodbye")
    left = {task for task in asyncio.all_tasks() - {asyncio.current_task()} if task not in before}
    assert not left


@pytest.mark.parametrize(
    ("offer", "complaint"),
    [
        ("", "not SDP"),
        ("<html>", "not SDP"),
        ("v=0\r\n", "no video"),
        ("v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 0\r\n", "no video"),
        ("v=0\r\nm=video 9 UDP/TLS/RTP/SAVPF 96\r\na=rtpmap:96 VP8/90000\r\n", "can't be used"),
        ("v=0\r\n" + "a=x\r\n" * 50_000, "more than"),
    ],
)
async def test_an_offer_that_is_none_is_refused_with_a_reason(offer: str, complaint: str) -> None:
    peer = new_peer(Owner())
    with pytest.raises(SignallingError, match=complaint):
        await peer.answer(offer)
    await peer.close("test ends")


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@example(cut=0.736328125, junk="", repeat=2)
@given(cut=st.floats(0, 1), junk=st.text(max_size=20), repeat=st.integers(0, 3))
def test_a_mangled_offer_is_answered_or_refused(cut: float, junk: str, repeat: int) -> None:
    async def offer_it() -> None:
        visitor, peer = RTCPeerConnection(RTCConfiguration(iceServers=[])), new_peer(Owner())
        sdp = await new_offer(visitor)
        at = int(cut * len(sdp))
        try:
            await peer.answer(sdp[:at] + junk + sdp[at + repeat * 7 :])
        except SignallingError:
            pass  # refused; anything else that is raised fails the test
        finally:
            await visitor.close()
            await peer.close("test ends")

    asyncio.run(offer_it())


async def test_the_private_names_that_we_use_are_still_there() -> None:
    """When this fails, aiortc has changed: read its sender again before changing ours."""
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transceiver = connection.addTransceiver("video")
    assert isinstance(getattr(transceiver, UPSTREAM_SENDER), RTCRtpSender)
    for name in UPSTREAM_NAMES:
        assert hasattr(transceiver.sender, name), name
    for method in ("_run_rtp", "_send_rtcp", "_handle_rtcp_packet"):
        assert asyncio.iscoroutinefunction(getattr(RTCRtpSender, method)), method
    await connection.close()
