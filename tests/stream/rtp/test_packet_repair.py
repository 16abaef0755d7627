"""The repair packets that go out with a picture give back any of its packets, as a receiver computes."""

from __future__ import annotations

import asyncio
import time

from stream.link.link import Link
from stream.link.transport_feedback import TransportFeedback
from stream.rtp.flexfec import FlexFec
from stream.rtp.packet_sender import PacketSender
from stream.rtp.packet_writer import ABS_SEND_TIME, MID, PLAYOUT_DELAY, TRANSPORT_CC, PacketWriter
from stream.rtp.rtp_format import RtpFormat
from stream.settings import StreamSettings
from stream.webrtc.aiortc_extensions import ExtensionIds
from tests.stream.rtp.test_flexfec import SSRC, covered, recover

MEDIA, RTX, REPAIR = 102, 103, 49
EXTENSION_IDS = {MID: 9, PLAYOUT_DELAY: 5, ABS_SEND_TIME: 2, TRANSPORT_CC: 4}
H264 = RtpFormat(MEDIA, RTX, lambda _unit: [])
PACKETS = 10


def without_what_changes(packet: bytes) -> bytes:
    """With abs-send-time and transport-wide sequence number zero: they are the last two extensions."""
    end = 12 + 4 + 4 * int.from_bytes(packet[14:16])
    return packet[: end - 7] + bytes([packet[end - 7], 0, 0, 0, packet[end - 3], 0, 0]) + packet[end:]


async def sent_over_a_lossy_link(fec: FlexFec | None) -> list[bytes]:
    """The packets of a picture, and what goes with it, after the receiver has told of losses."""
    packets: list[bytes] = []
    another = asyncio.Event()

    async def send(data: bytes) -> None:
        packets.append(data)
        another.set()

    link = Link(StreamSettings(start_bps=12_000_000), time.monotonic())
    if fec is not None:
        link.use_repair()
    ids = ExtensionIds()
    ids.by_uri.update(EXTENSION_IDS)
    sender = PacketSender(send, PacketWriter(ids.by_uri, "0"), SSRC, SSRC + 1, link, fec)

    async def picture(number: int) -> None:
        payloads = [bytes([number, index]) * (300 + 7 * index) for index in range(PACKETS)]
        await sender.send_picture(H264, payloads, 3000 * number, key_frame=False, interval_s=1 / 30)

    for number in range(8):
        await picture(number)
    count = len(packets)
    link.on_feedback(
        TransportFeedback(0, 0, tuple(None if n % 20 == 3 else 1000 * n for n in range(count))), time.monotonic()
    )
    await picture(8)
    link.on_feedback(TransportFeedback(count, 1, tuple(range(0, 1000 * PACKETS, 1000))), time.monotonic())
    assert link.loses_packets
    packets.clear()
    async with asyncio.TaskGroup() as tasks:
        extras = tasks.create_task(sender.run_extras())
        await picture(9)
        while len(packets) < PACKETS + (link.repairs(PACKETS) if fec else PACKETS):
            another.clear()
            await another.wait()
        extras.cancel()
    return packets


def by_payload_type(packets: list[bytes], payload_type: int) -> list[bytes]:
    return [packet for packet in packets if packet[1] & 0x7F == payload_type]


async def test_every_packet_of_a_picture_can_be_computed_from_the_others() -> None:
    packets = await sent_over_a_lossy_link(FlexFec(REPAIR, SSRC + 2))
    media, repairs = by_payload_type(packets, MEDIA), by_payload_type(packets, REPAIR)
    assert len(media) == PACKETS
    assert 0 < len(repairs) < PACKETS
    assert not by_payload_type(packets, RTX), "no copies"
    received = {int.from_bytes(packet[2:4]): without_what_changes(packet) for packet in media}
    given_back = set()
    for repair in repairs:
        assert int.from_bytes(repair[8:12]) == SSRC + 2
        payload = repair[12 + 4 + 4 * int.from_bytes(repair[14:16]) :]
        for lost in covered(payload)[1]:
            others = {number: packet for number, packet in received.items() if number != lost}
            assert recover(payload, others) == received[lost]
            given_back.add(lost)
    assert given_back == set(received)


async def test_who_knows_no_repair_packets_gets_copies() -> None:
    packets = await sent_over_a_lossy_link(None)
    assert len(by_payload_type(packets, RTX)) == PACKETS
