"""What aiortc 1.16.0 lacks of RTP, added in one place.

- **Header extensions.** It knows abs-send-time, but not playout-delay (minimum and maximum 0 tell the receiver to show
  each frame as soon as it can be decoded: libwebrtc, docs/native-code/rtp-hdrext/playout-delay; in Chromium that takes
  the delay from draw to display from about 30 ms to about 11 ms), and it never negotiates the transport-wide sequence
  number although it can write one. ``offer_extensions`` adds both to its lists, and ``transport-cc`` to the feedback
  of its video codecs.
- **Transport-wide feedback.** Its RTCP parser takes the packets (RTPFB, format 15) for NACK, and drops the whole
  compound packet where their length does not suit. ``intercept_feedback`` takes them out before.
- **RTCP that means harm.** It reads as much as comes, and a REMB that is shorter than it says ends its transport by a
  ``struct.error`` that nobody has caught. ``intercept_feedback`` bounds the one and refuses the other.
- **RTP that means harm.** A header extension of another length than it should have ends its transport in the same way.
  Visitors have no RTP to send, so ``refuse_media`` has none read.
- **Writing packets.** Its RtpPacket packs each header extension by itself; ``PacketWriter`` keeps what never changes.

The private names used are in ``UPSTREAM_NAMES``; tests/stream/webrtc/test_aiortc_extensions.py guards them.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog
from aiortc.codecs import CODECS, HEADER_EXTENSIONS
from aiortc.rtcrtpparameters import RTCRtcpFeedback, RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import HeaderExtensionsMap

from stream.link.transport_feedback import TransportFeedback, split_compound
from stream.webrtc.rtcp_allowance import RtcpAllowance

log = structlog.get_logger(__name__)

PLAYOUT_DELAY: Final = "http://www.webrtc.org/experiments/rtp-hdrext/playout-delay"
TRANSPORT_CC: Final = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ABS_SEND_TIME: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
_LOCAL_IDS: Final = {PLAYOUT_DELAY: 10, TRANSPORT_CC: 11}
UPSTREAM_NAMES: Final = ("_handle_rtcp_data", "_handle_rtp_data")
"""Of RTCDtlsTransport."""
ONE_BYTE_ID_MAX: Final = 14
ONE_BYTE_DATA_MAX: Final = 16
_ONE_BYTE_PROFILE: Final = 0xBEDE


def offer_extensions() -> None:
    """Let aiortc negotiate what it lacks; may be called again. The lists are aiortc's, one for the process."""
    extensions = HEADER_EXTENSIONS["video"]
    for uri, local_id in _LOCAL_IDS.items():
        if all(extension.uri != uri for extension in extensions):
            extensions.append(RTCRtpHeaderExtensionParameters(id=local_id, uri=uri))
    feedback = RTCRtcpFeedback(type="transport-cc")
    for codec in CODECS["video"]:
        if codec.rtcpFeedback and feedback not in codec.rtcpFeedback:
            codec.rtcpFeedback.append(feedback)


def intercept_feedback(transport: Any, on_feedback: Callable[[TransportFeedback], None]) -> None:
    """Have the transport-wide feedback that an RTCDtlsTransport receives; all other RTCP goes on as before."""
    handle: Callable[[bytes], Awaitable[None]] = transport._handle_rtcp_data
    allowance = RtcpAllowance()

    async def take(data: bytes) -> None:
        if not allowance.takes(len(data), time.monotonic()):
            return
        try:
            rest, feedbacks = split_compound(data)
        except ValueError as error:
            log.debug("feedback_refused", error=str(error))
            return
        for feedback in feedbacks:
            on_feedback(feedback)
        if not rest:
            return
        try:
            await handle(rest)
        except struct.error as error:
            log.debug("rtcp_refused", error=str(error))

    transport._handle_rtcp_data = take


def refuse_media(transport: Any) -> None:
    """Have an RTCDtlsTransport drop the RTP that it receives, unread."""

    async def drop(data: bytes, arrival_time_ms: int) -> None:
        """See RTCDtlsTransport."""

    transport._handle_rtp_data = drop


class ExtensionIds(HeaderExtensionsMap):
    """Remembers under which numbers the extensions were negotiated; aiortc fills it in."""

    def __init__(self) -> None:
        super().__init__()
        self.by_uri: dict[str, int] = {}

    def configure(self, parameters: RTCRtpParameters) -> None:
        super().configure(parameters)
        for extension in parameters.headerExtensions:
            if 0 < extension.id <= ONE_BYTE_ID_MAX:
                self.by_uri[extension.uri] = extension.id


class PacketWriter:
    """RTP packets of one video stream (RFC 3550, section 5.1; one-byte header extensions, RFC 8285, section 4.2)."""

    def __init__(self, ids: ExtensionIds, mid: str | None, *, at_once: bool = True) -> None:
        """``at_once`` asks the receiver to show each picture as soon as it can, even where that is out of time with the
        sound of the same media stream."""
        by_uri = ids.by_uri
        fixed = b""
        text = (mid or "").encode()
        if text and MID in by_uri and len(text) <= ONE_BYTE_DATA_MAX:  # else the receiver goes by SSRC
            fixed += bytes([by_uri[MID] << 4 | len(text) - 1]) + text
        if at_once and PLAYOUT_DELAY in by_uri:
            fixed += bytes([by_uri[PLAYOUT_DELAY] << 4 | 2, 0, 0, 0])
        self._send_time_id = by_uri.get(ABS_SEND_TIME)
        self._sequence_id = by_uri.get(TRANSPORT_CC)
        length = len(fixed) + 4 * (self._send_time_id is not None) + 3 * (self._sequence_id is not None)
        padding = -length % 4
        self._fixed = fixed + bytes(padding)
        self._words = (length + padding) // 4

    def write(
        self,
        payload_type: int,
        marker: bool,
        sequence: int,
        timestamp: int,
        ssrc: int,
        payload: bytes,
        ntp_time: int,
        transport_sequence: int,
    ) -> bytes:
        """One packet. ``ntp_time`` is the 64-bit NTP time at which it leaves."""
        header = struct.pack(
            "!BBHLL", 0x90 if self._words else 0x80, marker << 7 | payload_type, sequence, timestamp, ssrc
        )
        if not self._words:
            return header + payload
        extensions = struct.pack("!HH", _ONE_BYTE_PROFILE, self._words) + self._fixed
        if self._send_time_id is not None:
            extensions += struct.pack("!L", (self._send_time_id << 4 | 2) << 24 | ntp_time >> 14 & 0xFFFFFF)
        if self._sequence_id is not None:
            extensions += struct.pack("!BH", self._sequence_id << 4 | 1, transport_sequence)
        return header + extensions + payload
