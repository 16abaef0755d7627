"""The video codecs that aiortc 1.16.0 does not know: VP9 and AV1.

Its lists (``aiortc.codecs.CODECS``) have VP8 and H.264, and what is not in them is not negotiated. A sender whose
pictures are coded and packetised by us (stream/rtp/payload.py) needs no more of a codec than to stand there, with its
retransmission format. Nothing is added for receiving.

It also takes over a visitor's payload type only from 96 on (``aiortc.rtp.DYNAMIC_PAYLOAD_TYPES``), and would answer
with one of its own. Chromium has AV1 at 45: below 96, those from 35 to 63 are free for any use beside RTCP on the same
port (RFC 5761, section 4).

Two rules that aiortc does not apply are kept by stream/webrtc/offer_filter.py: of VP9 and AV1 we send profile 0 alone
(RFC 9628, section 7.1; AV1 RTP payload format of AOMedia, section 7.2), which is what a format means that names none.
Of H.264, aiortc itself compares profile and packetization-mode (RFC 6184, section 8.2.2), and has mode 1 with
Constrained Baseline and Baseline; levels are not compared, as browsers name 3.1 and take more.
"""

from __future__ import annotations

from collections.abc import Sequence

from aiortc import RTCRtpSender, rtp
from aiortc.codecs import CODECS
from aiortc.rtcrtpparameters import ParametersDict, RTCRtcpFeedback, RTCRtpCodecCapability, RTCRtpCodecParameters

from stream.codec.video_codec import VideoCodec

CLOCK_HZ = 90_000
PAYLOAD_TYPES = (*range(35, 64), *range(96, 128))
_ADDED: dict[VideoCodec, tuple[int, ParametersDict]] = {
    VideoCodec.VP9: (103, {"profile-id": "0"}),
    VideoCodec.AV1: (105, {}),
}
"""Payload types for offers of ours, each followed by that of its retransmissions; aiortc's own end at 102."""


def offer_codecs() -> None:
    """Let aiortc negotiate what it lacks; may be called again. The list is aiortc's, one for the process."""
    rtp.DYNAMIC_PAYLOAD_TYPES = PAYLOAD_TYPES  # type: ignore[assignment] # a range, of which only `in` is used
    known = {codec.mimeType.lower() for codec in CODECS["video"]}
    for codec, (payload_type, parameters) in _ADDED.items():
        if codec.mime_type.lower() in known:
            continue
        feedback = [RTCRtcpFeedback("nack"), RTCRtcpFeedback("nack", "pli"), RTCRtcpFeedback("goog-remb")]
        CODECS["video"] += [
            RTCRtpCodecParameters(
                mimeType=codec.mime_type,
                clockRate=CLOCK_HZ,
                payloadType=payload_type,
                rtcpFeedback=feedback,
                parameters=parameters,
            ),
            RTCRtpCodecParameters(
                mimeType="video/rtx",
                clockRate=CLOCK_HZ,
                payloadType=payload_type + 1,
                parameters={"apt": payload_type},
            ),
        ]


def preferences(codecs: Sequence[VideoCodec]) -> list[RTCRtpCodecCapability]:
    """For ``setCodecPreferences``: these codecs, in this order, and retransmissions of each."""
    capabilities = RTCRtpSender.getCapabilities("video").codecs
    by_order = [one for codec in codecs for one in capabilities if one.mimeType.lower() == codec.mime_type.lower()]
    return by_order + [one for one in capabilities if one.mimeType == "video/rtx"]
