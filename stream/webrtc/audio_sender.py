"""Sends a visitor's sound: what we add to aiortc's sender for audio, by subclassing it.

The upstream sender (aiortc 1.16.0) has an encoder of its own for each visitor, paces by sleeping from packet to packet
in its tracks, and goes on sending to who does not listen. Ours sends packets that were coded once for all, at the
instants that their source says, and nothing at all to who has muted. Sound is a hundredth of the rate of the picture
and has no use for being late: it goes out at once, ahead of all that the pacer still holds.

``_run_rtp`` and ``_handle_rtcp_packet`` are overridden; the life of the sender stays upstream's, its reports are those
of stream/webrtc/reporting_sender.py.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog
from aiortc.rtcrtpparameters import RTCRtpCodecParameters
from aiortc.rtp import AnyRtcpPacket
from aiortc.utils import random16, random32, uint16_add

from stream.audio.audio_source import AudioPacket, AudioSource
from stream.audio.opus import BIT_RATE_BPS, MIME_TYPE, PACKET_SAMPLES, SAMPLE_RATE_HZ
from stream.media_clock import ntp_at, ticks_at
from stream.peer_stats import OutboundRtpStats
from stream.rtp.packet_writer import PacketWriter
from stream.webrtc.link_sample import link_sample
from stream.webrtc.reporting_sender import ReportingSender

log = structlog.get_logger(__name__)


class AudioTimestamps:
    """RTP timestamps of a sound: samples that go on are numbered on, whatever a source's clock does meanwhile. Pure."""

    SNAP_TICKS = PACKET_SAMPLES // 2

    def __init__(self, origin: int) -> None:
        """``origin`` is where the stream begins (RFC 3550, section 5.1: random)."""
        self._origin = origin
        self._next: int | None = None

    def timestamp(self, present_ns: int) -> int:
        """Of the packet that belongs at that instant; later than any before."""
        ticks = ticks_at(present_ns, SAMPLE_RATE_HZ)
        if self._next is not None and ticks < self._next + self.SNAP_TICKS:
            ticks = self._next
        self._next = ticks + PACKET_SAMPLES
        return (self._origin + ticks) & 0xFFFFFFFF


class AudioSender(ReportingSender):
    """Plays one source at a time to one visitor, while the visitor listens."""

    def __init__(self, transport: Any, on_alive: Callable[[], None]) -> None:
        """``on_alive`` is called when the visitor's receiver reports."""
        super().__init__("audio", transport, SAMPLE_RATE_HZ)
        self._on_alive = on_alive
        self._source: AudioSource | None = None
        self._muted = False
        self._audible = asyncio.Event()
        self._turn: asyncio.Timeout | None = None
        """What is being played; ended by letting its time be over."""
        self._timestamps = AudioTimestamps(random32())
        self._sequence = random16() % 32768
        self.sent_packets = self.sent_bytes = 0

    def play(self, source: AudioSource | None) -> None:
        """Play this from its beginning, in place of what was played before; None: silence."""
        self._source = source
        self._changed()

    def mute(self, muted: bool) -> None:
        """Send nothing while ``muted``."""
        if muted != self._muted:
            self._muted = muted
            self._changed()

    def _changed(self) -> None:
        if self._source is not None and not self._muted:
            self._audible.set()
        else:
            self._audible.clear()
        turn, self._turn = self._turn, None
        if turn is not None:
            turn.reschedule(asyncio.get_running_loop().time())

    def _sent_so_far(self) -> tuple[int, int]:
        return self.sent_packets, self.sent_bytes

    async def _run_rtp(self, codec: RTCRtpCodecParameters) -> None:
        """Upstream's task for media; ``stop`` cancels it and waits for ``rtp_exited``."""
        self._get("rtp_started").set()
        try:
            if codec.mimeType.lower() != MIME_TYPE:
                log.info("visitor_has_no_opus", codec=codec.mimeType)
                return
            assert codec.payloadType is not None, "negotiated codecs have a payload type"
            await self._play_all(codec.payloadType, PacketWriter(self._extension_ids.by_uri, self._get("mid")))
        except ConnectionError:
            log.debug("transport_gone")  # the connection's state tells the peer's owner
        except Exception:  # a defect: upstream's task would keep it to itself; the picture goes on without sound
            log.exception("sound_failed")
        finally:
            self._turn = None
            self._get("rtp_exited").set()

    async def _play_all(self, payload_type: int, writer: PacketWriter) -> None:
        while True:
            await self._audible.wait()
            source = self._source
            assert source is not None, "audible"
            try:
                async with asyncio.timeout(None) as turn:
                    self._turn = turn
                    await self._play(source, payload_type, writer)
                    if self._turn is turn:  # else something else is to be heard since, or nothing
                        self._turn = None
                        self.play(None)
            except TimeoutError:
                continue  # something else is to be heard, or nothing

    async def _play(self, source: AudioSource, payload_type: int, writer: PacketWriter) -> None:
        source.begin(time.monotonic_ns())
        try:
            marker = True  # the first packet after a silence (RFC 3551, section 4.1)
            while (packet := await source.next()) is not None:
                await self._send_packet(packet, marker, payload_type, writer)
                marker = False
        finally:
            source.end()

    async def _send_packet(self, packet: AudioPacket, marker: bool, payload_type: int, writer: PacketWriter) -> None:
        timestamp = self._timestamps.timestamp(packet.present_ns)
        # When this sound belongs, by the clock that pictures are told by as well.
        self._media = packet.present_ns, timestamp
        ntp = ntp_at(packet.present_ns)
        data = writer.write(payload_type, marker, self._sequence, timestamp, self._ssrc, packet.data, ntp, 0)
        self._sequence = uint16_add(self._sequence, 1)
        await self.transport._send_rtp(data)
        self.sent_packets += 1
        self.sent_bytes += len(packet.data)

    async def _handle_rtcp_packet(self, packet: AnyRtcpPacket) -> None:
        self._on_alive()
        sample = link_sample(packet, self._ssrc)
        if sample is not None and sample.report is not None:
            self.receiver_reports.on_report(sample.report, time.monotonic())

    def stats(self) -> OutboundRtpStats:
        """What was sent."""
        return OutboundRtpStats(MIME_TYPE, self.sent_packets, self.sent_bytes, BIT_RATE_BPS, "libopus")
