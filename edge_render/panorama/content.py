"""A panorama as renderers take it: its tiles, made once and kept."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from edge_render.derived_cache import DerivedCache, file_digest
from edge_render.errors import PackageError
from edge_render.panorama.spec import Layout
from edge_render.panorama.tile_file import TileFile
from edge_render.panorama.tiler import TILER_VERSION
from edge_render.panorama.tiling_apart import write_tiles_apart


@dataclass(frozen=True, slots=True, eq=False)
class Panorama:
    """``exposure`` is what linear light is multiplied by; colours are shown as they are."""

    name: str
    tiles: TileFile = field(repr=False)
    exposure: float = 1.0


def load_panorama(
    name: str,
    image: Path,
    layout: Layout,
    exposure: float,
    cache: DerivedCache,
    on_progress: Callable[[float], None] = lambda _done: None,
) -> Panorama:
    """Open the tiles of a picture file; the first time, which takes up to minutes, they are made. ``on_progress``: see
    write_tiles_apart.

    Raises PackageError where the picture is broken or not what ``layout`` says, or the tiles can't be written or read.
    """
    make = partial(write_tiles_apart, image, layout, on_progress=on_progress)
    try:
        folder = cache.entry(f"panorama-{layout}", TILER_VERSION, file_digest(image), make)
    except OSError as error:
        raise PackageError(f"{image}: its tiles can't be written: {error}") from error
    try:
        return Panorama(name, TileFile(folder), exposure)
    except (OSError, EOFError, ValueError, KeyError) as error:
        raise PackageError(f"{image}: its tiles can't be read back; remove {folder} ({error})") from error
