"""Reads tiles on threads of its own: what was wanted last comes first, and nothing is kept for long. No GL."""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from edge_render.panorama.pyramid import TileKey
from edge_render.panorama.tile_coding import Texels

log = structlog.get_logger(__name__)

WANTED_MAX = 512
READY_MAX = 32
"""So many tiles wait to be uploaded at most, about a megabyte each."""
_THREADS_MAX = 4

ReadTile = Callable[[TileKey], list[Texels]]


@dataclass(frozen=True, slots=True)
class TileId:
    """A tile of one of several panoramas; ``panorama`` is a number of the caller's."""

    panorama: int
    key: TileKey


class TileLoader:
    """Any thread may use it. Threads are started with the first wish."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._readers: dict[int, ReadTile] = {}
        self._wanted: dict[TileId, tuple[int, int]] = {}
        """With its place in the queue: how many wishes were newer, negative, and the rank within its wish."""
        self._reading: set[TileId] = set()
        self._ready: dict[TileId, list[Texels]] = {}
        self._broken: set[TileId] = set()
        self._wishes = itertools.count()
        self._threads: list[threading.Thread] = []
        self._closing = False

    def add(self, panorama: int, read: ReadTile) -> None:
        """Tiles of a panorama are read by that from now on."""
        with self._changed:
            self._readers[panorama] = read

    def forget(self, panorama: int) -> None:
        """A panorama is gone: none of its tiles come any more."""
        with self._changed:
            self._readers.pop(panorama, None)
            for found in (self._wanted, self._ready):
                for tile in [tile for tile in found if tile.panorama == panorama]:
                    del found[tile]
            self._broken = {tile for tile in self._broken if tile.panorama != panorama}
            self._changed.notify_all()

    def want(self, tiles: Sequence[TileId]) -> None:
        """Have these read next, the first one first. Of earlier wishes, what is in no newer one comes after it."""
        with self._changed:
            newest = -next(self._wishes)
            for rank, tile in enumerate(tiles):
                if tile not in self._reading and tile not in self._ready and tile not in self._broken:
                    self._wanted[tile] = newest, rank
            while len(self._wanted) > WANTED_MAX:
                del self._wanted[max(self._wanted, key=self._wanted.__getitem__)]
            if self._wanted:
                self._start()
                self._changed.notify_all()

    def coming(self, tile: TileId) -> bool:
        """Whether a tile is wanted, being read, or ready to be taken."""
        with self._changed:
            return tile in self._wanted or tile in self._reading or tile in self._ready

    def take(self) -> tuple[TileId, list[Texels]] | None:
        """The first of the tiles that have been read; None where there is none."""
        with self._changed:
            tile = next(iter(self._ready), None)
            if tile is None:
                return None
            self._changed.notify_all()
            return tile, self._ready.pop(tile)

    def close(self) -> None:
        """End the threads; nothing is wanted any more."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        for thread in self._threads:
            thread.join()

    def _start(self) -> None:
        if not self._threads and not self._closing:
            count = max(1, min(_THREADS_MAX, (os.cpu_count() or 1) - 1))
            self._threads = [threading.Thread(target=self._run, name=f"tiles-{n}", daemon=True) for n in range(count)]
            for thread in self._threads:
                thread.start()

    def _run(self) -> None:
        while (work := self._next()) is not None:
            tile, read = work
            texels = None
            try:
                texels = read(tile.key)
            except Exception:  # one broken tile must end neither the thread nor anybody's picture
                log.exception("tile_not_read", tile=str(tile.key))
            with self._changed:
                self._reading.discard(tile)
                if tile.panorama in self._readers:
                    if texels is None:
                        self._broken.add(tile)
                    else:
                        self._ready[tile] = texels

    def _next(self) -> tuple[TileId, ReadTile] | None:
        with self._changed:
            while not self._closing:
                if self._wanted and len(self._ready) + len(self._reading) < READY_MAX:
                    tile = min(self._wanted, key=self._wanted.__getitem__)
                    del self._wanted[tile]
                    self._reading.add(tile)
                    return tile, self._readers[tile.panorama]
                self._changed.wait()
            return None
