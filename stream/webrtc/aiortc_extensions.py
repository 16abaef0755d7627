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
from stream.rtp.packet_writer import ONE_BYTE_ID_MAX, PLAYOUT_DELAY, TRANSPORT_CC
from stream.webrtc.rtcp_allowance import RtcpAllowance

log = structlog.get_logger(__name__)

_LOCAL_IDS: Final = {PLAYOUT_DELAY: 10, TRANSPORT_CC: 11}
UPSTREAM_NAMES: Final = ("_handle_rtcp_data", "_handle_rtp_data")
"""Of RTCDtlsTransport."""


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
