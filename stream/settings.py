"""What a stream may cost and how it is encoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EncoderChoice = Literal["auto", "x264", "nvenc"]
CongestionChoice = Literal["transport-cc", "remb"]
ProtectionChoice = Literal["auto", "copies", "none"]


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """Of one visit. Rates are in bits per second."""

    encoder: EncoderChoice = "x264"
    max_fps: float = 30.0
    min_bps: int = 300_000
    start_bps: int = 2_500_000
    """Modest, so that a narrow link is not full before the first feedback; probes find a wide one within a second."""
    max_bps: int = 12_000_000
    congestion: CongestionChoice = "transport-cc"
    """Who estimates the link: the sender by transport-wide feedback where the receiver sends it, or the receiver."""
    lip_sync: bool = False
    """Send the sound in the picture's media stream, so that browsers play both in time. That delays the picture by as
    much as the sound waits in their jitter buffer: right for live sources, wrong for a picture that answers a hand.
    Without the playout-delay extension, which would keep the picture from being delayed."""
    protection: ProtectionChoice = "auto"
    """What a link that loses packets gets: repair packets where the visitor knows them, else copies; or nothing."""
