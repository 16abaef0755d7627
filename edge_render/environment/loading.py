"""A picture file as light: read, prefiltered once, and kept by its digest."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge_render.derived_cache import DerivedCache, file_digest
from edge_render.environment.prefilter import LEVELS, prefilter
from edge_render.errors import PackageError
from edge_render.panorama.radiance import light
from edge_render.panorama.source import Picture, read_picture
from edge_render.panorama.spec import Layout
from edge_render.scene import EnvironmentLight
from edge_render.tone import linear_of_bytes

_VERSION = 2
_WIDTH_MAX = 2048
"""More does not show in what is made of it."""
_ROWS = 256


def load_environment(path: Path, cache: DerivedCache | None = None) -> EnvironmentLight:
    """The light of an equirectangular picture: Radiance (.hdr), JPEG, PNG, WebP or AVIF, of which sRGB's white is
    light of 1. Its middle is -Z, where a visitor with yaw 0 looks.

    Takes some seconds where ``cache`` does not have it yet. Raises PackageError for what is no such picture.
    """
    if cache is None:
        return _made(path)
    try:
        digest = file_digest(path)
    except OSError as error:
        raise PackageError(f"{path.name}: can't be read: {error.strerror}") from error
    return _stored(cache.entry("environment", _VERSION, digest, partial(_store, path)))


def _made(path: Path) -> EnvironmentLight:
    return prefilter(linear_picture(read_picture(path, Layout.MONO)))


def linear_picture(picture: Picture) -> NDArray[np.float32]:
    """Linear RGB (height, width, 3) of a picture, halved until it is no wider than what matters."""
    pixels = picture.pixels
    step = 1
    while pixels.shape[1] // step > _WIDTH_MAX:
        step *= 2
    height, width = pixels.shape[0] // step, pixels.shape[1] // step
    result = np.empty((height, width, 3), np.float32)
    # In strips: a whole picture of the largest size in floats takes 1.6 GB.
    for top in range(0, height, _ROWS):
        strip = pixels[top * step : min(top + _ROWS, height) * step, : width * step]
        linear = linear_of_bytes()[strip] if picture.exposure is None else light(strip) / np.float32(picture.exposure)
        rows = len(strip) // step
        result[top : top + rows] = linear.reshape(rows, step, width, step, 3).mean(axis=(1, 3))
    return result


def _store(path: Path, folder: Path) -> None:
    made = _made(path)
    np.save(folder / "irradiance.npy", made.irradiance)
    for level, cube in enumerate(made.specular):
        np.save(folder / f"specular-{level}.npy", cube)


def _stored(folder: Path) -> EnvironmentLight:
    specular = tuple(np.load(folder / f"specular-{level}.npy") for level in range(LEVELS))
    return EnvironmentLight(np.load(folder / "irradiance.npy"), specular)
