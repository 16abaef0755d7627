"""A pyramid of tiles on disk: one file of tiles, one that says where each is. Written once, read by any number."""

from __future__ import annotations

import json
import mmap
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

import numpy as np

from edge_render.panorama.pyramid import BORDER_PX, Coding, PyramidShape, TileKey
from edge_render.panorama.tile_coding import Texels, decode

_TILES = "tiles.bin"
_PLACES = "places.npy"
_SHAPE = "pyramid.json"


class TileWriter:
    """Fills an empty folder. A context manager: leaving it without an error makes the folder complete."""

    def __init__(self, folder: Path, shape: PyramidShape) -> None:
        self._folder, self._shape = folder, shape
        self._places = np.zeros((shape.count, 2), np.uint64)
        self._file: BinaryIO = (folder / _TILES).open("wb")

    def write(self, key: TileKey, data: bytes) -> None:
        """Add a tile, see edge_render.panorama.tile_coding."""
        self._places[self._shape.index(key)] = self._file.tell(), len(data)
        self._file.write(data)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if error is None:
            assert (self._places[:, 1] > 0).all(), "every tile was written"
            np.save(self._folder / _PLACES, self._places)
            shape = self._shape
            text = {"base_px": shape.base_px, "levels": shape.levels, "eyes": shape.eyes, "coding": shape.coding}
            (self._folder / _SHAPE).write_text(json.dumps(text), "utf-8")


class TileFile:
    """A finished folder of tiles. The file is mapped, not read; any thread may read tiles."""

    def __init__(self, folder: Path) -> None:
        """Raises OSError, and ValueError where the folder holds something else."""
        shape = json.loads((folder / _SHAPE).read_text("utf-8"))
        self.shape = PyramidShape(shape["base_px"], shape["levels"], shape["eyes"], Coding(shape["coding"]))
        self._places = np.load(folder / _PLACES)
        if self._places.shape != (self.shape.count, 2):
            raise ValueError(f"{folder / _PLACES}: has {self._places.shape[0]} places, not {self.shape.count}")
        with (folder / _TILES).open("rb") as file:
            self._tiles = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.size_bytes = len(self._tiles)

    def texels(self, key: TileKey) -> list[Texels]:
        """A tile and its halves with their border, as textures take them. Raises ValueError where the stored tile is
        broken."""
        at, size = (int(value) for value in self._places[self.shape.index(key)])
        width, height = self.shape.shown_px(key)
        return decode(self._tiles[at : at + size], self.shape.coding, width + 2 * BORDER_PX, height + 2 * BORDER_PX)
