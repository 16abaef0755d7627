"""Radiance pictures (.hdr): light of any brightness, four bytes a pixel. Pure, and bounded by the file's own header.

(Radiance's "Picture File Format", the RGBE form with run-length coded or plain scanlines.) Libraries decode these to
floats, three times the memory; a whole panorama in floats does not fit into ours.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_render.errors import PackageError

HEADER_MAX_BYTES = 64 * 1024
_MAGICS = (b"#?RADIANCE", b"#?RGBE")
_SIZE = re.compile(rb"-Y (\d{1,6}) \+X (\d{1,6})")
_RLE_WIDTHS = range(8, 32768)
_OLD_RUN = (1, 1, 1)

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class RadianceHeader:
    """``exposure`` is what the light has been multiplied by; ``data_at`` where the scanlines begin."""

    width: int
    height: int
    exposure: float
    data_at: int


def read_header(data: bytes, name: str) -> RadianceHeader:
    """Read the header from the first HEADER_MAX_BYTES of a file. Raises PackageError."""
    if not data.startswith(_MAGICS):
        raise PackageError(f"{name}: is no Radiance picture: it does not begin with #?RADIANCE")
    exposure = 1.0
    at = 0
    while True:
        end = data.find(b"\n", at)
        if end < 0:
            raise PackageError(f"{name}: its header does not end within {HEADER_MAX_BYTES} bytes")
        line, at = data[at:end].strip(), end + 1
        if line.startswith(b"FORMAT=") and line != b"FORMAT=32-bit_rle_rgbe":
            raise PackageError(f"{name}: its {line.decode('latin-1')[:60]} is not understood; save it as RGBE")
        if line.startswith(b"EXPOSURE="):
            exposure *= _factor(line[9:], name)
        if not line:
            break
    end = data.find(b"\n", at)
    size = _SIZE.fullmatch(data[at:end].strip()) if end >= 0 else None
    if size is None:
        raise PackageError(f"{name}: its size is not given as '-Y height +X width'; save it upright and not mirrored")
    return RadianceHeader(int(size[2]), int(size[1]), exposure, end + 1)


def _factor(text: bytes, name: str) -> float:
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 1e-6 < factor < 1e6:
        raise PackageError(f"{name}: its EXPOSURE is no sensible number")
    return factor


def read_radiance(path: Path, check_size: Callable[[int, int], None]) -> tuple[Bytes, float]:
    """The pixels (height, width, 4), mantissas and exponent, and what the light has been multiplied by.

    ``check_size`` is told width and height before anything of that size is made, and raises where it is too much.
    Raises PackageError for what is no whole Radiance picture, and OSError.
    """
    data = path.read_bytes()
    header = read_header(data[:HEADER_MAX_BYTES], path.name)
    width, height = header.width, header.height
    check_size(width, height)
    if len(data) > header.data_at + 4 * height * (width + width // 64 + 8):
        raise PackageError(f"{path.name}: has {len(data)} bytes, more than its pixels can take in any coding")
    pixels = np.empty((height, width, 4), np.uint8)
    at = header.data_at
    coded = data[at : at + 4] == bytes((2, 2, width >> 8, width & 255)) and width in _RLE_WIDTHS
    if not coded:
        return _plain(data, header, pixels, path.name), header.exposure
    start = data[at : at + 4]
    line = bytearray(width * 4)
    for row in range(height):
        if data[at : at + 4] != start:
            raise PackageError(f"{path.name}: scanline {row} of {height} is broken or missing")
        at = _scanline(data, at + 4, line, width)
        if at < 0:
            raise PackageError(f"{path.name}: scanline {row} of {height} is broken or cut off")
        pixels[row] = np.frombuffer(line, np.uint8).reshape(4, width).T
    return pixels, header.exposure


def _scanline(data: bytes, at: int, line: bytearray, width: int) -> int:
    """Decode four runs of ``width`` bytes each; returns where the next scanline begins, -1 where this one is broken."""
    size = len(data)
    for first in range(0, 4 * width, width):
        to, end = first, first + width
        while to < end:
            if at + 1 >= size:
                return -1
            count = data[at]
            if count > 128:
                count -= 128
                line[to : to + count] = data[at + 1 : at + 2] * count
                at += 2
            else:
                line[to : to + count] = data[at + 1 : at + 1 + count]
                at += 1 + count
            to += count
            if count == 0 or to > end or at > size:
                return -1
    return at


def _plain(data: bytes, header: RadianceHeader, pixels: Bytes, name: str) -> Bytes:
    found = np.frombuffer(data, np.uint8, offset=header.data_at)
    if len(found) < pixels.size:
        raise PackageError(f"{name}: is cut off: {len(found)} bytes of pixels, not {pixels.size}")
    pixels[:] = found[: pixels.size].reshape(pixels.shape)
    if (pixels[..., :3] == _OLD_RUN).all(axis=2).any():
        raise PackageError(f"{name}: has runs of the oldest form of Radiance files; save it anew with another program")
    return pixels


def light(rgbe: Bytes) -> NDArray[np.float32]:
    """Linear RGB (..., 3) of pixels (..., 4)."""
    scale = np.ldexp(np.float32(1.0), np.arange(256) - 136).astype(np.float32)
    scale[0] = 0.0
    result: NDArray[np.float32] = rgbe[..., :3].astype(np.float32) * scale[rgbe[..., 3]][..., None]
    return result
