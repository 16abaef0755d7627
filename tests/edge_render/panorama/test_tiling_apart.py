"""Cutting pictures into tiles apart from the service: what goes wrong there is an error here, and no more."""

from __future__ import annotations

from pathlib import Path

import pytest

from edge_render.errors import PackageError
from edge_render.panorama.pyramid import TileKey
from edge_render.panorama.spec import Layout
from edge_render.panorama.tile_file import TileFile
from edge_render.panorama.tiling_apart import write_tiles_apart
from tests.edge_render.panorama.pictures import equirect, saved, waves


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    folder = tmp_path / "tiles"
    folder.mkdir()
    return folder


def test_the_tiles_are_there_afterwards(tmp_path: Path, tiles: Path) -> None:
    write_tiles_apart(saved(tmp_path, equirect(512, waves)), Layout.MONO, tiles)
    assert TileFile(tiles).texels(TileKey(0, 0, 5, 0, 0))[0].shape[2] == 4


def test_its_progress_is_told_to_its_end(tmp_path: Path, tiles: Path) -> None:
    told: list[float] = []
    write_tiles_apart(saved(tmp_path, equirect(512, waves)), Layout.MONO, tiles, told.append)
    assert told == sorted(told)
    assert any(0.0 < done < 0.9 for done in told)
    assert told[-1] > 0.95


def test_who_has_no_use_for_it_any_more_ends_it(tmp_path: Path, tiles: Path) -> None:
    class NobodyWaits(Exception):
        pass

    def tell(done: float) -> None:
        if done > 0.0:
            raise NobodyWaits

    with pytest.raises(NobodyWaits):
        write_tiles_apart(saved(tmp_path, equirect(2048, waves)), Layout.MONO, tiles, tell)
    with pytest.raises(OSError, match="json"):
        TileFile(tiles)


def test_a_broken_picture_is_refused_in_its_own_words(tmp_path: Path, tiles: Path) -> None:
    (tmp_path / "hall.png").write_bytes(b"nothing of the kind")
    with pytest.raises(PackageError, match=r"^hall\.png: is no PNG picture$"):
        write_tiles_apart(tmp_path / "hall.png", Layout.MONO, tiles)


def test_one_that_takes_too_much_memory_is_refused(tmp_path: Path, tiles: Path) -> None:
    image = saved(tmp_path, equirect(4096, waves))
    with pytest.raises(PackageError, match=r"picture\.png: "):
        write_tiles_apart(image, Layout.MONO, tiles, memory_max_bytes=64 * 1024**2)


def test_one_that_takes_too_long_is_given_up(tmp_path: Path, tiles: Path) -> None:
    image = saved(tmp_path, equirect(512, waves))
    with pytest.raises(PackageError, match=r"picture\.png: could not be cut into tiles within 0\.001 s"):
        write_tiles_apart(image, Layout.MONO, tiles, time_max_s=0.001)
