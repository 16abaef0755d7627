"""What the density bench's visitors read is what our sender writes."""

from __future__ import annotations

import inspect

import pytest
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpHeaderExtensionParameters, RTCRtpSendParameters

from bench.density.header_reading import Header, read_header
from bench.density.light_visitor import UPSTREAM_NAMES
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


def test_the_private_names_that_we_use_are_still_there() -> None:
    for name in UPSTREAM_NAMES:
        assert inspect.iscoroutinefunction(getattr(RTCDtlsTransport, name)), name
