"""What is noted of one visit, as plain values. All times are seconds since the relay's start, on one clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bench.network.cpu import CpuUse
from bench.network.relay import PacketSeen, Way, WayCounters


@dataclass(frozen=True, slots=True)
class InputSent:
    """An input left the page."""

    seq: int
    at_s: float
    yaw_rad: float


@dataclass(frozen=True, slots=True)
class FrameSeen:
    """requestVideoFrameCallback ran for a frame."""

    at_s: float
    rtp_timestamp: int | None
    presented: int
    """How many frames the browser had presented, callback or not."""
    width: int
    height: int
    input_seq: int | None
    """As the frame's strip says; None where it can't be read."""
    picture: int | None


@dataclass(frozen=True, slots=True)
class Sample:
    """The pixels of a shown frame: its Y plane, (height, width)."""

    at_s: float
    picture: int | None
    luma: NDArray[np.uint8] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Recording:
    """A visit through one profile with one sender."""

    sender: str
    profile: str
    codec: str
    measured_from_s: float
    measured_to_s: float
    turning_from_s: float
    inputs: list[InputSent] = field(repr=False)
    frames: list[FrameSeen] = field(repr=False)
    samples: list[Sample] = field(repr=False)
    inbound_before: dict[str, Any] = field(repr=False)
    """inbound-rtp of the video (W3C webrtc-stats) when the measurement began, and when it ended."""
    inbound_after: dict[str, Any] = field(repr=False)
    connections: int
    """More than one: the page lost the connection and made a new one."""
    counters: dict[Way, WayCounters] = field(repr=False)
    cpu: CpuUse
    packets: list[PacketSeen] = field(repr=False)
    """Empty unless a trace was asked for."""
