"""One tile as bytes on disk, and as what a texture takes. Pure.

Colours are JPEG with all of their chroma, at a quality that nobody can tell from the picture itself. Light is three
mantissas with a shared exponent (OpenGL's RGB9_E5; EXT_texture_shared_exponent has the arithmetic), deflated.
"""

from __future__ import annotations

import io
import zlib

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge_render.panorama.pyramid import HALVINGS, Coding

JPEG_QUALITY = 95
_EXPONENT_BIAS = 15
_MANTISSA_BITS = 9
_LARGEST = (511 / 512) * 2.0**16

Texels = NDArray[np.uint8] | NDArray[np.uint32]


def encode(pixels: NDArray[np.uint8 | np.float16], coding: Coding) -> bytes:
    """A tile's pixels (height, width, 3): bytes for SRGB, linear light for LIGHT; both edges are multiples of four."""
    if coding is Coding.SRGB:
        out = io.BytesIO()
        Image.fromarray(np.ascontiguousarray(pixels, np.uint8)).save(out, "JPEG", quality=JPEG_QUALITY, subsampling=0)
        return out.getvalue()
    parts = []
    linear = pixels.astype(np.float32)
    for halving in range(HALVINGS + 1):
        linear = linear if halving == 0 else _half(linear)
        parts.append(shared_exponents(linear).reshape(-1))
    words = np.concatenate(parts)
    # A byte of each word after the other: neighbours are alike there, and deflate finds it.
    return zlib.compress(words.view(np.uint8).reshape(-1, 4).T.tobytes(), 1)


def decode(data: bytes, coding: Coding, width: int, height: int) -> list[Texels]:
    """A tile of that size, and its halves: (height, width, 4) bytes for SRGB, (height, width) words for LIGHT.

    Raises ValueError where the bytes are not of such a tile.
    """
    if coding is Coding.SRGB:
        try:
            with Image.open(io.BytesIO(data), formats=("JPEG",)) as image:
                picture = image.convert("RGBA")
        except (OSError, SyntaxError) as error:
            raise ValueError(f"a stored tile is broken: {error}") from error
        if picture.size != (width, height):
            raise ValueError(f"a stored tile is {picture.size}, not {(width, height)}")
        return [np.asarray(picture.reduce(1 << halving) if halving else picture) for halving in range(HALVINGS + 1)]
    sizes = [(height >> halving) * (width >> halving) for halving in range(HALVINGS + 1)]
    try:
        raw = zlib.decompress(data, bufsize=4 * sum(sizes))
    except zlib.error as error:
        raise ValueError(f"a stored tile is broken: {error}") from error
    if len(raw) != 4 * sum(sizes):
        raise ValueError(f"a stored tile has {len(raw)} bytes, not {4 * sum(sizes)}")
    words = np.ascontiguousarray(np.frombuffer(raw, np.uint8).reshape(4, -1).T).view(np.uint32).reshape(-1)
    cuts = np.cumsum(sizes)[:-1]
    return [part.reshape(height >> halving, width >> halving) for halving, part in enumerate(np.split(words, cuts))]


def shared_exponents(linear: NDArray[np.float32]) -> NDArray[np.uint32]:
    """RGB (..., 3), not negative, as words (...)."""
    colors = np.clip(linear, 0.0, _LARGEST)
    peak = colors.max(axis=-1)
    exponent = np.maximum(np.frexp(peak)[1], -_EXPONENT_BIAS)
    step = np.ldexp(np.float32(1.0), exponent - _MANTISSA_BITS)
    # Rounding up may need one more bit.
    exponent = np.where(np.floor(peak / step + 0.5) == 512.0, exponent + 1, exponent)
    step = np.ldexp(np.float32(1.0), exponent - _MANTISSA_BITS)
    red, green, blue = np.moveaxis(np.floor(colors / step[..., None] + 0.5).astype(np.uint32), -1, 0)
    words: NDArray[np.uint32] = red | green << 9 | blue << 18 | (exponent + _EXPONENT_BIAS).astype(np.uint32) << 27
    return words


def light_of(words: NDArray[np.uint32]) -> NDArray[np.float32]:
    """The inverse of :func:`shared_exponents`."""
    mantissas = np.stack([words & 511, words >> 9 & 511, words >> 18 & 511], axis=-1).astype(np.float32)
    exponent = (words >> 27).astype(np.int32) - _EXPONENT_BIAS - _MANTISSA_BITS
    result: NDArray[np.float32] = np.ldexp(mantissas, exponent[..., None])
    return result


def _half(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    return (linear[0::2, 0::2] + linear[1::2, 0::2] + linear[0::2, 1::2] + linear[1::2, 1::2]) * np.float32(0.25)
