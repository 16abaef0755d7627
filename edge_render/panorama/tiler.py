"""From a panorama's picture to its pyramid of tiles: once for each picture, on all cores.

One face after the other is resampled in its finest size, and halved from there; what is kept in memory beside the
picture is one face.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_render.panorama.cube import DOWN, UP, angles
from edge_render.panorama.equirect import Equirect
from edge_render.panorama.pyramid import BORDER_PX, TILE_PX, Coding, PyramidShape, TileKey
from edge_render.panorama.source import read_picture
from edge_render.panorama.spec import Layout
from edge_render.panorama.tile_coding import encode
from edge_render.panorama.tile_file import TileWriter

TILER_VERSION = 1
"""Of what this makes of the same picture; see edge_render.derived_cache."""
_CHUNK_PX = 512
_POLAR_CHUNK_PX = 192
"""Around a pole, a square lies in a much larger part of the picture."""
_THREADS_MAX = 8

_READ_SHARE, _RESAMPLED_SHARE = 0.1, 0.75
"""Of all the work: decoding the picture; of a face's: making it in its finest size."""

FacePixels = NDArray[np.uint8 | np.float16]
OnProgress = Callable[[float], None]
"""Told how much is done, from 0 to 1."""


def write_tiles(image: Path, layout: Layout, folder: Path, on_progress: OnProgress = lambda _done: None) -> None:
    """Fill an empty folder (see edge_render.panorama.tile_file) with the tiles of a picture.

    Raises PackageError where the picture is broken or too large, and OSError where the disk can't take it.
    """
    picture = read_picture(image, layout)
    coding = Coding.SRGB if picture.exposure is None else Coding.LIGHT
    shape = PyramidShape.for_picture(picture.pixels.shape[1], layout.eyes, coding)
    threads = min(_THREADS_MAX, os.cpu_count() or 1)
    on_progress(_READ_SHARE)
    with TileWriter(folder, shape) as writer, ThreadPoolExecutor(threads, "tiler") as pool:
        for eye in range(layout.eyes):
            source = Equirect(picture.eye(eye, layout), picture.exposure)
            for face in range(6):
                work = _Part(on_progress, eye * 6 + face, layout.eyes * 6)
                _write_face(_finest(source, shape, face, pool, work), shape, eye, face, writer, pool, work)


class _Part:
    """The part of all the work that one face is."""

    def __init__(self, on_progress: OnProgress, number: int, count: int) -> None:
        self._on_progress, self._number, self._count = on_progress, number, count

    def tell(self, done: float) -> None:
        """How much of the face is done."""
        self._on_progress(_READ_SHARE + (1.0 - _READ_SHARE) * (self._number + done) / self._count)


def _ring_px(shape: PyramidShape, level: int) -> int:
    """How far a face's pixels go on beyond its edges: so far that halving down to level 0 leaves a border there."""
    return BORDER_PX << level


def _finest(source: Equirect, shape: PyramidShape, face: int, pool: ThreadPoolExecutor, work: _Part) -> FacePixels:
    """A face in its finest size, with its ring: (edge, edge, 3)."""
    level = shape.levels - 1
    ring, face_px = _ring_px(shape, level), shape.face_px(level)
    edge = face_px + 2 * ring
    pixels: FacePixels = np.empty((edge, edge, 3), np.uint8 if shape.coding is Coding.SRGB else np.float16)
    chunk = _POLAR_CHUNK_PX if face in (UP, DOWN) else _CHUNK_PX
    centers = (((np.arange(edge) - ring + 0.5) / face_px) * 2.0 - 1.0).astype(np.float32)

    def fill(corner: tuple[int, int]) -> None:
        rows, columns = (slice(first, min(first + chunk, edge)) for first in corner)
        y, x = np.broadcast_arrays(centers[rows, None], centers[None, columns])
        yaw, pitch = angles(face, x.reshape(-1), y.reshape(-1))
        pixels[rows, columns] = source.sample(yaw, pitch).reshape(*x.shape, 3)

    corners = [(top, left) for top in range(0, edge, chunk) for left in range(0, edge, chunk)]
    for filled, _ in enumerate(pool.map(fill, corners), 1):
        work.tell(_RESAMPLED_SHARE * filled / len(corners))
    return pixels


def _write_face(
    pixels: FacePixels,
    shape: PyramidShape,
    eye: int,
    face: int,
    writer: TileWriter,
    pool: ThreadPoolExecutor,
    work: _Part,
) -> None:
    for level in reversed(range(shape.levels)):
        keys = [key for key in shape.keys(eye, level) if key.face == face]
        # Lazily: a list of all coded tiles would be as large as the file.
        for key, data in zip(keys, pool.map(partial(_encode, shape, pixels), keys), strict=True):
            writer.write(key, data)
        # Each coarser level is a quarter of the work.
        work.tell(1.0 - (1.0 - _RESAMPLED_SHARE) * 0.25 ** (shape.levels - level))
        if level:
            pixels = _halved(pixels)


def _encode(shape: PyramidShape, pixels: FacePixels, key: TileKey) -> bytes:
    width, height = shape.shown_px(key)
    first = _ring_px(shape, key.level) - BORDER_PX
    top, left = first + key.y * TILE_PX, first + key.x * TILE_PX
    return encode(pixels[top : top + height + 2 * BORDER_PX, left : left + width + 2 * BORDER_PX], shape.coding)


def _halved(pixels: FacePixels) -> FacePixels:
    half = np.empty((pixels.shape[0] // 2, pixels.shape[1] // 2, 3), pixels.dtype)
    # In strips, so that sums of a whole face are never in memory.
    for top in range(0, len(half), _CHUNK_PX):
        rows = pixels[2 * top : 2 * (top + _CHUNK_PX)]
        if pixels.dtype == np.uint8:
            wide = rows.astype(np.uint16)
            half[top : top + _CHUNK_PX] = (
                wide[0::2, 0::2] + wide[1::2, 0::2] + wide[0::2, 1::2] + wide[1::2, 1::2] + 2
            ) >> 2
        else:
            linear = rows.astype(np.float32)
            total = linear[0::2, 0::2] + linear[1::2, 0::2] + linear[0::2, 1::2] + linear[1::2, 1::2]
            half[top : top + _CHUNK_PX] = total * np.float32(0.25)
    return half
