"""What the density bench's visitors read and tell is what aiortc writes, and what our sender understands."""

from __future__ import annotations

import inspect

import pytest
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpSendParameters

from bench.density.header_reading import FeedbackWriter, Header, read_header
from bench.density.light_visitor import UPSTREAM_NAMES
from stream.link.transport_feedback import DELTA_UNIT_US, REFERENCE_UNIT_US, parse_feedback
from stream.rtp.packet_writer import ABS_SEND_TIME, MID, PLAYOUT_DELAY, TRANSPORT_CC, PacketWriter
from stream.webrtc.aiortc_extensions import ExtensionIds


@pytest.mark.parametrize("uris", [(), (TRANSPORT_CC,), (MID, PLAYOUT_DELAY, ABS_SEND_TIME, TRANSPORT_CC)])
def test_headers_read_as_they_were_written(uris: tuple[str, ...]) -> None:
    ids = ExtensionIds()
    extensions = [RTCRtpHeaderExtensionParameters(id=number, uri=uri) for number, uri in enumerate(uris, 3)]
    ids.configure(RTCRtpSendParameters(headerExtensions=extensions))
    data = PacketWriter(ids.by_uri, "0").write(102, True, 17, 90_000, 0xDEADBEEF, b"picture", 1 << 60, 4711)
    assert read_header(data, ids.by_uri.get(TRANSPORT_CC)) == Header(
        102, True, 90_000, 0xDEADBEEF, 4711 if TRANSPORT_CC in uris else None
    )


def test_feedback_tells_when_packets_came_and_which_did_not() -> None:
    writer = FeedbackWriter()
    assert writer.take(1, 2) is None
    arrivals_us = {65534: 1_000_000, 65535: 1_000_500, 1: 1_010_000, 2: 1_009_000}
    for number, at_us in arrivals_us.items():
        writer.on_packet(number, at_us)
    packet = writer.take(1, 2)
    assert packet is not None
    feedback = parse_feedback(packet)
    assert feedback.base_sequence == 65534
    told = [None if us is None else feedback.reference * REFERENCE_UNIT_US + us for us in feedback.arrivals_us]
    assert told[2] is None, "number 0 did not come"
    for index, at_us in ((0, 1_000_000), (1, 1_000_500), (3, 1_010_000), (4, 1_009_000)):
        assert told[index] == pytest.approx(at_us, abs=DELTA_UNIT_US)
    assert writer.take(1, 2) is None
    writer.on_packet(3, 1_200_000)
    later = writer.take(1, 2)
    assert later is not None
    assert parse_feedback(later).base_sequence == 3


def test_the_private_names_that_we_use_are_still_there() -> None:
    for name in UPSTREAM_NAMES:
        assert inspect.iscoroutinefunction(getattr(RTCDtlsTransport, name)), name
