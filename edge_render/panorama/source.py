"""The picture file of a panorama: what it claims to be, checked before anything is decoded, and its pixels.

A picture of the largest size takes 0.4 GB as pixels of three bytes (0.5 GB as Radiance's four), and while a library
decodes it once more what that library needs: see DECISIONS.md for what was measured.
"""

from __future__ import annotations

import struct
import warnings
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, UnidentifiedImageError

from edge_render.errors import PackageError
from edge_render.panorama.radiance import HEADER_MAX_BYTES, read_header, read_radiance
from edge_render.panorama.spec import HDR_SUFFIX, Layout

WIDTH_MAX = 16384
PIXELS_MAX = 16384 * 8192
WIDTH_MIN = 256
FILE_MAX_BYTES = 1024**3
RATIO_TOLERANCE = 0.01
"""A camera's or an editor's rounding; what is more is no picture all around."""
_FORMATS = {
    ".jpg": "JPEG",
    ".jpeg": "JPEG",
    ".png": "PNG",
    ".webp": "WEBP",
    ".avif": "AVIF",
}
_STRIP_ROWS = 256
_DECODER_ERRORS = (OSError, SyntaxError, ValueError, EOFError, RuntimeError, struct.error)

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """``pixels``: (height, width, 3) sRGB, or (height, width, 4) RGBE where ``exposure`` is not None: what its light
    has been multiplied by."""

    pixels: Bytes = field(repr=False)
    exposure: float | None

    def eye(self, index: int, layout: Layout) -> Bytes:
        """The equirectangular picture of the left (0) or the right eye (1)."""
        rows = self.pixels.shape[0] // layout.eyes
        return self.pixels[index * rows : (index + 1) * rows]


def check_size(name: str, width: int, height: int, layout: Layout) -> None:
    """Raises PackageError where a picture is not all around, or too large or too small."""
    if width > WIDTH_MAX or width * height > PIXELS_MAX:
        limit = f"{WIDTH_MAX} pixels across and {PIXELS_MAX // 10**6} million in all"
        raise PackageError(f"{name}: is {width}x{height}; at most {limit} are taken: scale it down")
    if width < WIDTH_MIN:
        raise PackageError(f"{name}: is {width}x{height}; a panorama has at least {WIDTH_MIN} pixels across")
    if height % layout.eyes or not _nearly(width, height, layout):
        wanted = "twice as wide as high" if layout is Layout.MONO else "as wide as high (two pictures of 2:1)"
        other = Layout.STEREO_OVER_UNDER if layout is Layout.MONO else Layout.MONO
        hint = f": is its layout '{other}'?" if _nearly(width, height, other) else ", as it shows all around"
        raise PackageError(f"{name}: is {width}x{height}; layout '{layout}' must be {wanted}{hint}")


def _nearly(width: int, height: int, layout: Layout) -> bool:
    return abs(width * layout.eyes / height - 2.0) <= 2.0 * RATIO_TOLERANCE


def _check_header(path: Path, layout: Layout) -> None:
    """Whether a picture file may be used, by its header alone. Raises PackageError."""
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise PackageError(f"{path.name}: has more than {FILE_MAX_BYTES >> 20} MiB")
        if path.suffix.lower() == HDR_SUFFIX:
            with path.open("rb") as file:
                header = read_header(file.read(HEADER_MAX_BYTES), path.name)
            size = header.width, header.height
        else:
            with _open(path) as image:
                size = image.size
    except _DECODER_ERRORS as error:
        raise PackageError(f"{path.name}: can't be read as a picture: {error}") from error
    check_size(path.name, *size, layout)


def read_picture(path: Path, layout: Layout) -> Picture:
    """Decode a picture file. Raises PackageError where it is broken or not what ``layout`` says."""
    _check_header(path, layout)
    try:
        if path.suffix.lower() == HDR_SUFFIX:
            pixels, exposure = read_radiance(path, lambda width, height: check_size(path.name, width, height, layout))
            return Picture(pixels, exposure)
        with _open(path) as image:
            return Picture(_decode(image), None)
    except _DECODER_ERRORS as error:
        raise PackageError(f"{path.name}: is broken: {error}") from error


def _open(path: Path) -> Image.Image:
    with warnings.catch_warnings():
        # Pillow warns of pictures half as large as ours may be; check_size is the limit here.
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        try:
            return Image.open(path, formats=(_FORMATS[path.suffix.lower()],))
        except UnidentifiedImageError:  # its message has the whole path, and nothing to go by
            raise PackageError(f"{path.name}: is no {_FORMATS[path.suffix.lower()]} picture") from None


def _decode(image: Image.Image) -> Bytes:
    image.load()
    width, height = image.size
    pixels = np.empty((height, width, 3), np.uint8)
    # In strips, as Pillow has four bytes for each pixel, and two whole copies more on the way to an array.
    for top in range(0, height, _STRIP_ROWS):
        strip = image.crop((0, top, width, min(height, top + _STRIP_ROWS)))
        pixels[top : top + _STRIP_ROWS] = np.asarray(strip.convert("RGB"))
    return pixels
