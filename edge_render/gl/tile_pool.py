"""The tiles of all panoramas that are on the GPU: those longest unused make room for new ones, within a budget."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from edge_render.gl.context import GlContext
from edge_render.gl.tile_array import TileArray
from edge_render.panorama.pyramid import TILE_EDGE_PX, Coding
from edge_render.panorama.tile_loader import TileId, TileLoader
from edge_render.render_quality import RenderQuality

UPLOAD_S_PER_DRAWING = 0.004
"""After so long, tiles that wait are left for the next picture: they must not hold up this one."""
HELD_S = 1.0
"""A tile that was drawn so shortly ago is not given up: two visitors whose views don't fit together would else take
each other's tiles for ever."""
ASK_AGAIN_S = 2.0
"""After a tile had no room, it is not asked for any more for so long."""


class TilePool:
    """Made and used on the GL thread. Takes memory with the first panorama that has more than its coarsest tiles."""

    def __init__(self, context: GlContext, quality: RenderQuality, now_s: Callable[[], float]) -> None:
        self._context, self._quality, self._now_s = context, quality, now_s
        self.loader = TileLoader()
        self._shelves = {coding: _Shelf() for coding in Coding}
        self._coding: dict[int, Coding] = {}
        self._panoramas = 0

    @property
    def gpu_bytes(self) -> int:
        """What it takes of the GPU's memory now."""
        arrays = (shelf.array for shelf in self._shelves.values())
        return sum(TileArray.size_bytes(array.edge_px, array.layers) for array in arrays if array is not None)

    @property
    def resident(self) -> int:
        """How many tiles are there."""
        return sum(len(shelf.layers) for shelf in self._shelves.values())

    @property
    def resident_bytes(self) -> int:
        """What they take."""
        return TileArray.size_bytes(TILE_EDGE_PX, self.resident)

    def add(self, coding: Coding) -> int:
        """A number for one more panorama."""
        self._panoramas += 1
        self._coding[self._panoramas] = coding
        return self._panoramas

    def make_room(self, coding: Coding) -> None:
        """Take the memory for tiles of a kind, if there is none yet. Raises RendererError where it can't be had."""
        shelf = self._shelves[coding]
        if shelf.array is None:
            shelf.array = TileArray(self._context, self._quality, coding, TILE_EDGE_PX, self._layers())

    def forget(self, panorama: int) -> None:
        """A panorama is gone; the last one takes the memory of its kind with it."""
        self.loader.forget(panorama)
        coding = self._coding.pop(panorama)
        shelf = self._shelves[coding]
        shelf.forget(panorama)
        if coding not in self._coding.values():
            shelf.release()
            self._shelves[coding] = _Shelf()

    def array(self, coding: Coding) -> TileArray | None:
        """Where the tiles of a kind are; None while there are none."""
        return self._shelves[coding].array

    def layer(self, tile: TileId) -> int | None:
        """Where a tile is that is drawn now; None where it is not on the GPU."""
        return self._shelves[self._coding[tile.panorama]].use(tile, self._now_s())

    def want(self, missing: list[TileId]) -> None:
        """Have these come, the most important first."""
        now_s = self._now_s()
        asked = [tile for tile in missing if not self._shelves[self._coding[tile.panorama]].full(tile, now_s)]
        if asked:
            self.loader.want(asked)

    def coming(self, tile: TileId) -> bool:
        """Whether a tile will be there soon."""
        return self.loader.coming(tile)

    def take_in(self) -> None:
        """Upload a few tiles that have been read meanwhile."""
        began_s = time.perf_counter()
        while time.perf_counter() - began_s < UPLOAD_S_PER_DRAWING and (taken := self.loader.take()):
            tile, texels = taken
            shelf = self._shelves[self._coding[tile.panorama]]
            layer = shelf.place(tile, self._now_s())
            if layer is not None and shelf.array is not None:
                shelf.array.upload(layer, texels)

    def _layers(self) -> int:
        most = int(self._context.moderngl.info["GL_MAX_ARRAY_TEXTURE_LAYERS"])
        return max(1, min(most, self._quality.panorama_tiles_bytes // TileArray.size_bytes(TILE_EDGE_PX, 1)))

    def release(self) -> None:
        """Free everything; it is not used again."""
        self.loader.close()
        for shelf in self._shelves.values():
            shelf.release()


class _Shelf:
    """The tiles of one kind."""

    def __init__(self) -> None:
        self.array: TileArray | None = None
        self.layers: OrderedDict[TileId, int] = OrderedDict()
        """The one longest unused first."""
        self._used_s: dict[TileId, float] = {}
        self._free: list[int] = []
        self._next = 0
        self._no_room_s: dict[TileId, float] = {}

    def use(self, tile: TileId, now_s: float) -> int | None:
        layer = self.layers.get(tile)
        if layer is not None:
            self.layers.move_to_end(tile)
            self._used_s[tile] = now_s
        return layer

    def full(self, tile: TileId, now_s: float) -> bool:
        """Whether there was no room for a tile just now."""
        at_s = self._no_room_s.get(tile)
        if at_s is not None and now_s - at_s > ASK_AGAIN_S:
            del self._no_room_s[tile]
            return False
        return at_s is not None

    def place(self, tile: TileId, now_s: float) -> int | None:
        """A layer for a new tile, perhaps of one that goes; None where all are in use."""
        assert self.array is not None, "it has been made"
        if self._free:
            layer = self._free.pop()
        elif self._next < self.array.layers:
            layer = self._next
            self._next += 1
        else:
            oldest = next(iter(self.layers))
            if now_s - self._used_s[oldest] < HELD_S:
                self._no_room_s[tile] = now_s
                return None
            del self._used_s[oldest]
            layer = self.layers.pop(oldest)
        self.layers[tile] = layer
        self._used_s[tile] = now_s
        return layer

    def forget(self, panorama: int) -> None:
        for tile in [tile for tile in self.layers if tile.panorama == panorama]:
            self._free.append(self.layers.pop(tile))
            del self._used_s[tile]
        self._no_room_s = {tile: at for tile, at in self._no_room_s.items() if tile.panorama != panorama}

    def release(self) -> None:
        if self.array is not None:
            self.array.release()
