"""The pyramid of a panorama: six cube faces in several sizes, each twice as large as the one before, cut into tiles.

Level 0 is the coarsest: a face is one tile. A tile of the next level is a quarter of what its parent shows. Tiles have
BORDER_PX pixels more on each side than they show, so that they can be filtered by themselves; beyond the edge of a face
its plane goes on, so that there is no seam there either. Pure.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property

TILE_PX = 496
"""What a tile shows, across and down, at most."""
BORDER_PX = 8
TILE_EDGE_PX = TILE_PX + 2 * BORDER_PX
HALVINGS = 2
"""How often a tile's picture is halved for the textures: its border is two pixels then."""
_BASE_MULTIPLE_PX = 1 << HALVINGS


class Coding(StrEnum):
    """How tiles are stored, and what they are as textures."""

    SRGB = "srgb"
    """JPEG; bytes as the screen is sent them."""
    LIGHT = "light"
    """Linear light with shared exponents, deflated."""


@dataclass(frozen=True, slots=True, order=True)
class TileKey:
    """One tile; ``x`` counts to the right and ``y`` down, see edge_render.panorama.cube."""

    eye: int
    level: int
    face: int
    y: int
    x: int


@dataclass(frozen=True)
class PyramidShape:
    """``base_px``: the edge of a face at level 0, at most TILE_PX and a multiple of four; ``levels`` at least 1."""

    base_px: int
    levels: int
    eyes: int
    coding: Coding

    @classmethod
    def for_picture(cls, width: int, eyes: int, coding: Coding) -> PyramidShape:
        """For an equirectangular picture so wide. The finest faces have its pixels' density in their middles, where a
        cube's are the farthest apart."""
        face_px = width / math.pi
        finer = max(0, math.ceil(math.log2(face_px / TILE_PX)))
        base = math.ceil(face_px / 2**finer / _BASE_MULTIPLE_PX) * _BASE_MULTIPLE_PX
        return cls(min(base, TILE_PX), finer + 1, eyes, coding)

    def face_px(self, level: int) -> int:
        """The edge of a face."""
        return self.base_px << level

    @property
    def base_edge_px(self) -> int:
        """The edge of a coarsest tile, which is a whole face, with its border."""
        return self.base_px + 2 * BORDER_PX

    def tiles(self, level: int) -> int:
        """Along the edge of a face."""
        return -(-self.face_px(level) // TILE_PX)

    def shown_px(self, key: TileKey) -> tuple[int, int]:
        """Width and height of what a tile shows, without its border; the last ones of a face are smaller."""
        face = self.face_px(key.level)
        return min(TILE_PX, face - key.x * TILE_PX), min(TILE_PX, face - key.y * TILE_PX)

    @cached_property
    def _firsts(self) -> tuple[int, ...]:
        counts = [6 * self.tiles(level) ** 2 for level in range(self.levels)]
        return tuple(sum(counts[:level]) for level in range(self.levels + 1))

    @property
    def count(self) -> int:
        """Of all tiles."""
        return self._firsts[-1] * self.eyes

    def index(self, key: TileKey) -> int:
        """The number of a tile, from 0: its place in lists of all tiles."""
        edge = self.tiles(key.level)
        return key.eye * self._firsts[-1] + self._firsts[key.level] + (key.face * edge + key.y) * edge + key.x

    def keys(self, eye: int, level: int) -> Iterator[TileKey]:
        """All tiles of a level, in the order of their numbers."""
        edge = self.tiles(level)
        for face in range(6):
            for y in range(edge):
                for x in range(edge):
                    yield TileKey(eye, level, face, y, x)
