"""Writes what happened to every packet and every frame of a visit, for those who work on a sender.

``…-frames.csv``: one line per RTP timestamp of the video. ``…-packets.csv``: one line per packet at the relay.
"""

from __future__ import annotations

import csv
import struct
from dataclasses import dataclass, field
from pathlib import Path

from bench.network.figures import delays_s
from bench.network.recording import FrameSeen, Recording
from bench.network.relay import PacketSeen

RTP_VERSION = 2
FRAME_COLUMNS = (
    *("rtp", "first_sent_s", "last_sent_s", "last_arrived_s", "shown_s", "packets", "bytes", "dropped", "again"),
    *("width", "height", "input_seq", "picture", "delay_ms"),
)
PACKET_COLUMNS = ("way", "at_s", "bytes", "deliver_at_s", "drop", "payload_type", "seq", "rtp", "ssrc", "marker")


@dataclass(frozen=True, slots=True)
class RtpHead:
    """The fixed RTP header (RFC 3550, section 5.1)."""

    marker: bool
    payload_type: int
    sequence_number: int
    timestamp: int
    ssrc: int


@dataclass(slots=True)
class _FrameOnWire:
    packets: list[PacketSeen] = field(default_factory=list)
    payload_types: set[int] = field(default_factory=set)


def rtp_head(head: bytes) -> RtpHead | None:
    """The header of an RTP packet; None for RTCP, STUN, DTLS (told apart as RFC 7983 says) or what is too short."""
    if len(head) < 12 or head[0] >> 6 != RTP_VERSION or 192 <= head[1] <= 223:
        return None
    _, second, sequence_number, timestamp, ssrc = struct.unpack("!BBHII", head[:12])
    return RtpHead(bool(second >> 7), second & 0x7F, sequence_number, timestamp, ssrc)


def write_trace(folder: Path, recording: Recording) -> Path:
    """Write both files; returns the one of frames."""
    name = f"{recording.sender}-{recording.profile}"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"{name}-packets.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(PACKET_COLUMNS)
        for packet in recording.packets:
            head = rtp_head(packet.head)
            rtp = (
                ("", "", "", "", "")
                if head is None
                else (head.payload_type, head.sequence_number, head.timestamp, head.ssrc, int(head.marker))
            )
            deliver = "" if packet.deliver_at_s is None else f"{packet.deliver_at_s:.5f}"
            rows.writerow((packet.way, f"{packet.at_s:.5f}", packet.size_bytes, deliver, packet.drop or "", *rtp))
    frames = folder / f"{name}-frames.csv"
    with frames.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(FRAME_COLUMNS)
        rows.writerows(frame_rows(recording))
    return frames


def frame_rows(recording: Recording) -> list[tuple[object, ...]]:
    """Each frame that was sent, whether shown or not, in the order in which their first packets came."""
    on_wire: dict[int, _FrameOnWire] = {}
    for packet in recording.packets:
        head = rtp_head(packet.head)
        if packet.way == "down" and head is not None:
            frame = on_wire.setdefault(head.timestamp, _FrameOnWire())
            frame.packets.append(packet)
            frame.payload_types.add(head.payload_type)
    shown: dict[int | None, FrameSeen] = {frame.rtp_timestamp: frame for frame in recording.frames}
    delay_ms = {at_s: delay * 1e3 for at_s, delay in delays_s(recording.inputs, recording.frames)}
    rows: list[tuple[object, ...]] = []
    for timestamp, frame in on_wire.items():
        first_type = rtp_head(frame.packets[0].head)
        assert first_type is not None
        # Retransmissions come with a payload type of their own (RTX, RFC 4588).
        again = sum(
            (head := rtp_head(packet.head)) is not None and head.payload_type != first_type.payload_type
            for packet in frame.packets
        )
        arrivals = [packet.deliver_at_s for packet in frame.packets if packet.deliver_at_s is not None]
        seen = shown.get(timestamp)
        rows.append(
            (
                timestamp,
                f"{frame.packets[0].at_s:.4f}",
                f"{frame.packets[-1].at_s:.4f}",
                f"{max(arrivals):.4f}" if arrivals else "",
                f"{seen.at_s:.4f}" if seen else "",
                len(frame.packets),
                sum(packet.size_bytes for packet in frame.packets),
                sum(packet.drop is not None for packet in frame.packets),
                again,
                *((seen.width, seen.height, seen.input_seq, seen.picture) if seen else ("", "", "", "")),
                f"{delay_ms[seen.at_s]:.1f}" if seen and seen.at_s in delay_ms else "",
            )
        )
    return rows
