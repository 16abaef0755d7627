"""A decoded picture: three planes, and what their numbers mean."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge_render.video.layout import Layout

Plane: TypeAlias = NDArray[np.uint8]
"""(height, width) uint8; rows may be further apart than they are long, samples of a row are next to each other."""


class Matrix(StrEnum):
    """How RGB became YCbCr."""

    BT601 = "bt601"
    BT709 = "bt709"
    BT2020 = "bt2020"


_RED_BLUE: Final = {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722), Matrix.BT2020: (0.2627, 0.0593)}
"""The weights of red and blue in luma (ITU-R BT.601, BT.709, BT.2020 non-constant)."""


@dataclass(frozen=True, slots=True)
class Coding:
    """What the numbers of the planes mean: ``full`` range is 0..255, else luma is 16..235 and chroma 16..240."""

    matrix: Matrix
    full: bool

    def to_rgb(self) -> NDArray[np.float32]:
        """(3, 4): RGB in 0..1 from (Y, Cb, Cr, 1) in 0..1, as a texture gives them."""
        red, blue = _RED_BLUE[self.matrix]
        green = 1.0 - red - blue
        basis = np.array(
            [
                [1.0, 0.0, 2.0 * (1.0 - red)],
                [1.0, -2.0 * (1.0 - blue) * blue / green, -2.0 * (1.0 - red) * red / green],
                [1.0, 2.0 * (1.0 - blue), 0.0],
            ]
        )
        scale = np.array([1.0, 1.0, 1.0]) if self.full else np.array([255 / 219, 255 / 224, 255 / 224])
        zero = np.array([0.0 if self.full else 16 / 255, 128 / 255, 128 / 255])
        scaled = basis * scale
        return np.column_stack([scaled, -scaled @ zero]).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class VideoPicture:
    """4:2:0, 8 bit. Nobody writes to the planes; the decoder's memory is theirs as long as the picture lives."""

    number: int
    """Counts the pictures of a source, from 1."""
    luma: Plane = field(repr=False)
    blue: Plane = field(repr=False)
    """Cb, half as wide and high as luma, rounded up; so is ``red``, Cr."""
    red: Plane = field(repr=False)
    coding: Coding
    due_ns: int
    """When it is to be seen, ``time.monotonic_ns``."""

    @property
    def planes(self) -> tuple[Plane, Plane, Plane]:
        return self.luma, self.blue, self.red


def left_eye(plane: Plane, layout: Layout) -> Plane:
    """The part of a plane that one eye sees; of a mono picture all of it."""
    height, width = plane.shape
    if layout is Layout.STEREO_OVER_UNDER:
        return plane[: max(1, height // 2)]
    if layout is Layout.STEREO_SIDE_BY_SIDE:
        return plane[:, : max(1, width // 2)]
    return plane
