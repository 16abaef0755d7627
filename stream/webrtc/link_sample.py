"""From RTCP packets to plain values: what the receiver says of the link."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from aiortc.rtp import (
    RTCP_PSFB_APP,
    RTCP_PSFB_FIR,
    RTCP_PSFB_PLI,
    AnyRtcpPacket,
    RtcpPsfbPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSrPacket,
    unpack_remb_fci,
)


@dataclass(frozen=True, slots=True)
class LinkSample:
    """One RTCP packet about one stream; None where it does not say."""

    report: RtcpReceiverInfo | None = None
    """What the receiver reports of the stream (RFC 3550, section 6.4.1)."""
    remb_bps: int | None = None
    """The receiver's estimate of the link (draft-alvestrand-rmcat-remb)."""
    picture_lost: bool = False
    """PLI (RFC 4585, section 6.3.1)."""
    key_frame_wanted: bool = False
    """FIR (RFC 5104, section 4.3.1)."""


def link_sample(packet: AnyRtcpPacket, ssrc: int) -> LinkSample | None:
    """What a packet says of the stream ``ssrc``; None where it is about nothing that is used here."""
    if isinstance(packet, RtcpRrPacket | RtcpSrPacket):
        reports = [report for report in packet.reports if report.ssrc == ssrc]
        return LinkSample(report=reports[-1]) if reports else None
    if not isinstance(packet, RtcpPsfbPacket):
        return None
    if packet.fmt == RTCP_PSFB_PLI:
        return LinkSample(picture_lost=True)
    if packet.fmt == RTCP_PSFB_FIR:
        return LinkSample(key_frame_wanted=True)
    if packet.fmt == RTCP_PSFB_APP:
        try:
            bitrate_bps, ssrcs = unpack_remb_fci(packet.fci)
        except (ValueError, struct.error):
            return None  # another application's feedback message, which RFC 4585 allows, or one that is cut off
        return LinkSample(remb_bps=bitrate_bps) if ssrc in ssrcs else None
    return None
