"""Puts a visitor's video on the wire: numbers, paces and repeats packets. stream/link/link.py says what may be sent."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from aiortc.utils import random16, uint16_add

from stream.link.link import Link
from stream.link.probing import Probe
from stream.link.protection import COPY_DELAY_S, Protection
from stream.link.repair import PACKETS_MAX, cover
from stream.media_clock import ntp_time
from stream.rtp.flexfec import REPAIRABLE_MAX_BYTES, FlexFec, repair_payload
from stream.rtp.pacer import Pacer
from stream.rtp.packet_writer import PacketWriter
from stream.rtp.retransmission import Retransmission, StoredPacket
from stream.rtp.rtp_format import RtpFormat

COPIES_WAITING_MAX = 64
"""Also of repair packets: of more than a picture or two, those that wait longest come too late."""
TIMER_S = 0.0005
"""What is due sooner than a timer could wake us is sent at once."""


@dataclass(frozen=True, slots=True)
class _Repair:
    timestamp: int
    payload: bytes


@dataclass(slots=True)
class PacketCounts:
    """Since the stream began; named after RTCOutboundRtpStreamStats (W3C webrtc-stats)."""

    packets_sent: int = 0
    bytes_sent: int = 0
    """Payload of all packets, copies and repeated ones among them."""
    retransmitted_packets_sent: int = 0
    retransmitted_bytes_sent: int = 0
    copied_packets_sent: int = 0
    repair_packets_sent: int = 0
    probe_packets_sent: int = 0
    total_packet_send_delay: float = 0.0
    """Seconds that packets of pictures waited for the pacer, summed over all packets."""


class PacketSender:
    """One stream's packets. ``run_extras`` is a task of the stream's owner; all else is called by it."""

    def __init__(
        self,
        send: Callable[[bytes], Awaitable[None]],
        writer: PacketWriter,
        ssrc: int,
        rtx_ssrc: int,
        link: Link,
        fec: FlexFec | None = None,
    ) -> None:
        """``send`` protects a packet and gives it to the network; ``fec``: the receiver knows repair packets."""
        now_s = time.monotonic()
        self._send = send
        self._writer = writer
        self._ssrc, self._rtx_ssrc = ssrc, rtx_ssrc
        self._link = link
        self._pacer = Pacer(now_s)
        self._history = Retransmission(now_s)
        # In the lower half of its range, as a wrap-around before the receiver has seen a packet breaks SRTP there.
        self._sequence = random16() % 32768
        self._rtx_sequence = random16() % 32768
        self._fec = fec
        self._fec_sequence = random16() % 32768
        self._repairs: deque[_Repair] = deque(maxlen=COPIES_WAITING_MAX)
        self._copies: deque[tuple[float, StoredPacket, bool]] = deque(maxlen=COPIES_WAITING_MAX)
        """When each is due, and whether the receiver had asked for it."""
        self._probe: Probe | None = None
        self._extras_wanted = asyncio.Event()
        self.counts = PacketCounts()

    async def send_picture(
        self, rtp_format: RtpFormat, payloads: Sequence[bytes], timestamp: int, key_frame: bool, interval_s: float
    ) -> None:
        """Send the packets of one picture, spread over its time; returns when the last has left."""
        if key_frame:
            self._history.begin_key_frame()
            self._copies.clear()
            self._repairs.clear()
        began_s = time.monotonic()
        self._pacer.set_pace(self._link.pace_bps, sum(map(len, payloads)), interval_s, began_s)
        sent = []
        for index, payload in enumerate(payloads):
            await self._wait_for_pacer()
            sent.append(await self._send_media(rtp_format, payload, timestamp, index == len(payloads) - 1))
        self.counts.total_packet_send_delay += sum(packet.sent_s - began_s for packet in sent)
        due_s = time.monotonic() + COPY_DELAY_S
        if rtp_format.rtx_payload_type is not None:
            chosen = Protection.choose(len(sent), self._link.copies_share)
            self._copies.extend((due_s, sent[index], False) for index in chosen)
            self._probe = self._probe or self._link.next_probe(due_s)
        if self._fec is not None:
            for begin in range(0, len(sent), PACKETS_MAX):
                self._repairs.extend(self._repair(self._fec, sent[begin : begin + PACKETS_MAX]))
        if self._repairs or self._copies or self._probe:
            self._extras_wanted.set()

    def _repair(self, fec: FlexFec, packets: Sequence[StoredPacket]) -> list[_Repair]:
        count = self._link.repairs(len(packets))
        if count == 0:
            return []
        # As the receiver computes with them: without what changes on the way.
        whole = [self._original(packet, ntp=0, number=0) for packet in packets]
        if max(map(len, whole)) > REPAIRABLE_MAX_BYTES:
            return []
        return [
            _Repair(packets[0].timestamp, repair_payload(whole, indices, self._ssrc, packets[0].sequence))
            for indices in cover(len(packets), count)
        ]

    async def _send_media(self, rtp_format: RtpFormat, payload: bytes, timestamp: int, marker: bool) -> StoredPacket:
        now_s, ntp = time.monotonic(), ntp_time(time.time())
        probe = self._probe.cluster if self._probe else None
        number = self._link.on_sent(len(payload), now_s, probe=probe, picture=timestamp)
        packet = StoredPacket(
            self._sequence,
            timestamp,
            marker,
            payload,
            now_s,
            rtp_format.payload_type,
            rtp_format.rtx_payload_type,
            ntp,
            number,
        )
        self._sequence = uint16_add(self._sequence, 1)
        self._history.keep(packet)
        await self._write(packet)
        return packet

    async def _write(self, packet: StoredPacket) -> None:
        data = self._original(packet, packet.ntp_time, packet.transport_sequence)
        self._count(packet.payload)
        await self._send(data)

    def _original(self, packet: StoredPacket, ntp: int, number: int) -> bytes:
        return self._writer.write(
            packet.payload_type,
            packet.marker,
            packet.sequence,
            packet.timestamp,
            self._ssrc,
            packet.payload,
            ntp,
            number,
        )

    def _count(self, payload: bytes) -> None:
        self._pacer.on_sent(len(payload), time.monotonic())
        self.counts.packets_sent += 1
        self.counts.bytes_sent += len(payload)

    async def _wait_for_pacer(self) -> None:
        # Asked once: what copies send meanwhile must not hold up the picture further.
        if (wait_s := self._pacer.wait_s(time.monotonic())) > TIMER_S:
            await asyncio.sleep(wait_s)

    # --- what is sent again ----------------------------------------------------------------------------

    async def answer_nack(self, lost: Sequence[int]) -> bool:
        """Send again what is worth it; True where only a key frame helps."""
        now_s = time.monotonic()
        # On a link that loses packets the answer may be lost as well, and would be asked for a round trip later.
        copies = self._link.loses_packets
        answer = self._history.on_nack(lost, self._link.round_trip_s, self._link.link_bps, now_s, copies=copies)
        for packet in answer.again:
            self.counts.retransmitted_packets_sent += 1
            self.counts.retransmitted_bytes_sent += len(packet.payload)
            await self._repeat(packet, again=True)
        if answer.copies:
            self._copies.extend((now_s + COPY_DELAY_S, packet, True) for packet in answer.again)
            self._extras_wanted.set()
        return answer.key_frame

    async def send_sign(self) -> None:
        """Send the newest packet once more: its feedback tells whether the link is there."""
        for packet in self._history.latest(1):
            await self._repeat(packet)

    async def _repeat(self, packet: StoredPacket, *, again: bool = False, probe: int | None = None) -> None:
        if packet.rtx_payload_type is None:
            await self._write(packet)
            return
        number = self._link.on_sent(len(packet.payload) + 2, time.monotonic(), again=again, probe=probe)
        data = self._writer.write(
            packet.rtx_payload_type,
            packet.marker,
            self._rtx_sequence,
            packet.timestamp,
            self._rtx_ssrc,
            packet.sequence.to_bytes(2) + packet.payload,
            ntp_time(time.time()),
            number,
        )
        self._rtx_sequence = uint16_add(self._rtx_sequence, 1)
        self._count(packet.payload)
        await self._send(data)

    # --- repair packets, copies, probes -----------------------------------------------------------------------------

    async def run_extras(self) -> None:
        """Send repair packets, copies and probes, beside the pictures; ends by cancellation."""
        while True:
            await self._extras_wanted.wait()
            self._extras_wanted.clear()
            while self._fec is not None and self._repairs:
                await self._wait_for_pacer()
                await self._send_repair(self._fec, self._repairs.popleft())
            if self._probe is not None:
                await self._send_probe(self._probe)
                self._probe = None
            while self._copies:
                due_s, packet, again = self._copies.popleft()
                if (wait_s := due_s - time.monotonic()) > TIMER_S:
                    await asyncio.sleep(wait_s)
                await self._wait_for_pacer()
                self.counts.copied_packets_sent += 1
                await self._repeat(packet, again=again)

    async def _send_repair(self, fec: FlexFec, repair: _Repair) -> None:
        number = self._link.on_sent(len(repair.payload), time.monotonic())
        ntp = ntp_time(time.time())
        data = self._writer.write(
            fec.payload_type, False, self._fec_sequence, repair.timestamp, fec.ssrc, repair.payload, ntp, number
        )
        self._fec_sequence = uint16_add(self._fec_sequence, 1)
        self.counts.repair_packets_sent += 1
        self._count(repair.payload)
        await self._send(data)

    async def _send_probe(self, probe: Probe) -> None:
        """Copies of the newest packets, at the rate of the probe: if the link loses any, they are of use."""
        began_s, sent_bytes = time.monotonic(), 0
        while sent_bytes < probe.size_bytes:
            newest = self._history.latest(16)
            if not newest:
                return
            for packet in newest:
                due_s = began_s + 8 * sent_bytes / probe.rate_bps
                if (wait_s := due_s - time.monotonic()) > TIMER_S:
                    await asyncio.sleep(wait_s)
                self.counts.probe_packets_sent += 1
                await self._repeat(packet, probe=probe.cluster)
                sent_bytes += len(packet.payload)
                if sent_bytes >= probe.size_bytes:
                    return
