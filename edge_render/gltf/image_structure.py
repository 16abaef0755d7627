"""Reads the structure of image files without decoding them: kind, size in pixels, and whether the end is there.

Sources: PNG (W3C, third edition, section 5), JPEG (ITU-T T.81, annex B), WebP (RFC 9649, section 2), AVIF (ISO/IEC
14496-12, section 4.2), KTX 2.0 (Khronos, section 3).
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from edge_render.gltf import ktx2

_PNG: Final = b"\x89PNG\r\n\x1a\n"
_JPEG: Final = b"\xff\xd8\xff"
_JPEG_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_JPEG_BARE: Final = frozenset({0x01, *range(0xD0, 0xD9)})


class ImageError(Exception):
    """An image is broken; the message says how. ``code`` is as in Finding."""

    def __init__(self, message: str, code: str = "IMAGE_DATA_INVALID") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class ImageStructure:
    """Size in pixels; 0 where the header does not tell it without decoding (AVIF)."""

    width: int
    height: int


def media_type_of(data: bytes) -> str | None:
    """What the first bytes say that it is."""
    if data.startswith(_PNG):
        return "image/png"
    if data.startswith(_JPEG):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    if data[4:8] == b"ftyp" and data[8:12] in (b"avif", b"avis", b"mif1"):
        return "image/avif"
    return "image/ktx2" if data.startswith(ktx2.MAGIC) else None


def read_structure(data: bytes) -> ImageStructure | None:
    """None where it is no kind that glTF and its extensions know. Raises ImageError where it is broken."""
    media_type = media_type_of(data)
    if media_type is None:
        return None
    try:
        width, height = _READERS[media_type](data)
    except (struct.error, IndexError) as error:
        raise _cut_off() from error
    return ImageStructure(width, height)


def _cut_off() -> ImageError:
    return ImageError("the image ends too early: is it truncated?", "IMAGE_UNEXPECTED_EOS")


def _png(data: bytes) -> tuple[int, int]:
    size: tuple[int, int] | None = None
    at = len(_PNG)
    while True:
        length, kind = struct.unpack_from(">I4s", data, at)
        if at + 12 + length > len(data):
            raise _cut_off()
        if size is None:
            if kind != b"IHDR" or length != 13:
                raise ImageError("PNG without a header")
            size = struct.unpack_from(">II", data, at + 8)
        if kind == b"IEND":
            return size
        at += 12 + length


def _jpeg(data: bytes) -> tuple[int, int]:
    at = 2
    while True:
        if data[at] != 0xFF:
            raise ImageError("JPEG marker is missing")
        marker = data[at + 1]
        if marker == 0xFF:
            at += 1
            continue
        if marker in _JPEG_BARE:
            at += 2
            continue
        (length,) = struct.unpack_from(">H", data, at + 2)
        if length < 2:
            raise ImageError("JPEG marker segment has an invalid length")
        if marker in _JPEG_FRAMES:
            height, width = struct.unpack_from(">HH", data, at + 5)
            return width, height
        at += 2 + length


def _webp(data: bytes) -> tuple[int, int]:
    (size,) = struct.unpack_from("<I", data, 4)
    if size + 8 > len(data):
        raise _cut_off()
    kind = data[12:16]
    if kind == b"VP8X":
        low = struct.unpack_from("<HBHB", data, 24)
        return 1 + low[0] + (low[1] << 16), 1 + low[2] + (low[3] << 16)
    if kind == b"VP8L":
        (bits,) = struct.unpack_from("<I", data, 21)
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind != b"VP8 ":
        raise ImageError("WebP without a picture")
    width, height = struct.unpack_from("<HH", data, 26)
    return width & 0x3FFF, height & 0x3FFF


def _avif(data: bytes) -> tuple[int, int]:
    at = 0
    while at < len(data):
        size, _ = struct.unpack_from(">I4s", data, at)
        if size == 1:
            (size,) = struct.unpack_from(">Q", data, at + 8)
        if size == 0:
            break
        if size < 8:
            raise ImageError("AVIF box has an invalid length")
        at += size
    if at > len(data):
        raise _cut_off()
    return 0, 0


def _ktx2(data: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<II", data, 20)
    (levels,) = struct.unpack_from("<I", data, 40)
    for level in range(max(1, min(levels, 32))):
        offset, length = struct.unpack_from("<QQ", data, 80 + 24 * level)
        if offset + length > len(data):
            raise _cut_off()
    return width, height


_READERS: Final[dict[str, Callable[[bytes], tuple[int, int]]]] = {
    "image/png": _png,
    "image/jpeg": _jpeg,
    "image/webp": _webp,
    "image/avif": _avif,
    "image/ktx2": _ktx2,
}
