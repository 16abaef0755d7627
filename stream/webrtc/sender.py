"""What we add to aiortc's video sender, by subclassing it.

The upstream sender (aiortc 1.16.0) pulls frames from a track at a tick, opens its encoder anew for each changed rate,
limits H.264 to 3 Mbit/s, keeps the RTP timestamps' origin to itself, sends a picture as one burst, answers every NACK
and every PLI, and knows of the link only what REMB says. An interactive picture needs: the newest frame as soon as it
exists, our own encoder, a known RTP timestamp for each frame, a rate that follows transport-wide feedback, pacing, and
bounded answers.

``_run_rtp`` and ``_handle_rtcp_packet`` are overridden for that; the life of the sender stays upstream's, its reports
are those of stream/webrtc/reporting_sender.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import structlog
from aiortc.rtcrtpparameters import RTCRtpCodecParameters, RTCRtpSendParameters
from aiortc.rtp import RTCP_RTPFB_NACK, AnyRtcpPacket, RtcpRtpfbPacket
from aiortc.utils import random32

from stream.codec.video_codec import VideoCodec
from stream.errors import EncoderError
from stream.link.link import Link
from stream.link.transport_feedback import TransportFeedback
from stream.media_clock import instant_of, ticks_at
from stream.peer import FrameSent
from stream.peer_stats import OutboundVideoStats
from stream.picture.frame_source import CodedFrame, FrameSource
from stream.rtp.flexfec import FlexFec
from stream.rtp.packet_sender import PacketCounts, PacketSender
from stream.rtp.packet_writer import PacketWriter
from stream.rtp.rtp_format import RtpFormat, rtp_formats
from stream.settings import StreamSettings
from stream.webrtc.aiortc_extensions import intercept_feedback, refuse_media
from stream.webrtc.link_sample import link_sample
from stream.webrtc.picture_counts import PictureCounts
from stream.webrtc.quality_limitation import QualityLimitation
from stream.webrtc.reporting_sender import ReportingSender

log = structlog.get_logger(__name__)

VIDEO_CLOCK_HZ = 90_000
KEY_FRAME_INTERVAL_S = 0.3
"""Least time between key frames: a burst of PLIs asks for one picture, not for ten."""
SIGN_INTERVAL_S = 0.05
"""While the link takes nothing, how often a single packet asks whether it is there again."""


@dataclass(frozen=True, slots=True)
class SenderEvents:
    """All are called on the event loop."""

    on_frame_sent: Callable[[FrameSent], None]
    on_alive: Callable[[], None]
    on_failed: Callable[[str], None]
    """No encoder works any more; the reason."""
    on_negotiated: Callable[[Sequence[VideoCodec]], None] = lambda _codecs: None
    """What the visitor takes, best first; before the first picture is asked for."""


class InteractiveSender(ReportingSender):
    """Sends the pictures of a source, each as soon as it comes."""

    def __init__(self, transport: Any, source: FrameSource, settings: StreamSettings, events: SenderEvents) -> None:
        super().__init__("video", transport, VIDEO_CLOCK_HZ)
        self._source = source
        self._events = events
        self._max_fps = settings.max_fps
        self._at_once = not settings.lip_sync
        self._formats: dict[VideoCodec, RtpFormat] = {}
        self.link = Link(settings, time.monotonic())
        self._packets: PacketSender | None = None
        self._fec: FlexFec | None = None
        self._room = asyncio.Event()
        """Set when feedback comes: there may be room on the link again."""
        self._timestamp_origin = random32()
        self._last_ticks = -1
        self._frame_interval = FrameInterval(settings.max_fps)
        self._key_frame_at_s = -KEY_FRAME_INTERVAL_S
        self._key_frame_timer: asyncio.TimerHandle | None = None
        self._pictures = PictureCounts()
        self.limitation = QualityLimitation(time.monotonic())
        self._busy: Literal["cpu", "bandwidth"] = "cpu"
        """What a picture waits for that comes now: the encoder, or the link."""

    @property
    def counts(self) -> PacketCounts:
        """What was sent; all zero before the stream begins."""
        return self._packets.counts if self._packets is not None else PacketCounts()

    def on_refused(self) -> None:
        """A picture was replaced by a newer one before it was taken."""
        self.limitation.on_refused(self._busy, time.monotonic())

    def stats(self) -> OutboundVideoStats:
        """What was sent, and how."""
        now_s, pictures, counts = time.monotonic(), self._pictures, self.counts
        return OutboundVideoStats(
            mime_type=pictures.mime_type,
            packets_sent=counts.packets_sent,
            bytes_sent=counts.bytes_sent,
            target_bitrate=self.link.picture_bps(now_s),
            encoder_implementation=pictures.encoder_implementation,
            retransmitted_packets_sent=counts.retransmitted_packets_sent,
            retransmitted_bytes_sent=counts.retransmitted_bytes_sent,
            frames_encoded=pictures.frames_encoded,
            key_frames_encoded=pictures.key_frames_encoded,
            frames_sent=pictures.frames_sent,
            frame_width=pictures.frame_width,
            frame_height=pictures.frame_height,
            frames_per_second=pictures.frames_per_second(now_s),
            total_encode_time=pictures.total_encode_time,
            total_packet_send_delay=counts.total_packet_send_delay,
            nack_count=pictures.nack_count,
            pli_count=pictures.pli_count,
            fir_count=pictures.fir_count,
            quality_limitation_reason=self.limitation.reason(now_s),
            quality_limitation_durations=self.limitation.durations(now_s),
        )

    def _sent_so_far(self) -> tuple[int, int]:
        return self.counts.packets_sent, self.counts.bytes_sent

    def use_repair(self, payload_type: int) -> FlexFec:
        """The receiver knows FlexFEC under this payload type. Before the transport is connected."""
        self._fec = FlexFec(payload_type, random32())
        self.link.use_repair()
        return self._fec

    # --- sending -----------------------------------------------------------------------------------

    async def send(self, parameters: RTCRtpSendParameters) -> None:
        """Upstream's beginning of sending, which would know the first codec alone."""
        self._formats = rtp_formats(parameters.codecs)
        self._events.on_negotiated(tuple(self._formats))
        await super().send(parameters)

    async def _run_rtp(self, codec: RTCRtpCodecParameters) -> None:
        """Upstream's task for media; ``stop`` cancels it and waits for ``rtp_exited``. Each picture says its codec."""
        self._get("rtp_started").set()
        try:
            # Here the transport is the one that all media share (BUNDLE).
            intercept_feedback(self.transport, self._on_feedback)
            refuse_media(self.transport)
            writer = PacketWriter(self._extension_ids.by_uri, self._get("mid"), at_once=self._at_once)
            send = self.transport._send_rtp
            packets = self._packets = PacketSender(send, writer, self._ssrc, self._rtx_ssrc, self.link, self._fec)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(packets.run_extras(), name="repair-packets-copies-probes")
                tasks.create_task(self._send_pictures(packets), name="pictures")
        except* ConnectionError:
            log.debug("transport_gone")  # the connection's state tells the peer's owner
        except* EncoderError as errors:
            self._events.on_failed(str(errors.exceptions[0]))
        except* Exception:  # a defect: upstream's task would keep it to itself, and the visitor's picture would stand
            log.exception("sender_failed")
            self._events.on_failed("a defect of the sender; the log has it")
        finally:
            if self._key_frame_timer is not None:
                self._key_frame_timer.cancel()
            self._get("rtp_exited").set()

    async def _send_pictures(self, packets: PacketSender) -> None:
        while True:
            self._busy = "cpu"
            coded = await self._source.next(self._target_bps)
            self._busy = "bandwidth"
            self._pictures.on_encoded(coded)
            now_s = time.monotonic()
            if coded.unit.key_frame:
                self._key_frame_at_s = now_s
            timestamp = self._timestamp(coded)
            interval_s = self._frame_interval.on_frame(coded.taken_ns / 1e9)
            rtp_format = self._formats[coded.unit.codec]
            payloads = rtp_format.packetise(coded.unit) if coded.payloads is None else coded.payloads
            await packets.send_picture(rtp_format, payloads, timestamp, coded.unit.key_frame, interval_s)
            self._note(coded, timestamp)
            await self._wait_for_room(packets)

    def _target_bps(self) -> int:
        """At the nominal frame rate: where fewer pictures come than that, each may be larger."""
        return round(self.link.picture_bps(time.monotonic()) * self._frame_interval.mean_s * self._max_fps)

    async def _wait_for_room(self, packets: PacketSender) -> None:
        """No picture is taken while the link takes none: the newest waits in the slot, not an old one on the way."""
        while not self.link.may_send(time.monotonic()):
            self._room.clear()
            try:
                async with asyncio.timeout(SIGN_INTERVAL_S):
                    await self._room.wait()
            except TimeoutError:
                await packets.send_sign()

    def _timestamp(self, coded: CodedFrame) -> int:
        """The time when the frame was drawn, on the wire's clock; later than any before."""
        drawn_ns = coded.taken_ns if coded.again else coded.frame.times.draw_start_ns
        self._last_ticks = max(self._last_ticks + 1, ticks_at(drawn_ns, VIDEO_CLOCK_HZ))
        timestamp = (self._timestamp_origin + self._last_ticks) & 0xFFFFFFFF
        self._media = instant_of(self._last_ticks, VIDEO_CLOCK_HZ), timestamp
        return timestamp

    def _note(self, coded: CodedFrame, timestamp: int) -> None:
        sent_ns = time.monotonic_ns()
        unit, times = coded.unit, coded.frame.times
        captured_ns = times.draw_start_ns + (times.draw_ms + times.capture_ms) * 1e6
        self._pictures.frames_sent += 1
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

    def on_heard(self) -> None:
        """Anything came from the visitor, on whichever channel."""
        now_s = time.monotonic()
        if self.link.on_heard(now_s):
            log.debug("link_resumed")
            self._want_key_frame(now_s)
            self._room.set()

    def _on_feedback(self, feedback: TransportFeedback) -> None:
        self.link.on_feedback(feedback, time.monotonic())
        self.on_heard()
        self._room.set()

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        now_s = time.monotonic()
        self._events.on_alive()
        self.on_heard()
        if isinstance(packet, RtcpRtpfbPacket) and packet.fmt == RTCP_RTPFB_NACK:
            self._pictures.nack_count += 1
            if self._packets is not None and await self._packets.answer_nack(packet.lost):
                self._want_key_frame(now_s)
            return
        sample = link_sample(packet, self._ssrc)
        if sample is None:
            return
        self._pictures.pli_count += sample.picture_lost
        self._pictures.fir_count += sample.key_frame_wanted
        if sample.picture_lost or sample.key_frame_wanted:
            self._want_key_frame(now_s)
        if sample.remb_bps is not None:
            self.link.on_remb(sample.remb_bps, now_s)
        if sample.report is not None:
            self.receiver_reports.on_report(sample.report, now_s)
            self.link.on_report(sample.report.fraction_lost / 256.0, self.receiver_reports.smoothed_round_trip_s, now_s)

    def _want_key_frame(self, now_s: float) -> None:
        """Send a key frame as soon as their rate allows; of the last picture where there is no newer one."""
        if self._key_frame_timer is not None:
            return
        pause_s = max(KEY_FRAME_INTERVAL_S, 1.5 * self.link.round_trip_s)
        delay_s = max(0.0, self._key_frame_at_s + pause_s - now_s)
        self._key_frame_timer = asyncio.get_running_loop().call_later(delay_s, self._begin_key_frame)

    def _begin_key_frame(self) -> None:
        self._key_frame_timer = None
        # From now on, not from when it has been coded: who asks meanwhile must not get another one right after it.
        self._key_frame_at_s = time.monotonic()
        self._source.want_key_frame()


class FrameInterval:
    """How far apart pictures come while they come. Seconds."""

    GAP_S = 0.25
    """Longer than that is a rest, not a slow rate."""
    SLOWEST = 2.0
    """A picture gets the time of at most so many nominal ones: the next may come sooner."""

    def __init__(self, max_fps: float) -> None:
        self._nominal_s = self.mean_s = 1.0 / max_fps
        self._before_s: float | None = None

    def on_frame(self, taken_s: float) -> float:
        """A picture was taken; returns the mean interval."""
        if self._before_s is not None and taken_s - self._before_s < self.GAP_S:
            mean_s = 0.9 * self.mean_s + 0.1 * (taken_s - self._before_s)
            self.mean_s = min(self.SLOWEST * self._nominal_s, max(self._nominal_s, mean_s))
        else:
            self.mean_s = self._nominal_s
        self._before_s = taken_s
        return self.mean_s
