"""The sender of one visitor, between a source of pictures and a transport: what it asks for, and how it ends."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import numpy as np
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.rtcrtpparameters import (
    RTCRtcpParameters,
    RTCRtpCodecParameters,
    RTCRtpHeaderExtensionParameters,
    RTCRtpSendParameters,
)
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtpPacket,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.pose import Pose
from stream.codec.encoder import AccessUnit
from stream.codec.video_codec import VideoCodec
from stream.errors import EncoderError
from stream.link.transport_feedback import TransportFeedback
from stream.peer import FrameSent
from stream.picture.frame_source import CodedFrame, TargetRate
from stream.rtp.packet_writer import TRANSPORT_CC
from stream.settings import StreamSettings
from stream.webrtc.sender import InteractiveSender, SenderEvents
from tests.stream.feedback_packing import pack_feedback
from tests.waiting import WAIT_S

FRAME = Frame(
    np.zeros((2, 2, 4), np.uint8),
    PixelFormat.RGBA,
    2,
    2,
    Pose((0, 0, 0), (0, 0, 0, 1)),
    0,
    False,
    FrameTimes(0, 0, 0.0, 0.0),
)


class Source:
    """Gives the pictures that a test puts into it: each so many packets, or an error."""

    def __init__(self) -> None:
        self.pictures: asyncio.Queue[int | Exception] = asyncio.Queue()
        self.asked = 0
        self.targets_bps: list[int] = []
        self.key_frames_wanted = 0
        self.wanted = asyncio.Event()

    async def next(self, target_bps: TargetRate) -> CodedFrame:
        self.asked += 1
        what = await self.pictures.get()
        if isinstance(what, Exception):
            raise what
        self.targets_bps.append(target_bps())
        unit = AccessUnit(VideoCodec.H264, bytes(what), self.asked == 1)
        now_ns = time.monotonic_ns()
        return CodedFrame(FRAME, unit, now_ns, now_ns, payloads=tuple(bytes(1000) for _ in range(what)))

    def want_key_frame(self) -> None:
        self.key_frames_wanted += 1
        self.wanted.set()


class Transport:
    """What a sender uses of RTCDtlsTransport."""

    state = "connected"
    _stats_id = "transport"

    def __init__(self) -> None:
        self.data: list[bytes] = []
        self.rtcp: list[bytes] = []
        self.sent = asyncio.Event()

    async def _send_rtp(self, data: bytes) -> None:
        self.data.append(data)
        self.sent.set()

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self.rtcp.append(data)

    def _register_rtp_sender(self, sender: object, parameters: object) -> None: ...

    def _unregister_rtp_sender(self, sender: object) -> None: ...


PARAMETERS = RTCRtpSendParameters(
    codecs=[
        RTCRtpCodecParameters(mimeType="video/H264", clockRate=90_000, payloadType=102),
        RTCRtpCodecParameters(mimeType="video/rtx", clockRate=90_000, payloadType=103, parameters={"apt": 102}),
    ],
    headerExtensions=[RTCRtpHeaderExtensionParameters(id=4, uri=TRANSPORT_CC)],
    rtcp=RTCRtcpParameters(cname="test"),
)


@dataclass
class Running:
    source: Source = field(default_factory=Source)
    transport: Transport = field(default_factory=Transport)
    frames: list[FrameSent] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    failed: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        def on_failed(reason: str) -> None:
            self.failures.append(reason)
            self.failed.set()

        events = SenderEvents(self.frames.append, lambda: None, on_failed)
        self.sender = InteractiveSender(self.transport, self.source, StreamSettings(), events)

    @property
    def media(self) -> list[bytes]:
        return [data for data in self.transport.data if data[1] & 0x7F == 102]

    async def until(self, packets: int) -> None:
        async with asyncio.timeout(WAIT_S):
            while len(self.media) < packets:
                self.transport.sent.clear()
                await self.transport.sent.wait()

    async def tell(self, feedback: TransportFeedback) -> None:
        """The receiver sends transport-wide feedback."""
        await self.transport._handle_rtcp_data(pack_feedback(feedback))

    async def ask_key_frame(self) -> None:
        await self.sender._handle_rtcp_packet(RtcpPsfbPacket(RTCP_PSFB_PLI, 1, self.sender._ssrc))


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    running = Running()
    await running.sender.send(PARAMETERS)
    yield running
    async with asyncio.timeout(WAIT_S):
        await running.sender.stop()


async def test_a_picture_is_sent_and_told_of(running: Running) -> None:
    running.source.pictures.put_nowait(3)
    await running.until(3)
    running.source.pictures.put_nowait(2)
    await running.until(5)
    packets = [RtpPacket.parse(data) for data in running.media]
    assert [packet.marker for packet in packets] == [0, 0, 1, 0, 1]
    assert running.frames[0].rtp_timestamp == packets[0].timestamp
    assert running.frames[0].key_frame
    assert packets[3].timestamp != packets[0].timestamp


async def test_no_picture_is_taken_while_the_link_is_full_and_single_packets_ask_for_it(running: Running) -> None:
    running.source.pictures.put_nowait(2)
    await running.until(2)
    await running.tell(TransportFeedback(0, 1, (0, 250)))
    running.source.pictures.put_nowait(100)
    await running.until(102)
    async with asyncio.timeout(WAIT_S):
        while len(running.transport.data) == len(running.media):  # until there is one in the stream for repeated ones
            running.transport.sent.clear()
            await running.transport.sent.wait()
    assert running.source.asked == 2, "the newest waits in the slot, not an old one on the way"
    await running.tell(TransportFeedback(2, 1, tuple(range(0, 25_000, 250))))
    running.source.pictures.put_nowait(1)
    await running.until(103)


async def test_however_often_a_key_frame_is_asked_for_one_is_made_at_a_time(running: Running) -> None:
    running.source.pictures.put_nowait(1)
    await running.until(1)
    for _ in range(50):
        await running.ask_key_frame()
    await asyncio.wait_for(running.source.wanted.wait(), WAIT_S)
    for _ in range(50):  # it has been asked of the source, which has not made it yet
        await running.ask_key_frame()
        await asyncio.sleep(0)
    assert running.source.key_frames_wanted == 1


async def test_packets_that_are_missing_are_sent_again(running: Running) -> None:
    running.source.pictures.put_nowait(3)
    await running.until(3)
    first = RtpPacket.parse(running.media[0]).sequence_number
    await running.sender._handle_rtcp_packet(RtcpRtpfbPacket(RTCP_RTPFB_NACK, 1, running.sender._ssrc, [first + 1]))
    assert running.sender.counts.retransmitted_packets_sent == 1


async def test_an_encoder_that_has_no_successor_ends_the_visit_with_its_reason(running: Running) -> None:
    running.source.pictures.put_nowait(EncoderError("no encoder works"))
    await asyncio.wait_for(running.failed.wait(), WAIT_S)
    assert running.failures == ["no encoder works"]


async def test_a_defect_of_ours_ends_the_visit_and_says_so(running: Running) -> None:
    running.source.pictures.put_nowait(ZeroDivisionError("nobody thought of that"))
    await asyncio.wait_for(running.failed.wait(), WAIT_S)
    assert len(running.failures) == 1


@pytest.mark.parametrize("pictures", [[], [3], [400], [2, 400]])
async def test_it_ends_whatever_it_waits_for_and_leaves_no_task(pictures: list[int]) -> None:
    before = asyncio.all_tasks()
    running = Running()
    await running.sender.send(PARAMETERS)
    for packets in pictures:
        running.source.pictures.put_nowait(packets)
    if pictures:
        await running.until(1)
        await running.tell(TransportFeedback(0, 1, (0,)))
        await running.ask_key_frame()
    async with asyncio.timeout(WAIT_S):
        await running.sender.stop()
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == before


BYTES_32 = st.integers(0, 2**32 - 1)
REPORTS = st.builds(
    RtcpReceiverInfo, st.just(0), st.integers(0, 255), st.just(0), BYTES_32, BYTES_32, BYTES_32, BYTES_32
)
HEARD = st.one_of(
    REPORTS,
    st.builds(lambda fmt, fci: (fmt, fci), st.integers(0, 31), st.binary(max_size=24).map(lambda rest: b"REMB" + rest)),
    st.lists(st.integers(0, 0xFFFF), max_size=40),
    st.builds(
        TransportFeedback,
        st.integers(0, 20) | st.integers(0, 0xFFFF),
        st.integers(0, 2**24 - 1),
        st.lists(st.none() | st.integers(-100, 100).map(lambda units: 250 * units), max_size=30).map(tuple),
    ),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(HEARD, max_size=12))
def test_whatever_the_receiver_says_the_rate_stays_within_its_limits(said: list[object]) -> None:
    async def hear() -> None:
        running = Running()
        sender, limits = running.sender, StreamSettings()
        await sender.send(PARAMETERS)
        running.source.pictures.put_nowait(8)
        await running.until(8)
        for what in said:
            if isinstance(what, RtcpReceiverInfo):
                what.ssrc = sender._ssrc
                await sender._handle_rtcp_packet(RtcpRrPacket(1, [what]))
            elif isinstance(what, TransportFeedback):
                await running.tell(what)
            elif isinstance(what, tuple):
                await sender._handle_rtcp_packet(RtcpPsfbPacket(what[0], 1, sender._ssrc, what[1]))
            else:
                await sender._handle_rtcp_packet(RtcpRtpfbPacket(RTCP_RTPFB_NACK, 1, sender._ssrc, list(what)))
            link, now_s = sender.link, time.monotonic()
            assert limits.min_bps <= link.link_bps <= limits.max_bps
            assert limits.min_bps <= link.picture_bps(now_s) <= limits.max_bps
            assert link.in_flight_bytes >= 0
        assert running.failures == []
        await sender.stop()

    asyncio.run(hear())


async def test_the_private_names_of_the_transport_are_still_there() -> None:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    transport = connection.addTransceiver("video").sender.transport
    for name in ("_send_rtp", "_handle_rtcp_data", "_register_rtp_sender", "_unregister_rtp_sender", "_stats_id"):
        assert hasattr(transport, name), name
    await connection.close()
