"""Looking up directions in an equirectangular picture: bicubic, across its seam and over its poles. Pure numpy.

Near the poles a row of the picture is a small circle, and its pixels lie much closer together than those of the cube
that is cut from it. There, rows are taken from copies with half the width, a quarter and so on (as weather models thin
their grids towards the poles), so that no pixel is passed over.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from edge_render.panorama.radiance import light

BRIGHTEST = 65_000.0
"""Light of HDR pictures is cut off here: what 16-bit floats and the GPU's shared exponents can take."""
_THINNED_MAX = 8

Floats = NDArray[np.float32]
Stored = NDArray[np.uint8 | np.float32]
"""sRGB bytes (..., 3), RGBE (..., 4), or floats (..., 3)."""


class Equirect:
    """One eye's picture. Immutable, so that several threads may sample it.

    While it is being resampled, light is the logarithm of 1 + light: a bicubic filter would else draw dark rings around
    lamps and the sun.
    """

    def __init__(self, pixels: NDArray[np.uint8], exposure: float | None) -> None:
        """``pixels`` and ``exposure``: as in edge_render.panorama.source.Picture."""
        self._exposure = exposure
        self._height, self._width = pixels.shape[:2]
        self._whole = _Rows(pixels, self)
        self._thinned = {1: self._thin(pixels), -1: self._thin(pixels[::-1])}

    def _thin(self, pixels: NDArray[np.uint8]) -> list[_Rows]:
        """From the pole on that ``pixels`` begin with, thinner and thinner: each from where a cosine has halved."""
        thinned: list[_Rows] = []
        before: Stored = pixels
        for halvings in range(1, _THINNED_MAX + 1):
            rows = math.ceil(self._height * math.asin(0.5**halvings) / math.pi) + 4
            if before.shape[1] % 4 or rows > len(before):
                break
            before = self._halved(before[:rows])
            thinned.append(_Rows(before, self))
        return thinned

    def _halved(self, pixels: Stored) -> Stored:
        if self._exposure is None:
            left, right = (pixels[:, first::2].astype(np.uint16) for first in (0, 1))
            return ((left + right + 1) >> 1).astype(np.uint8)
        linear = _linear(pixels)
        return (linear[:, 0::2] + linear[:, 1::2]) * np.float32(0.5)

    def planes(self, pixels: Stored) -> list[Floats]:
        """What is interpolated, for each colour: (rows, columns)."""
        if self._exposure is None:
            values = _linear(pixels)
        else:
            values = np.log1p(_linear(pixels) * np.float32(1.0 / self._exposure))
        return [np.ascontiguousarray(values[..., color]) for color in range(3)]

    def _settled(self, values: Floats) -> NDArray[np.uint8 | np.float16]:
        if self._exposure is None:
            return np.clip(np.rint(values), 0, 255).astype(np.uint8)
        return np.clip(np.expm1(values), 0.0, BRIGHTEST).astype(np.float16)

    def sample(self, yaw_rad: Floats, pitch_rad: Floats) -> NDArray[np.uint8 | np.float16]:
        """Colours (n, 3) of directions (n,): sRGB bytes, or linear light. Yaw and pitch as in edge_render.look_around;
        directions that are close together make it quick."""
        column = (0.5 - yaw_rad / math.tau) * self._width - 0.5
        # Directions on both sides of the picture's seam are neighbours.
        middle = column[len(column) // 2]
        column = middle + np.mod(column - middle + self._width / 2, self._width) - self._width / 2
        row = (0.5 - pitch_rad / math.pi) * self._height - 0.5
        out = np.empty((len(yaw_rad), 3), np.float32)
        cosine = np.maximum(np.cos(pitch_rad), 1e-9)
        halvings = np.floor(-np.log2(cosine)).astype(np.int64)
        side = 1 if pitch_rad[0] > 0.0 else -1
        halvings = np.minimum(halvings, len(self._thinned[side]))
        least, most = int(halvings.min()), int(halvings.max())
        if most == 0:
            self._whole.sample(row, column, out)
            return self._settled(out)
        for count in range(least, most + 1):
            chosen = np.flatnonzero(halvings == count)
            if len(chosen) == 0:
                continue
            rows = row[chosen] if count == 0 or side == 1 else self._height - 1 - row[chosen]
            part = np.empty((len(chosen), 3), np.float32)
            source = self._whole if count == 0 else self._thinned[side][count - 1]
            source.sample(rows, (column[chosen] + 0.5) / 2**count - 0.5, part)
            out[chosen] = part
        return self._settled(out)


class _Rows:
    """Rows of a picture all around; where they reach a pole, they go on behind it."""

    def __init__(self, pixels: Stored, picture: Equirect) -> None:
        self._pixels, self._picture = pixels, picture

    def sample(self, row: Floats, column: Floats, out: Floats) -> None:
        """Bicubic (Catmull and Rom): colours into ``out`` (n, 3)."""
        first_row, first_column = np.floor(row), np.floor(column)
        across, down = _weights(column - first_column), _weights(row - first_row)
        top, left = int(first_row.min()) - 1, int(first_column.min()) - 1
        region = self._region(top, int(first_row.max()) + 3, left, int(first_column.max()) + 3)
        width = region.shape[1]
        at = (first_row.astype(np.int64) - top) * width + (first_column.astype(np.int64) - left)
        for color, plane in enumerate(self._picture.planes(region)):
            flat = plane.reshape(-1)
            total = np.zeros(len(row), np.float32)
            for j in range(4):
                start = at + (j - 1) * width
                line = across[0] * flat.take(start - 1)
                for i in (1, 2, 3):
                    line += across[i] * flat.take(start + (i - 1))
                line *= down[j]
                total += line
            out[:, color] = total

    def _region(self, top: int, bottom: int, left: int, right: int) -> Stored:
        height, width = self._pixels.shape[:2]
        if top >= 0 and bottom <= height and left >= 0 and right <= width:
            return self._pixels[top:bottom, left:right]
        if top >= 0 and bottom <= height and right - left < width:
            first = left % width
            rest = max(0, first + right - left - width)
            parts = [self._pixels[top:bottom, first : first + right - left], self._pixels[top:bottom, :rest]]
            return np.concatenate(parts, axis=1)
        rows, columns = np.arange(top, bottom), np.arange(left, right)
        behind = (rows < 0) | (rows >= height)
        rows = np.where(rows < 0, -1 - rows, np.where(rows >= height, 2 * height - 1 - rows, rows))
        turned = (columns[None, :] + (behind * (width // 2))[:, None]) % width
        region: Stored = self._pixels[rows[:, None], turned]
        return region


def _weights(share: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Of the four neighbours of a point that lies ``share`` beyond the second."""
    square = share * share
    cube = square * share
    half = np.float32(0.5)
    return (
        half * (2 * square - cube - share),
        half * (3 * cube - 5 * square + 2),
        half * (4 * square - 3 * cube + share),
        half * (cube - square),
    )


def _linear(pixels: Stored) -> Floats:
    """As floats (..., 3): the bytes of sRGB as they are."""
    if pixels.shape[2] == 4:
        return light(pixels.astype(np.uint8, copy=False))
    return pixels.astype(np.float32, copy=False)
