"""What we add to aiortc is understood by aiortc, and what we use of it is still there."""

from __future__ import annotations

import asyncio
import inspect

from aiortc import RTCConfiguration, RTCPeerConnection
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpSendParameters
from aiortc.rtp import RTCP_PSFB_APP, RtcpPsfbPacket, RtcpRrPacket, RtpPacket
from hypothesis import given, settings
from hypothesis import strategies as st

from stream.link.transport_feedback import TransportFeedback
from stream.rtp.packet_writer import ABS_SEND_TIME, MID, PLAYOUT_DELAY, TRANSPORT_CC, PacketWriter
from stream.webrtc.aiortc_extensions import UPSTREAM_NAMES, ExtensionIds, intercept_feedback


def negotiated(*uris: str) -> ExtensionIds:
    ids = ExtensionIds()
    extensions = [RTCRtpHeaderExtensionParameters(id=number, uri=uri) for number, uri in enumerate(uris, 3)]
    ids.configure(RTCRtpSendParameters(headerExtensions=extensions))
    return ids


def test_a_packet_reads_as_it_was_written() -> None:
    ids = negotiated(MID, PLAYOUT_DELAY, ABS_SEND_TIME, TRANSPORT_CC)
    writer = PacketWriter(ids.by_uri, "0")
    data = writer.write(102, True, 65535, 2**32 - 1, 0xDEADBEEF, b"picture", 0x0123456789ABCDEF, 4711)
    packet = RtpPacket.parse(data, ids)
    assert (packet.payload_type, packet.marker, packet.sequence_number) == (102, 1, 65535)
    assert (packet.timestamp, packet.ssrc, packet.payload) == (2**32 - 1, 0xDEADBEEF, b"picture")
    assert packet.extensions.mid == "0"
    assert packet.extensions.transport_sequence_number == 4711
    assert packet.extensions.abs_send_time == 0x0123456789ABCDEF >> 14 & 0xFFFFFF
    assert bytes([ids.by_uri[PLAYOUT_DELAY] << 4 | 2, 0, 0, 0]) in data


def test_a_name_of_the_section_that_is_too_long_for_its_extension_is_left_out() -> None:
    ids = negotiated(MID, TRANSPORT_CC)
    packet = RtpPacket.parse(PacketWriter(ids.by_uri, "m" * 16).write(96, False, 1, 2, 3, b"picture", 0, 7), ids)
    assert packet.extensions.mid == "m" * 16
    for mid in ("m" * 17, "m" * 300):
        packet = RtpPacket.parse(PacketWriter(ids.by_uri, mid).write(96, False, 1, 2, 3, b"picture", 0, 7), ids)
        assert packet.extensions.mid is None
        assert packet.extensions.transport_sequence_number == 7


def test_a_picture_that_must_be_in_time_with_its_sound_is_not_asked_for_at_once() -> None:
    ids = negotiated(PLAYOUT_DELAY)
    packets = [
        PacketWriter(ids.by_uri, "0", at_once=at_once).write(96, False, 1, 2, 3, b"", 0, 7) for at_once in (True, False)
    ]
    delay = bytes([ids.by_uri[PLAYOUT_DELAY] << 4 | 2, 0, 0, 0])
    assert [delay in packet for packet in packets] == [True, False]


def test_a_receiver_without_extensions_gets_none() -> None:
    data = PacketWriter(negotiated().by_uri, "0").write(96, False, 1, 2, 3, b"picture", 0, 0)
    assert len(data) == 12 + len(b"picture")


class Transport:
    """The part of RTCDtlsTransport that is extended."""

    def __init__(self) -> None:
        self.handled: list[bytes] = []

    async def _handle_rtcp_data(self, data: bytes) -> None:
        self.handled.append(data)


async def test_feedback_is_taken_out_of_a_compound_packet_and_the_rest_goes_on() -> None:
    transport, seen = Transport(), list[TransportFeedback]()
    intercept_feedback(transport, seen.append)
    report = bytes(RtcpRrPacket(ssrc=1))
    # Base 10, two packets, reference 64 ms, one run of two small deltas: 4 and 8 units of 0.25 ms.
    feedback = bytes.fromhex("8fcd0005 00000001 00000002 000a0002 00000100 20020408")
    await transport._handle_rtcp_data(report + feedback)
    assert transport.handled == [report]
    assert seen == [TransportFeedback(10, 1, (1000, 3000))]


async def test_feedback_that_breaks_its_format_is_dropped() -> None:
    transport, seen = Transport(), list[TransportFeedback]()
    intercept_feedback(transport, seen.append)
    await transport._handle_rtcp_data(bytes.fromhex("8fcd0004" + "00" * 8 + "000affff" + "00000100"))
    assert (transport.handled, seen) == ([], [])


async def test_a_flood_of_rtcp_is_not_read() -> None:
    transport = Transport()
    intercept_feedback(transport, lambda _feedback: None)
    report = bytes(RtcpRrPacket(ssrc=1))
    await transport._handle_rtcp_data(report * 1000)
    assert transport.handled == [], "larger than any datagram"
    for _ in range(50_000):
        await transport._handle_rtcp_data(report)
    assert 0 < len(transport.handled) < 10_000


@settings(deadline=None, max_examples=300)
@given(st.lists(st.tuples(st.integers(0, 255), st.integers(199, 208), st.binary(max_size=60)), max_size=4))
def test_rtcp_of_any_kind_never_ends_the_transport(packets: list[tuple[int, int, bytes]]) -> None:
    """It would: an exception in its handler ends aiortc's transport."""

    async def hear_it() -> None:
        connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        sender = connection.addTransceiver("video").sender
        transport = sender.transport
        transport._rtp_router.register_sender(sender, 4711)
        intercept_feedback(transport, lambda _feedback: None)
        data = b""
        for first, packet_type, body in packets:
            body += bytes(-len(body) % 4)
            data += bytes([0x80 | first & 0x3F, packet_type, 0, len(body) // 4]) + body
        await transport._handle_rtcp_data(data)
        await transport._handle_rtcp_data(cut_off_estimate(4711))
        await connection.close()

    asyncio.run(hear_it())


def cut_off_estimate(ssrc: int) -> bytes:
    """REMB that claims 255 streams and has the space of one."""
    return bytes(RtcpPsfbPacket(RTCP_PSFB_APP, 1, 0, b"REMB" + bytes([255, 0, 1, 0]) + ssrc.to_bytes(4)))


def test_the_private_names_that_we_use_are_still_there() -> None:
    for name in UPSTREAM_NAMES:
        assert inspect.iscoroutinefunction(getattr(RTCDtlsTransport, name)), name
