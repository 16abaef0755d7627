"""What the header of a KTX2 file says of its picture (KTX File Format Specification 2.0, section 3)."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

MAGIC: Final = bytes([0xAB, 0x4B, 0x54, 0x58, 0x20, 0x32, 0x30, 0xBB, 0x0D, 0x0A, 0x1A, 0x0A])
_HEADER: Final = struct.Struct("<12s9I4I2Q")
_LEVEL: Final = struct.Struct("<3Q")
_BLOCK_BYTES: Final = 16
_LEVELS_MAX: Final = 16


@dataclass(frozen=True, slots=True)
class Ktx2Header:
    """Of a two-dimensional picture; sizes in pixels."""

    width: int
    height: int


def read_header(data: bytes) -> Ktx2Header:
    """Raises ValueError where it is none that KHR_texture_basisu allows, or claims to unpack to more than such a
    picture can have."""
    if len(data) < _HEADER.size or data[: len(MAGIC)] != MAGIC:
        raise ValueError("is no KTX2 file")
    _, vk_format, _, width, height, depth, layers, faces, levels, scheme, *_ = _HEADER.unpack_from(data)
    if vk_format != 0:
        raise ValueError(f"KTX2 with vkFormat {vk_format}; only Basis Universal (0) may be in a glTF file")
    if width == 0 or height == 0 or depth != 0 or layers > 1 or faces != 1 or levels > _LEVELS_MAX:
        raise ValueError("KTX2 is not of one two-dimensional picture")
    for level in range(max(1, levels)):
        if len(data) < _HEADER.size + (level + 1) * _LEVEL.size:
            raise ValueError("KTX2 is cut off within its header")
        offset, size, unpacked = _LEVEL.unpack_from(data, _HEADER.size + level * _LEVEL.size)
        if offset + size > len(data):
            raise ValueError(f"KTX2 level {level} ends at byte {offset + size}, but the file has {len(data)}")
        blocks = -(-max(1, width >> level) // 4) * -(-max(1, height >> level) // 4)
        if scheme == 2 and unpacked > blocks * _BLOCK_BYTES:
            raise ValueError(f"KTX2 level {level} unpacks to {unpacked} bytes, but its picture has {blocks} blocks")
    return Ktx2Header(width, height)
