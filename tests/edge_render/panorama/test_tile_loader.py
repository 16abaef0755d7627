"""Tiles are read on threads: the newest wish first, and nothing is kept of what is gone."""

from __future__ import annotations

import queue
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from edge_render.panorama.pyramid import TileKey
from edge_render.panorama.tile_coding import Texels
from edge_render.panorama.tile_loader import WANTED_MAX, TileId, TileLoader
from tests.waiting import WAIT_S


class Reader:
    """Reads one tile after the other, each when the test says so."""

    def __init__(self) -> None:
        self.begun: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._allowed = threading.Semaphore(0)

    def __call__(self, key: TileKey) -> list[Texels]:
        self.begun.put(key.x)
        assert self._allowed.acquire(timeout=WAIT_S)
        if key.x == 13:
            raise ValueError("broken")
        return [np.full((1, 1, 4), key.x, np.uint8)]

    def go_on(self, tiles: int) -> None:
        self._allowed.release(tiles)


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def loader(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> Iterator[TileLoader]:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    made = TileLoader()
    made.add(1, reader)
    yield made
    reader.go_on(10_000)
    made.close()


def tile(x: int, panorama: int = 1) -> TileId:
    return TileId(panorama, TileKey(0, 3, 0, 0, x))


def finished(loader: TileLoader, count: int) -> list[int]:
    """Wait for so many tiles; in the order in which they were read."""
    found: list[int] = []
    while len(found) < count:
        if (taken := loader.take()) is not None:
            found.append(taken[0].key.x)
    return found


def test_the_first_tile_of_the_newest_wish_comes_next(loader: TileLoader, reader: Reader) -> None:
    loader.want([tile(1)])
    assert reader.begun.get(timeout=WAIT_S) == 1
    loader.want([tile(2), tile(3)])
    loader.want([tile(4), tile(5)])
    reader.go_on(5)
    assert finished(loader, 5) == [1, 4, 5, 2, 3]


def test_a_tile_is_coming_until_it_is_taken(loader: TileLoader, reader: Reader) -> None:
    loader.want([tile(1), tile(2)])
    reader.begun.get(timeout=WAIT_S)
    assert loader.coming(tile(1))
    assert loader.coming(tile(2))
    reader.go_on(2)
    finished(loader, 2)
    assert not loader.coming(tile(1))
    assert not loader.coming(tile(2))


def test_a_broken_tile_is_not_read_again(loader: TileLoader, reader: Reader) -> None:
    loader.want([tile(13), tile(2)])
    reader.go_on(2)
    assert finished(loader, 1) == [2]
    loader.want([tile(13)])
    assert not loader.coming(tile(13))


def test_nothing_comes_of_what_is_forgotten(loader: TileLoader, reader: Reader) -> None:
    loader.add(2, reader)
    loader.want([tile(1), tile(2), tile(3, panorama=2)])
    reader.begun.get(timeout=WAIT_S)
    loader.forget(1)
    reader.go_on(2)
    assert finished(loader, 1) == [3]
    assert not loader.coming(tile(2))


def test_old_wishes_are_dropped_where_there_are_too_many(loader: TileLoader, reader: Reader) -> None:
    loader.want([tile(1)])
    reader.begun.get(timeout=WAIT_S)
    loader.want([tile(2)])
    loader.want([tile(100 + index) for index in range(WANTED_MAX)])
    assert not loader.coming(tile(2))
    assert loader.coming(tile(100))
