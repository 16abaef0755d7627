"""What leaves for a visitor, read as a receiver reads it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

import pytest
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpSendParameters
from aiortc.rtp import RtpPacket, unwrap_rtx
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.codec.video_codec import VideoCodec
from stream.link.link import Link
from stream.link.probing import PROBE_PACKETS_MIN
from stream.link.transport_feedback import TransportFeedback
from stream.rtp.packet_sender import COPIES_WAITING_MAX, PacketSender
from stream.rtp.packet_writer import ABS_SEND_TIME, TRANSPORT_CC, PacketWriter
from stream.rtp.payload import packetiser
from stream.rtp.rtp_format import RtpFormat
from stream.settings import StreamSettings
from stream.webrtc.aiortc_extensions import ExtensionIds
from tests.waiting import WAIT_S

SSRC, RTX_SSRC = 0x1234, 0x5678
FORMAT = RtpFormat(102, 103, packetiser(VideoCodec.H264))
WITHOUT_RTX = RtpFormat(102, None, packetiser(VideoCodec.H264))
FRAME_S = 1 / 30


def extension_ids() -> ExtensionIds:
    ids = ExtensionIds()
    extensions = [RTCRtpHeaderExtensionParameters(id=3, uri=ABS_SEND_TIME)]
    extensions.append(RTCRtpHeaderExtensionParameters(id=4, uri=TRANSPORT_CC))
    ids.configure(RTCRtpSendParameters(headerExtensions=extensions))
    return ids


@dataclass
class Wire:
    """A sender, and all that it has sent."""

    link: Link = field(default_factory=lambda: Link(StreamSettings(), 0.0))
    data: list[bytes] = field(default_factory=list)
    times_s: list[float] = field(default_factory=list)
    gone: bool = False
    told_of: int = 0
    sent: asyncio.Event = field(default_factory=asyncio.Event)

    def __post_init__(self) -> None:
        self._ids = extension_ids()
        self.sender = PacketSender(self.send, PacketWriter(self._ids.by_uri, None), SSRC, RTX_SSRC, self.link)

    async def send(self, data: bytes) -> None:
        if self.gone:
            raise ConnectionError("the transport is closed")
        self.data.append(data)
        self.times_s.append(asyncio.get_running_loop().time())
        self.sent.set()

    @property
    def packets(self) -> list[RtpPacket]:
        return [RtpPacket.parse(data, self._ids) for data in self.data]

    @property
    def media(self) -> list[RtpPacket]:
        return [packet for packet in self.packets if packet.ssrc == SSRC]

    @property
    def again(self) -> list[RtpPacket]:
        """What was sent again, as it was when it was sent first."""
        return [unwrap_rtx(packet, 102, SSRC) for packet in self.packets if packet.ssrc == RTX_SSRC]

    def again_of(self, number: int) -> int:
        """How often a packet was sent again."""
        return sum(packet.sequence_number == number for packet in self.again)

    async def picture(
        self, count: int = 4, *, key_frame: bool = False, timestamp: int = 90, rtp_format: RtpFormat = FORMAT
    ) -> list[RtpPacket]:
        """Send one; returns its packets."""
        before = len(self.media)
        payloads = [bytes([index % 256]) * 1000 for index in range(count)]
        await self.sender.send_picture(rtp_format, payloads, timestamp, key_frame, FRAME_S)
        return self.media[before:]

    def told(self, *, lost_every: int | None = None) -> None:
        """The receiver tells of all packets so far: each came as soon as it was sent."""
        arrivals = tuple(
            None if lost_every and index % lost_every == 1 else round(1e6 * (at_s - self.times_s[0]))
            for index, at_s in enumerate(self.times_s)
        )
        now_s = asyncio.get_running_loop().time()
        self.link.on_feedback(TransportFeedback(self.told_of, 1, arrivals[self.told_of :]), now_s)
        self.told_of = len(arrivals)

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what has been sent fulfils a condition."""
        async with asyncio.timeout(WAIT_S):
            while not condition():
                self.sent.clear()
                await self.sent.wait()


@contextlib.asynccontextmanager
async def extras_of(wire: Wire) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(wire.sender.run_extras())
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def lossy() -> Wire:
    """A link that has been found to lose packets, and gets no probes, as it has all that it may have."""
    wire = Wire(Link(StreamSettings(start_bps=4_000_000, max_bps=4_000_000), 0.0))
    await wire.picture(100)
    wire.told(lost_every=20)
    await wire.picture(3)
    wire.told()
    assert wire.link.copies_share == 1.0
    return wire


async def test_a_picture_is_a_row_of_numbered_packets_of_one_time_and_the_last_is_marked() -> None:
    wire = Wire()
    packets = await wire.picture(5, timestamp=4711)
    first = packets[0].sequence_number
    assert [packet.sequence_number for packet in packets] == [first + index for index in range(5)]
    assert first < 2**15, "no wrap-around before the receiver has seen a packet"
    assert [packet.marker for packet in packets] == [0, 0, 0, 0, 1]
    assert {(packet.timestamp, packet.payload_type, packet.ssrc) for packet in packets} == {(4711, 102, SSRC)}
    assert [packet.payload[0] for packet in packets] == [0, 1, 2, 3, 4]
    assert [packet.extensions.transport_sequence_number for packet in packets] == [0, 1, 2, 3, 4]
    assert all(packet.extensions.abs_send_time for packet in packets)


async def test_numbers_wrap_around() -> None:
    wire = Wire()
    wire.sender._sequence = 65_534
    assert [packet.sequence_number for packet in await wire.picture(4)] == [65_534, 65_535, 0, 1]
    await wire.sender.answer_nack([65_535, 0])
    assert [packet.sequence_number for packet in wire.again] == [65_535, 0]


async def test_what_is_missing_is_sent_again_in_the_stream_for_that_with_numbers_of_its_own() -> None:
    wire = Wire()
    packets = await wire.picture(6)
    missing = [packets[1].sequence_number, packets[4].sequence_number]
    assert not await wire.sender.answer_nack(missing)
    assert [packet.sequence_number for packet in wire.again] == missing
    assert [packet.payload for packet in wire.again] == [packets[1].payload, packets[4].payload]
    rtx = [packet for packet in wire.packets if packet.ssrc == RTX_SSRC]
    assert rtx[1].sequence_number == rtx[0].sequence_number + 1
    assert [packet.extensions.transport_sequence_number for packet in rtx] == [6, 7]
    assert wire.sender.counts.retransmitted_packets_sent == 2
    assert wire.sender.counts.retransmitted_bytes_sent == 2000


async def test_a_receiver_without_that_stream_gets_the_very_same_packet() -> None:
    wire = Wire()
    packets = await wire.picture(3, rtp_format=WITHOUT_RTX)
    assert not await wire.sender.answer_nack([packets[1].sequence_number])
    assert wire.data[3:] == [wire.data[1]], "SRTP must not protect two packets under one number"


async def test_what_was_never_sent_is_not_answered() -> None:
    wire = Wire()
    last = (await wire.picture())[-1].sequence_number
    assert not await wire.sender.answer_nack([last + 1, last + 1000])
    assert wire.again == []


async def test_a_hole_that_is_too_large_is_answered_by_a_key_frame() -> None:
    wire = Wire()
    packets = await wire.picture(60)
    assert await wire.sender.answer_nack([packet.sequence_number for packet in packets])
    assert wire.again == []


async def test_after_a_key_frame_nothing_of_before_is_sent_again() -> None:
    wire = Wire()
    before = await wire.picture()
    await wire.picture(key_frame=True)
    assert not await wire.sender.answer_nack([packet.sequence_number for packet in before])
    assert wire.again == []


async def test_on_a_link_that_loses_packets_each_goes_twice() -> None:
    wire = await lossy()
    async with extras_of(wire):
        numbers = {packet.sequence_number for packet in await wire.picture(5)}
        await wire.until(lambda: numbers <= {packet.sequence_number for packet in wire.again})
    assert wire.sender.counts.copied_packets_sent >= 5


async def test_an_answer_goes_twice_there_as_well() -> None:
    wire = await lossy()
    async with extras_of(wire):
        missing = (await wire.picture(2))[0].sequence_number
        await wire.until(lambda: wire.again_of(missing) == 1)
        await wire.sender.answer_nack([missing])
        await wire.until(lambda: wire.again_of(missing) == 3)


async def test_copies_that_wait_are_dropped_by_a_key_frame_and_are_never_many() -> None:
    wire = await lossy()
    for _ in range(4):
        await wire.picture(40)
    assert len(wire.sender._copies) == COPIES_WAITING_MAX
    await wire.picture(3, key_frame=True)
    assert len(wire.sender._copies) == 3


async def test_a_probe_is_made_of_the_newest_packets() -> None:
    wire = Wire()
    await wire.picture(10)
    wire.told()
    async with extras_of(wire):
        await wire.picture(4, timestamp=4711)
        await wire.until(lambda: wire.sender.counts.probe_packets_sent >= PROBE_PACKETS_MIN)
    assert {packet.timestamp for packet in wire.again} <= {90, 4711}


async def test_a_sign_is_the_newest_packet_once_more() -> None:
    wire = Wire()
    await wire.sender.send_sign()
    assert wire.data == [], "before the first picture there is none"
    packets = await wire.picture()
    await wire.sender.send_sign()
    assert [packet.sequence_number for packet in wire.again] == [packets[-1].sequence_number]


async def test_what_was_sent_is_counted() -> None:
    wire = await lossy()
    async with extras_of(wire):
        packets = await wire.picture(3)
        await wire.sender.answer_nack([packets[0].sequence_number])
        await wire.until(lambda: wire.sender.counts.copied_packets_sent >= 4)
    counts = wire.sender.counts
    assert counts.packets_sent == len(wire.data)
    assert counts.bytes_sent == sum(len(packet.payload) for packet in wire.media + wire.again)
    rtx = counts.retransmitted_packets_sent + counts.copied_packets_sent + counts.probe_packets_sent
    assert rtx == len(wire.again)


async def test_where_the_transport_is_gone_the_owner_is_told_and_nothing_goes_on() -> None:
    wire = await lossy()
    extras = asyncio.create_task(wire.sender.run_extras())
    await wire.picture(3)
    wire.gone = True
    with pytest.raises(ConnectionError):
        await wire.picture(3)
    with pytest.raises(ConnectionError):
        await asyncio.wait_for(extras, WAIT_S)
    assert asyncio.all_tasks() == {asyncio.current_task()}


async def test_a_picture_that_is_paced_may_be_given_up() -> None:
    wire = Wire()
    sending = asyncio.create_task(wire.picture(60))
    await wire.until(lambda: len(wire.data) >= 2)
    sending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await sending
    count = len(wire.media)
    assert 2 <= count < 60
    packets = await wire.picture(2)
    assert packets[0].sequence_number == wire.media[0].sequence_number + count, "numbers have no hole"


@settings(max_examples=30, deadline=None)
@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("picture"), st.integers(1, 6), st.booleans()),
            st.tuples(st.just("nack"), st.lists(st.integers(0, 30), max_size=40), st.booleans()),
            st.tuples(
                st.just("feedback"), st.integers(0, 0xFFFF), st.lists(st.none() | st.integers(0, 10**6), max_size=30)
            ),
            st.tuples(st.just("sign"), st.none(), st.none()),
        ),
        max_size=12,
    )
)
def test_whatever_is_asked_every_packet_has_a_number_of_its_own(events: list[tuple[str, object, object]]) -> None:
    async def go() -> None:
        wire = Wire()
        first = wire.sender._sequence
        async with extras_of(wire):
            for what, one, other in events:
                if what == "picture":
                    await wire.picture(one, key_frame=other, rtp_format=FORMAT)
                elif what == "nack":
                    await wire.sender.answer_nack([first + number & 0xFFFF for number in one])
                elif what == "feedback":
                    now_s = asyncio.get_running_loop().time()
                    wire.link.on_feedback(TransportFeedback(one, 1, tuple(other)), now_s)
                else:
                    await wire.sender.send_sign()
        numbers = [(packet.ssrc, packet.sequence_number) for packet in wire.packets]
        assert len(set(numbers)) == len(numbers)
        transport_wide = [packet.extensions.transport_sequence_number for packet in wire.packets]
        assert transport_wide == list(range(len(transport_wide)))

    asyncio.run(go())
