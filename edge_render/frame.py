"""The drawn frame: the one type that edge_render and stream share. Immutable, free of GL and of networks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

from edge_render.pose import Pose


class PixelFormat(StrEnum):
    """Layout of ``Frame.pixels``; every layout has its first row at the top of the picture."""

    RGBA = "rgba"
    """(height, width, 4) uint8, sRGB, full range."""
    I420 = "i420"
    """(height * 3 // 2, width) uint8: the Y plane, then U and V at half size (ITU-R BT.709, limited range)."""


@dataclass(frozen=True, slots=True)
class FrameTimes:
    """When a frame was made. Nanoseconds of ``time.monotonic_ns``; durations in milliseconds."""

    input_at_ns: int
    """Arrival of the newest input that the frame shows."""
    draw_start_ns: int
    """When the GL thread took the newest view and began to draw."""
    draw_ms: float
    capture_ms: float


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture with what it shows. Width and height are even; ``pixels`` is read-only and contiguous."""

    pixels: NDArray[np.uint8] = field(repr=False)
    format: PixelFormat
    width: int
    height: int
    pose: Pose
    input_seq: int
    """Sequence number of the last input message that this picture shows."""
    still: bool
    """True for pictures that are drawn once a visitor stands still, each better than the one before."""
    times: FrameTimes
    final: bool = False
    """True for the last of them: nothing better comes until the visitor moves."""
    fov_y_rad: float = 1.0
    """The angle that it shows from top to bottom."""
