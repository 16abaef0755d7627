"""What our senders of picture and sound share: sender reports that are true when they leave, and the private names of
aiortc that both need.

Upstream (aiortc 1.16.0) puts the NTP time of the newest packet into its reports. Where nothing is sent for a while, as
for a visitor who stands still, all its reports then name one instant, and an answer to the one is taken for an answer
to the other: the round-trip time comes out up to a second wrong, even below zero. RFC 3550, section 6.4.1, wants the
time at which the report leaves, and the RTP timestamp of the same instant.

The private names used are listed in UPSTREAM_NAMES; a test guards them.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Literal

from aiortc import RTCRtpSender
from aiortc.rtp import AnyRtcpPacket, RtcpSenderInfo, RtcpSrPacket

from stream.media_clock import ntp_at, ticks_at
from stream.webrtc.aiortc_extensions import ExtensionIds
from stream.webrtc.receiver_reports import ReceiverReports

UPSTREAM_NAMES = (
    "_RTCRtpSender__rtp_started",
    "_RTCRtpSender__rtp_exited",
    "_RTCRtpSender__rtp_header_extensions_map",
    "_RTCRtpSender__mid",
)


class ReportingSender(RTCRtpSender):
    """Upstream's sender, whose reports are ours."""

    def __init__(self, kind: Literal["audio", "video"], transport: Any, clock_hz: int) -> None:
        super().__init__(kind, transport)
        self._clock_hz = clock_hz
        self._extension_ids = ExtensionIds()
        self._set("rtp_header_extensions_map", self._extension_ids)
        self._media: tuple[int, int] | None = None
        """An instant, nanoseconds of ``time.monotonic_ns``, and its RTP timestamp."""
        self.receiver_reports = ReceiverReports(clock_hz)

    def _get(self, name: str) -> Any:
        return getattr(self, f"_RTCRtpSender__{name}")

    def _set(self, name: str, value: object) -> None:
        setattr(self, f"_RTCRtpSender__{name}", value)

    def _sent_so_far(self) -> tuple[int, int]:
        """Packets and bytes of payload, for reports."""
        raise NotImplementedError

    async def _send_rtcp(self, packets: Sequence[AnyRtcpPacket]) -> None:
        """Upstream's way for all RTCP of a sender."""
        for packet in packets:
            if isinstance(packet, RtcpSrPacket) and self._media is not None:
                packet.sender_info = self._sender_info(*self._media)
                self.receiver_reports.on_sent(packet.sender_info.ntp_timestamp, time.monotonic())
        await super()._send_rtcp(list(packets))

    def _sender_info(self, instant_ns: int, rtp_timestamp: int) -> RtcpSenderInfo:
        now_ns = time.monotonic_ns()
        packets, octets = self._sent_so_far()
        return RtcpSenderInfo(
            ntp_timestamp=ntp_at(now_ns),
            rtp_timestamp=(rtp_timestamp + ticks_at(now_ns - instant_ns, self._clock_hz)) & 0xFFFFFFFF,
            packet_count=packets & 0xFFFFFFFF,
            octet_count=octets & 0xFFFFFFFF,
        )
