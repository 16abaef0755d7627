"""Our receiver stands where aiortc's stood, and what we use of aiortc is still there."""

from __future__ import annotations

import inspect

import pytest
from aiortc import RTCPeerConnection, RTCRtpReceiver
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from bench.visitors.access_units import Picture
from bench.visitors.aiortc_receiver import (
    UPSTREAM_NAMES,
    UPSTREAM_RECEIVER,
    UPSTREAM_TRANSPORT_NAMES,
    PacketReceiver,
    begins_key_frame,
    receive_packets,
)

H264 = RTCRtpCodecParameters(mimeType="video/H264", clockRate=90_000, payloadType=99)
VP8 = RTCRtpCodecParameters(mimeType="video/VP8", clockRate=90_000, payloadType=97)


async def test_the_receiver_is_replaced_and_offers_h264_alone() -> None:
    pictures: list[Picture] = []
    connection = RTCPeerConnection()
    receiver = receive_packets(connection, pictures.append)
    (transceiver,) = connection.getTransceivers()
    assert transceiver.receiver is receiver
    assert isinstance(getattr(transceiver, UPSTREAM_RECEIVER), PacketReceiver)
    offer = await connection.createOffer()
    kinds = {line.split()[1].split("/")[0] for line in offer.sdp.splitlines() if line.startswith("a=rtpmap:")}
    assert kinds == {"H264", "rtx"}
    assert "a=recvonly" in offer.sdp
    await connection.close()


@pytest.mark.parametrize(
    ("codec", "payload", "begins"),
    [
        (H264, "78 0019 67 42", True),  # STAP-A that begins with the sequence parameter set
        (H264, "67 42 c0", True),
        (H264, "7c 87 42", True),  # FU-A, its first fragment
        (H264, "7c 07 42", False),  # FU-A, a later one
        (H264, "7c 85 88", False),  # an IDR slice may be a picture's second
        (H264, "78 0019 41 9a", False),
        (H264, "41 9a", False),
        (H264, "78 00", False),
        (H264, "", False),
        (VP8, "67 42 c0", False),
    ],
)
def test_a_key_frame_begins_with_its_parameters(codec: RTCRtpCodecParameters, payload: str, begins: bool) -> None:
    assert begins_key_frame(codec, bytes.fromhex(payload)) is begins


def test_the_private_names_that_we_use_are_still_there() -> None:
    for name in UPSTREAM_NAMES:
        assert callable(getattr(RTCRtpReceiver, name)), name
        assert name in vars(PacketReceiver), name
    for name in UPSTREAM_TRANSPORT_NAMES:
        assert callable(getattr(RTCDtlsTransport, name)), name
    upstream = inspect.signature(RTCRtpReceiver._handle_rtp_packet).parameters
    assert list(inspect.signature(PacketReceiver._handle_rtp_packet).parameters) == list(upstream)
