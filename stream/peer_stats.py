"""What is known of one visitor's stream, by the names of the W3C's "Identifiers for WebRTC's Statistics API", in
snake_case. All counts and totals are since the stream began; times are seconds, rates bits per second, fractions 0..1.

What the standard has no name for stands in SenderStats, under names of ours.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

LimitationReason = Literal["none", "cpu", "bandwidth", "other"]
"""RTCQualityLimitationReason."""


@dataclass(frozen=True, slots=True)
class OutboundRtpStats:
    """RTCOutboundRtpStreamStats of one stream, with the mime type of its RTCCodecStats."""

    mime_type: str
    """Such as video/H264; empty before anything was sent."""
    packets_sent: int = 0
    """Packets that were sent again, copies and probes among them."""
    bytes_sent: int = 0
    """Payload of all those packets, without RTP headers."""
    target_bitrate: float = 0.0
    """What the encoder is given, bits per second."""
    encoder_implementation: str = ""
    """The library that encoded the newest of it, such as libx264."""


@dataclass(frozen=True, slots=True)
class OutboundVideoStats(OutboundRtpStats):
    """RTCOutboundRtpStreamStats, the part that only video has."""

    retransmitted_packets_sent: int = 0
    """Because the receiver asked for them (NACK)."""
    retransmitted_bytes_sent: int = 0
    """Payload of those."""
    frames_encoded: int = 0
    key_frames_encoded: int = 0
    frames_sent: int = 0
    frame_width: int = 0
    """Pixels; of the newest picture."""
    frame_height: int = 0
    frames_per_second: float = 0.0
    """Pictures encoded in the last second."""
    total_encode_time: float = 0.0
    """Seconds spent encoding; of a picture that is encoded once for many visitors, each of them counts it."""
    total_packet_send_delay: float = 0.0
    """Seconds that packets of pictures waited for the pacer, summed over all packets."""
    nack_count: int = 0
    """Feedback messages that ask for lost packets."""
    pli_count: int = 0
    """Feedback messages that say that a picture was lost (RFC 4585, section 6.3.1)."""
    fir_count: int = 0
    """Requests for a key frame (RFC 5104, section 4.3.1)."""
    quality_limitation_reason: LimitationReason = "none"
    """What keeps pictures from being larger, or from coming more often."""
    quality_limitation_durations: dict[LimitationReason, float] = field(default_factory=dict)
    """Seconds spent in each of the reasons."""


@dataclass(frozen=True, slots=True)
class RemoteInboundRtpStats:
    """RTCRemoteInboundRtpStreamStats: what the receiver's reports say of one stream (RFC 3550, section 6.4.1)."""

    packets_lost: int
    fraction_lost: float
    """Of the packets since the report before."""
    jitter: float
    """Seconds."""
    round_trip_time: float | None
    """Seconds, by the newest report; None before the first that answers one of ours."""
    total_round_trip_time: float
    """Sum of all measurements."""
    round_trip_time_measurements: int


@dataclass(frozen=True, slots=True)
class CandidatePairStats:
    """RTCIceCandidatePairStats of the pair in use."""

    available_outgoing_bitrate: float
    """What the link carries by the estimate that runs, bits per second."""
    current_round_trip_time: float | None
    """Seconds. By the newest RTCP report on the picture, before the first of these by one on the sound, as aioice tells
    no times of its checks."""


@dataclass(frozen=True, slots=True)
class SenderStats:
    """What the standard has no name for."""

    frames_dropped: int = 0
    """Pictures that were drawn but not sent, because a newer one came first."""
    copied_packets_sent: int = 0
    """Packets sent twice before anybody asked, as the link loses some."""
    repair_packets_sent: int = 0
    """Packets from which lost ones can be made."""
    probe_packets_sent: int = 0
    """Packets sent again to see whether the link carries more."""
    queue_delay: float = 0.0
    """Seconds that packets wait in queues on the way, by the sender's own estimate of the link."""
    feedback_loss: float | None = None
    """Of the newest packets, by transport-wide feedback."""
    remb: int | None = None
    """The receiver's own estimate of the link, bits per second; None where it sends none."""


@dataclass(frozen=True, slots=True)
class PeerStats:
    """Of one visitor's connection."""

    video: OutboundVideoStats
    audio: OutboundRtpStats | None = None
    """None where the visitor takes no sound."""
    remote_video: RemoteInboundRtpStats | None = None
    """None before the first report."""
    remote_audio: RemoteInboundRtpStats | None = None
    candidate_pair: CandidatePairStats | None = None
    sender: SenderStats = SenderStats()
