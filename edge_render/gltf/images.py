"""Decodes PNG, JPEG, WebP and AVIF to RGBA as glTF wants it: profiles, gamma and orientation in the file are ignored
(glTF 2.0, section 3.8.3.1)."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

_BAND_PIXELS: Final = 1 << 17
"""Copied at once: Pillow and numpy keep the interpreter for the whole copy, and the thread that draws waits for it."""
FORMATS: Final = ("PNG", "JPEG", "WEBP", "AVIF")

Pixels = NDArray[np.uint8]


def image_size(data: bytes) -> tuple[int, int]:
    """Width and height in pixels, without decoding. Raises ValueError."""
    with _opened(data) as image:
        return image.size


def decode_image(data: bytes) -> Pixels:
    """(height, width, 4) uint8, the first row on top; of more than eight bits the highest. Raises ValueError."""
    with _opened(data) as image:
        image.load()
        width, height = image.size
        pixels = np.empty((height, width, 4), np.uint8)
        rows = max(1, _BAND_PIXELS // width)
        # A band at a time, as each step between Pillow and numpy copies what it is given.
        for first in range(0, height, rows):
            band = image.crop((0, first, width, min(first + rows, height)))
            if band.mode.startswith("I"):
                # Pillow clips 16-bit grey to 255 instead of scaling it.
                pixels[first : first + rows, :, :3] = (np.asarray(band).astype(np.uint32) >> 8)[:, :, None]
                pixels[first : first + rows, :, 3] = 255
            else:
                pixels[first : first + rows] = np.asarray(band.convert("RGBA"))
        return pixels


@contextmanager
def _opened(data: bytes) -> Iterator[Image.Image]:
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(data), formats=FORMATS) as image:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield image
    except UnidentifiedImageError as error:
        raise ValueError("is no PNG, JPEG, WebP or AVIF") from error
    except Exception as error:
        # Pillow raises whatever its decoders run into (OSError, SyntaxError, struct.error, ...).
        raise ValueError(f"can't be decoded: {error}") from error
