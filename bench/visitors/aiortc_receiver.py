"""What we put in the place of aiortc's video receiver: it looks at packets and decodes nothing.

Upstream's receiver (aiortc 1.16.0) starts a decoder thread, keeps 512 packets, asks once for what is missing, and
tells the sender its own estimate (REMB). A load generator needs none of the pictures, and must burden the node as a
browser does: it sends transport-wide feedback every 50 ms, receiver reports every second, NACKs until the packet
came, and PLI where nothing else helps.

aiortc gives no way to choose a receiver, so the transceiver's is replaced, and the names below are what its other
parts call. tests/bench/visitors/test_aiortc_receiver.py guards them.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable
from typing import Any, Final

from aiortc import RTCPeerConnection, RTCRtpReceiver, RTCRtpTransceiver
from aiortc.codecs import is_rtx
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import StreamStatistics
from aiortc.rtp import (
    RTCP_PSFB_PLI,
    RTCP_RTPFB_NACK,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpRtpfbPacket,
    RtcpSrPacket,
    RtpPacket,
    unwrap_rtx,
)

from bench.visitors.access_units import AccessUnits, MediaPacket, Picture
from bench.visitors.receiver_feedback import MissingPackets, TransportFeedbackWriter

UPSTREAM_RECEIVER: Final = "_RTCRtpTransceiver__receiver"
UPSTREAM_NAMES: Final = ("_handle_rtp_packet", "_handle_rtcp_packet", "_handle_disconnect", "_set_rtcp_ssrc")
"""Of RTCRtpReceiver; all are overridden here."""
UPSTREAM_TRANSPORT_NAMES: Final = ("_send_rtp", "_register_rtp_receiver", "_unregister_rtp_receiver")
"""Of RTCDtlsTransport."""

FEEDBACK_INTERVAL_S = 0.05
"""libwebrtc sends it every 50 to 250 ms, by how wide the link is."""
KEY_FRAME_PATIENCE_S = 0.2
"""libwebrtc asks again for a first key frame after that."""
UNKNOWN_ROUND_TRIP_S = 0.05
_H264_FU_A, _H264_STAP_A = 28, 24
_H264_SPS = 7
"""The sequence parameter set (ITU-T H.264, table 7-1), which the node's encoders put before each key frame. An IDR
slice does not tell a picture's beginning: a picture may have several."""


class PacketReceiver(RTCRtpReceiver):
    """Of one H.264 video stream. On the event loop."""

    def __init__(self, transport: Any, on_picture: Callable[[Picture], None]) -> None:
        super().__init__("video", transport)
        self._on_picture = on_picture
        self._codecs: dict[int, RTCRtpCodecParameters] = {}
        self._rtx_ssrcs: dict[int, int] = {}
        self._media_ssrc: int | None = None
        self._ssrc = 0
        self._streams: dict[int, StreamStatistics] = {}
        self._sender_report: tuple[int, float] | None = None
        """The middle 32 bits of its NTP time, and when it came (RFC 3550, section 6.4.1)."""
        self._feedback_task: asyncio.Task[None] | None = None
        self._key_frame_asked_s = -float("inf")
        self.units = AccessUnits()
        self.missing = MissingPackets()
        self.feedback: TransportFeedbackWriter | None = None
        """None before the first packet, and where the node does not number its packets."""
        self.round_trip_s = UNKNOWN_ROUND_TRIP_S
        """Set by whoever knows it."""
        self.received_bytes = 0
        self.nacks_sent = self.plis_sent = 0

    # --- what aiortc calls ---------------------------------------------------------------------------

    def _set_rtcp_ssrc(self, ssrc: int) -> None:
        self._ssrc = ssrc

    async def receive(self, parameters: RTCRtpReceiveParameters) -> None:
        """Begin; upstream would start its decoder here."""
        if self._feedback_task is not None:
            return
        for codec in parameters.codecs:
            if codec.payloadType is not None:
                self._codecs[codec.payloadType] = codec
        for encoding in parameters.encodings:
            if encoding.rtx:
                self._rtx_ssrcs[encoding.rtx.ssrc] = encoding.ssrc
        self.transport._register_rtp_receiver(self, parameters)
        self._feedback_task = asyncio.get_running_loop().create_task(self._send_feedback(), name="receiver-feedback")

    async def stop(self) -> None:
        """End; called by the connection's ``close``."""
        task, self._feedback_task = self._feedback_task, None
        if task is None:
            return
        self.transport._unregister_rtp_receiver(self)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    def _handle_disconnect(self) -> None:
        """Upstream ends its decoder here."""

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        if isinstance(packet, RtcpSrPacket):
            self._sender_report = (packet.sender_info.ntp_timestamp >> 16 & 0xFFFFFFFF, time.monotonic())

    async def _handle_rtp_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        now_s = time.monotonic()
        codec = self._codecs.get(packet.payload_type)
        if codec is None:
            return
        self.received_bytes += len(packet.payload)
        if (number := packet.extensions.transport_sequence_number) is not None:
            if self.feedback is None:
                self.feedback = TransportFeedbackWriter(self._ssrc, packet.ssrc)
            self.feedback.on_packet(number, now_s)
        stream = self._streams.get(packet.ssrc)
        if stream is None:
            stream = self._streams[packet.ssrc] = StreamStatistics(codec.clockRate)
        stream.add(packet)
        if is_rtx(codec):
            original, payload_type = self._rtx_ssrcs.get(packet.ssrc), codec.parameters.get("apt")
            if original is None or not isinstance(payload_type, int) or len(packet.payload) < 2:
                return
            packet = unwrap_rtx(packet, payload_type, original)
            codec = self._codecs[payload_type]
        self._media_ssrc = packet.ssrc
        self.missing.on_packet(packet.sequence_number, now_s)
        media = MediaPacket(
            packet.sequence_number,
            packet.timestamp,
            bool(packet.marker),
            now_s,
            len(packet.payload),
            begins_key_frame(codec, packet.payload),
        )
        for picture in self.units.add(media):
            if picture.key_frame:
                self.missing.on_key_frame()
            self._on_picture(picture)
        await self._ask_again(now_s)

    # --- what is told to the sender ------------------------------------------------------------------

    async def _ask_again(self, now_s: float) -> None:
        request = self.missing.request(self.round_trip_s, now_s)
        waits_for_first = self.units.pictures == 0 and self.units.waiting
        if request.key_frame or waits_for_first:
            await self._send_pli(now_s)
        if request.lost and self._media_ssrc is not None:
            nack = RtcpRtpfbPacket(fmt=RTCP_RTPFB_NACK, ssrc=self._ssrc, media_ssrc=self._media_ssrc)
            nack.lost = sorted(request.lost)
            self.nacks_sent += 1
            await self._send(bytes(nack))

    async def _send_pli(self, now_s: float) -> None:
        if self._media_ssrc is None or now_s - self._key_frame_asked_s < KEY_FRAME_PATIENCE_S:
            return
        if self._key_frame_asked_s == -float("inf") and self.units.pictures == 0:
            # The first key frame is on its way, its packets come one by one.
            self._key_frame_asked_s = now_s
            return
        self._key_frame_asked_s = now_s
        self.plis_sent += 1
        await self._send(bytes(RtcpPsfbPacket(fmt=RTCP_PSFB_PLI, ssrc=self._ssrc, media_ssrc=self._media_ssrc)))

    async def _send_feedback(self) -> None:
        """Until cancelled."""
        report_due_s = time.monotonic() + 0.5
        while True:
            await asyncio.sleep(FEEDBACK_INTERVAL_S)
            now_s = time.monotonic()
            if self.feedback is not None:
                for packet in self.feedback.take():
                    await self._send(packet)
            await self._ask_again(now_s)
            if now_s >= report_due_s and self._streams:
                # The interval varies, so that receivers do not report in step (RFC 3550, section 6.2).
                report_due_s = now_s + random.uniform(0.5, 1.5)
                reports = [self._report(ssrc, stream, now_s) for ssrc, stream in self._streams.items()]
                await self._send(bytes(RtcpRrPacket(ssrc=self._ssrc, reports=reports)))

    def _report(self, ssrc: int, stream: StreamStatistics, now_s: float) -> RtcpReceiverInfo:
        last, delay = 0, 0
        if self._sender_report is not None and ssrc == self._media_ssrc:
            last, came_s = self._sender_report
            delay = int((now_s - came_s) * 65536)
        return RtcpReceiverInfo(
            ssrc=ssrc,
            fraction_lost=stream.fraction_lost,
            packets_lost=stream.packets_lost,
            highest_sequence=stream.max_seq or 0,
            jitter=stream.jitter,
            lsr=last,
            dlsr=delay & 0xFFFFFFFF,
        )

    async def _send(self, rtcp: bytes) -> None:
        try:
            await self.transport._send_rtp(rtcp)
        except ConnectionError:
            return  # the connection's state tells whoever owns it


def begins_key_frame(codec: RTCRtpCodecParameters, payload: bytes) -> bool:
    """Whether an H.264 payload is the first of a key frame (RFC 6184, sections 5.4 to 5.8)."""
    if codec.name.upper() != "H264" or len(payload) < 2:
        return False
    kind = payload[0] & 0x1F
    if kind == _H264_STAP_A and len(payload) > 3:
        return payload[3] & 0x1F == _H264_SPS
    if kind == _H264_FU_A:
        return bool(payload[1] & 0x80) and payload[1] & 0x1F == _H264_SPS
    return kind == _H264_SPS


def receive_packets(connection: RTCPeerConnection, on_picture: Callable[[Picture], None]) -> PacketReceiver:
    """Let a connection receive one H.264 stream without decoding it; before it makes its offer."""
    transceiver: RTCRtpTransceiver = connection.addTransceiver("video", direction="recvonly")
    capabilities = RTCRtpReceiver.getCapabilities("video")
    assert capabilities is not None, "aiortc receives video"
    transceiver.setCodecPreferences([one for one in capabilities.codecs if one.mimeType in ("video/H264", "video/rtx")])
    receiver = PacketReceiver(transceiver.receiver.transport, on_picture)
    receiver._set_rtcp_ssrc(transceiver.sender._ssrc)
    setattr(transceiver, UPSTREAM_RECEIVER, receiver)
    return receiver
