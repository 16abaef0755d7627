"""Large arrays to the GPU, a part at a time, so that between two parts somebody's picture can be drawn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge_render.gl.calls import COPY_WRITE_BUFFER, GlCalls

PART_BYTES = 4 * 1024**2
"""Copied in a millisecond or two."""


def upload_array(calls: GlCalls, buffer: int, offset_bytes: int, data: NDArray[Any]) -> Iterator[int]:
    """Write an array into a buffer from ``offset_bytes`` on; yields the bytes of each part when it is done."""
    flat = np.ascontiguousarray(data)
    address, total = flat.ctypes.data, flat.nbytes
    for first in range(0, total, PART_BYTES):
        size = min(PART_BYTES, total - first)
        # Between two parts others draw, and bind what they like.
        calls.bind_buffer(COPY_WRITE_BUFFER, buffer)
        calls.buffer_sub_data(COPY_WRITE_BUFFER, offset_bytes + first, size, address + first)
        yield size
