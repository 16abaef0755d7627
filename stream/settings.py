"""What a stream may cost and how it is encoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

EncoderChoice = Literal["auto", "x264", "nvenc"]


@dataclass(frozen=True, slots=True)
class StreamSettings:
    """Of one visit. Rates are in bits per second."""

    encoder: EncoderChoice = "x264"
    max_fps: float = 30.0
    min_bps: int = 300_000
    start_bps: int = 4_000_000
    max_bps: int = 12_000_000
