"""How the pictures of each negotiated codec travel: payload type, that of retransmissions, packetiser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiortc.codecs import is_rtx
from aiortc.rtcrtpparameters import RTCRtpCodecParameters

from stream.codec.video_codec import VideoCodec
from stream.rtp.payload import Packetise, packetiser


@dataclass(frozen=True, slots=True)
class RtpFormat:
    """Of one codec."""

    payload_type: int
    rtx_payload_type: int | None
    """None where the visitor takes no retransmissions of this codec by RTX (RFC 4588)."""
    packetise: Packetise


def rtp_formats(codecs: Sequence[RTCRtpCodecParameters]) -> dict[VideoCodec, RtpFormat]:
    """By codec, in the order of preference. Where a codec stands twice (H.264 in two profiles), the first counts."""
    rtx = {codec.parameters["apt"]: codec.payloadType for codec in codecs if is_rtx(codec)}
    formats: dict[VideoCodec, RtpFormat] = {}
    for parameters in codecs:
        if is_rtx(parameters):
            continue
        codec = VideoCodec(parameters.name.lower())
        assert parameters.payloadType is not None, "negotiated codecs have a payload type"
        formats.setdefault(codec, RtpFormat(parameters.payloadType, rtx.get(parameters.payloadType), packetiser(codec)))
    return formats
