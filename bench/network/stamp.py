"""A machine-readable strip along the top of every picture: which picture it is and which input it shows.

So every sender is measured in the same way, also one that does not tell its RTP timestamps: the page reads the strip
of each frame that it shows. 32 cells across, dark or light, in luma alone: 16 bits of the input's sequence number and
8 of the picture's index, both as Gray code so that few cells change from frame to frame, and a check byte.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from edge_render.frame import Frame, PixelFormat

CELLS = 32
STRIP_SHARE = 1.0 / 36.0
"""Of the picture's height: 20 rows of 720, 10 of 360."""
DARK, LIGHT = 48, 200
CHECK_FACTOR = 0x9E3779B1
"""Knuth's multiplicative hash: a check byte that any misread cell changes."""


def strip_rows(height: int) -> int:
    """How many rows the strip has, an even number."""
    return max(2, round(height * STRIP_SHARE / 2.0) * 2)


def _check(value: int) -> int:
    return (value * CHECK_FACTOR & 0xFFFFFFFF) >> 24


def encode(input_seq: int, picture_index: int) -> int:
    """The strip's 32 bits, the first cell's the highest. Both numbers wrap: at 65536 and at 256."""
    seq, index = input_seq & 0xFFFF, picture_index & 0xFF
    value = (seq ^ seq >> 1) << 8 | (index ^ index >> 1)
    return value << 8 | _check(value)


def decode(bits: int) -> tuple[int, int] | None:
    """Sequence number and picture index; None where the cells were misread."""
    value = bits >> 8
    if _check(value) != bits & 0xFF:
        return None
    return _from_gray(value >> 8), _from_gray(value & 0xFF)


def _from_gray(gray: int) -> int:
    value = 0
    while gray:
        value ^= gray
        gray >>= 1
    return value


def stamp(frame: Frame, picture_index: int) -> Frame:
    """A copy of an I420 frame with the strip of its input and of that picture."""
    assert frame.format is PixelFormat.I420, "recorded pictures are I420"
    width, height, rows = frame.width, frame.height, strip_rows(frame.height)
    bits = encode(frame.input_seq, picture_index)
    cells = np.array([bits >> (CELLS - 1 - cell) & 1 for cell in range(CELLS)], np.uint8)
    line = np.where(cells[np.arange(width) * CELLS // width], LIGHT, DARK).astype(np.uint8)
    pixels = frame.pixels.copy()
    pixels[:rows] = line
    chroma = pixels[height:].reshape(2, height // 2, width // 2)
    chroma[:, : rows // 2] = 128
    pixels.flags.writeable = False
    return replace(frame, pixels=pixels)


def read(luma: NDArray[np.uint8]) -> tuple[int, int] | None:
    """What the strip of a picture says; ``luma`` is its Y plane, (height, width), at any size."""
    height, width = luma.shape
    row = strip_rows(height) // 2
    middles = (np.arange(CELLS) * 2 + 1) * width // (2 * CELLS)
    bits = 0
    for sample in luma[row, middles]:
        bits = bits << 1 | int(sample > (DARK + LIGHT) // 2)
    return decode(bits)
