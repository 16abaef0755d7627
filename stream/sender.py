"""What we add to aiortc's video sender, by subclassing it.

The upstream sender (aiortc 1.16.0) pulls frames from a track at a tick, opens its encoder anew for each
changed rate, limits H.264 to 3 Mbit/s, keeps the RTP timestamps' origin to itself and answers every PLI
with a key frame. An interactive picture needs: the newest frame as soon as it exists, our own encoder, a
known RTP timestamp for each frame, playout-delay on each packet, and key frames that are limited in rate.

``_run_rtp`` and ``_handle_rtcp_packet`` are overridden for that; RTCP reports, retransmission (NACK, RTX) and
statistics stay upstream's. The private names used are listed in ``UPSTREAM_NAMES``; a test guards them.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import structlog
from aiortc import RTCRtpSender, clock
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpSendParameters
from aiortc.rtp import RTP_HISTORY_SIZE, AnyRtcpPacket, RtpPacket
from aiortc.utils import random16, random32, uint16_add

from stream.congestion import RateController
from stream.errors import EncoderError
from stream.frame_source import CodedFrame, FrameSource
from stream.link_sample import link_sample
from stream.peer import FrameSent
from stream.playout_delay import PlayoutDelayMap
from stream.rtp_format import RtpFormat, rtp_formats
from stream.settings import StreamSettings
from stream.video_codec import VideoCodec

log = structlog.get_logger(__name__)

VIDEO_CLOCK_HZ = 90_000
KEY_FRAME_INTERVAL_S = 0.3
"""Least time between key frames: a burst of PLIs asks for one picture, not for ten."""
UPSTREAM_NAMES = (
    "_RTCRtpSender__rtp_started",
    "_RTCRtpSender__rtp_exited",
    "_RTCRtpSender__rtp_header_extensions_map",
    "_RTCRtpSender__rtp_history",
    "_RTCRtpSender__mid",
    "_RTCRtpSender__ntp_timestamp",
    "_RTCRtpSender__rtp_timestamp",
    "_RTCRtpSender__octet_count",
    "_RTCRtpSender__packet_count",
    "_RTCRtpSender__rtt",
    "_RTCRtpSender__rtx_payload_type",
)


@dataclass(frozen=True, slots=True)
class SenderEvents:
    """All are called on the event loop."""

    on_frame_sent: Callable[[FrameSent], None]
    on_alive: Callable[[], None]
    on_failed: Callable[[str], None]
    """No encoder works any more; the reason."""


class InteractiveSender(RTCRtpSender):
    """Sends the pictures of a source, each as soon as it comes."""

    def __init__(self, transport: Any, source: FrameSource, settings: StreamSettings, events: SenderEvents) -> None:
        super().__init__("video", transport)
        self._source = source
        self._events = events
        self.rate = RateController(settings.min_bps, settings.start_bps, settings.max_bps, time.monotonic())
        self._recent: deque[tuple[float, int]] = deque()
        """When how many bytes were sent, in the last second."""
        self._formats: dict[VideoCodec, RtpFormat] = {}
        self._timestamp_origin = random32()
        self._last_ticks = -1
        self._key_frame_at_s = -KEY_FRAME_INTERVAL_S
        self._key_frame_timer: asyncio.TimerHandle | None = None
        self.sent_frames = self.sent_bytes = self.key_frames = self.retransmitted_packets = 0
        self.loss_fraction: float | None = None
        self.remb_bps: int | None = None
        self._set("rtp_header_extensions_map", PlayoutDelayMap())

    @property
    def round_trip_s(self) -> float | None:
        """The smoothed round-trip time of RTCP (RFC 3550, section 6.4.1)."""
        rtt: float | None = self._get("rtt")
        return rtt

    def _get(self, name: str) -> Any:
        return getattr(self, f"_RTCRtpSender__{name}")

    def _set(self, name: str, value: object) -> None:
        setattr(self, f"_RTCRtpSender__{name}", value)

    # --- sending -----------------------------------------------------------------------------------

    async def send(self, parameters: RTCRtpSendParameters) -> None:
        """Upstream's beginning of sending, which would know the first codec alone."""
        self._formats = rtp_formats(parameters.codecs)
        await super().send(parameters)

    async def _run_rtp(self, codec: RTCRtpCodecParameters) -> None:
        """Upstream's task for media; ``stop`` cancels it and waits for ``rtp_exited``. Each picture says its codec."""
        self._get("rtp_started").set()
        sequence_number = random16() % 32768
        try:
            while True:
                coded = await self._source.next(lambda: self.rate.target_bps)
                if coded.unit.key_frame:
                    self._key_frame_at_s = coded.encoded_ns / 1e9
                timestamp = self._timestamp(coded)
                rtp_format = self._formats[coded.unit.codec]
                payloads = rtp_format.packetise(coded.unit)
                sequence_number = await self._send(rtp_format.payload_type, payloads, timestamp, sequence_number)
                self._note(coded, timestamp)
        except ConnectionError:
            log.debug("transport_gone")  # the connection's state tells the peer's owner
        except EncoderError as error:
            self._events.on_failed(str(error))
        finally:
            if self._key_frame_timer is not None:
                self._key_frame_timer.cancel()
            self._get("rtp_exited").set()

    def _timestamp(self, coded: CodedFrame) -> int:
        """The time when the frame was drawn, on the wire's clock; later than any before."""
        drawn_ns = coded.taken_ns if coded.again else coded.frame.times.draw_start_ns
        self._last_ticks = max(self._last_ticks + 1, drawn_ns * VIDEO_CLOCK_HZ // 1_000_000_000)
        return (self._timestamp_origin + self._last_ticks) & 0xFFFFFFFF

    async def _send(self, payload_type: int, payloads: list[bytes], timestamp: int, sequence_number: int) -> int:
        """Send the packets of a picture; returns the next sequence number."""
        extensions_map, history, mid = (
            self._get("rtp_header_extensions_map"),
            self._get("rtp_history"),
            self._get("mid"),
        )
        for index, payload in enumerate(payloads):
            packet = RtpPacket(payload_type=payload_type, sequence_number=sequence_number, timestamp=timestamp)
            packet.ssrc = self._ssrc
            packet.payload = payload
            packet.marker = int(index == len(payloads) - 1)
            packet.extensions.abs_send_time = (clock.current_ntp_time() >> 14) & 0x00FFFFFF
            packet.extensions.mid = mid
            history[sequence_number % RTP_HISTORY_SIZE] = packet
            await self.transport._send_rtp(packet.serialize(extensions_map))
            self._set("octet_count", self._get("octet_count") + len(payload))
            self._set("packet_count", self._get("packet_count") + 1)
            sequence_number = uint16_add(sequence_number, 1)
        self._set("ntp_timestamp", clock.current_ntp_time())
        self._set("rtp_timestamp", timestamp)
        return sequence_number

    def _note(self, coded: CodedFrame, timestamp: int) -> None:
        sent_ns = time.monotonic_ns()
        unit, times = coded.unit, coded.frame.times
        captured_ns = times.draw_start_ns + (times.draw_ms + times.capture_ms) * 1e6
        self.sent_frames += 1
        self.key_frames += unit.key_frame
        self.sent_bytes += len(unit.data)
        self._recent.append((sent_ns / 1e9, len(unit.data)))
        self._events.on_frame_sent(
            FrameSent(
                frame=coded.frame,
                rtp_timestamp=timestamp,
                size_bytes=len(unit.data),
                key_frame=unit.key_frame,
                queue_ms=max(0.0, (coded.taken_ns - captured_ns) / 1e6),
                encode_ms=(coded.encoded_ns - coded.taken_ns) / 1e6,
                send_ms=(sent_ns - coded.encoded_ns) / 1e6,
            )
        )

    # --- what the receiver says --------------------------------------------------------------------

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        now_s = time.monotonic()
        self._events.on_alive()
        sample = link_sample(packet, self._ssrc)
        if sample is not None and sample.key_frame_wanted:
            self._want_key_frame(now_s)
            return
        await super()._handle_rtcp_packet(packet)
        if sample is None:
            return
        if sample.remb_bps is not None:
            self.remb_bps = sample.remb_bps
            self.rate.on_remb(sample.remb_bps, self._sent_bps(now_s), now_s)
        if sample.loss_fraction is not None:
            self.loss_fraction = sample.loss_fraction
            self.rate.on_loss(sample.loss_fraction, now_s)
            if (rtt_s := self.round_trip_s) is not None:
                self.rate.on_round_trip(rtt_s, now_s)

    async def _retransmit(self, sequence_number: int) -> None:
        self.retransmitted_packets += 1
        packet = self._get("rtp_history").get(sequence_number % RTP_HISTORY_SIZE)
        if packet is not None:
            formats = self._formats.values()
            rtx = (one.rtx_payload_type for one in formats if one.payload_type == packet.payload_type)
            self._set("rtx_payload_type", next(rtx, None))
        await super()._retransmit(sequence_number)

    def _sent_bps(self, now_s: float) -> float:
        while self._recent and self._recent[0][0] < now_s - 1.0:
            self._recent.popleft()
        return 8.0 * sum(size for _, size in self._recent)

    def _want_key_frame(self, now_s: float) -> None:
        """Send a key frame as soon as their rate allows; of the last picture where there is no newer one."""
        if self._key_frame_timer is not None:
            return
        delay_s = max(0.0, self._key_frame_at_s + KEY_FRAME_INTERVAL_S - now_s)
        self._key_frame_timer = asyncio.get_running_loop().call_later(delay_s, self._begin_key_frame)

    def _begin_key_frame(self) -> None:
        self._key_frame_timer = None
        self._source.want_key_frame()
