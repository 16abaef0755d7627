"""From an equirectangular picture to an EnvironmentLight: irradiance and prefiltered reflections. Pure numpy.

The middle of the picture is where a visitor with yaw 0 looks, -Z, as with panoramas.

Irradiance is summed up in full: spherical harmonics of few orders give half of what the shade gets where the sun is in
the picture.
Reflections: B. Karis, "Real shading in Unreal Engine 4", SIGGRAPH 2013 (the normal is taken for the view), by filtered
importance sampling: M. Colbert and J. Krivanek, "GPU-based importance sampling", GPU Gems 3, chapter 20.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge_render.environment.cubes import CubeLookup, cube_directions, halved, solid_angles
from edge_render.scene import EnvironmentLight

LEVELS = 7
"""Roughness 0, 1/6, ... 1."""
_SIZE_MAX, _SIZE_MIN = 512, 64
_SAMPLES = (0, 64, 96, 128, 192, 256, 256)
IRRADIANCE_SIZE = 16
_SOURCE_SIZE = 32
"""Of the cube that is summed up for irradiance: finer light does not show in it."""
BRIGHTEST = 65_000.0
"""Reflections are cut off here, which 16-bit floats can hold; irradiance is not."""

Floats = NDArray[np.float32]


def prefilter(picture: Floats) -> EnvironmentLight:
    """``picture``: linear RGB, (height, width, 3), twice as wide as high."""
    size = _SIZE_MIN
    while size < _SIZE_MAX and size * 4 < picture.shape[1]:
        size *= 2
    cube = cube_of(picture, size)
    irradiance = irradiance_of(cube)
    cube = np.minimum(cube, np.float32(BRIGHTEST))
    mips = [cube]
    while mips[-1].shape[1] > 1:
        mips.append(halved(mips[-1]))
    lookups = [CubeLookup(mip) for mip in mips]
    levels = [cube] + [_reflections(lookups, size, level) for level in range(1, LEVELS)]
    return EnvironmentLight(irradiance, tuple(level.astype(np.float16) for level in levels))


def cube_of(picture: Floats, size: int) -> Floats:
    """The cube (6, size, size, 3) of an equirectangular picture."""
    while picture.shape[1] >= 8 * size and picture.shape[0] % 2 == 0 and picture.shape[1] % 2 == 0:
        picture = 0.25 * (picture[0::2, 0::2] + picture[1::2, 0::2] + picture[0::2, 1::2] + picture[1::2, 1::2])
    total = np.zeros((6, size, size, 3), np.float32)
    shifts = [(x, y) for x in (-0.25, 0.25) for y in (-0.25, 0.25)]
    for shift in shifts:
        total += _sample_equirect(picture, cube_directions(size, shift=shift))
    return total / np.float32(len(shifts))


def _sample_equirect(picture: Floats, directions: Floats) -> Floats:
    height, width = picture.shape[:2]
    x, y, z = directions[..., 0], directions[..., 1], directions[..., 2]
    column = (0.5 + np.arctan2(x, -z) / (2.0 * np.pi)) * width - 0.5
    row = np.clip((0.5 - np.arcsin(np.clip(y, -1.0, 1.0)) / np.pi) * height - 0.5, 0.0, height - 1.0)
    left, top = np.floor(column), np.floor(row)
    along, down = (column - left)[..., None].astype(np.float32), (row - top)[..., None].astype(np.float32)
    columns, rows = left.astype(np.int64) % width, top.astype(np.int64)
    next_columns, next_rows = (columns + 1) % width, np.minimum(rows + 1, height - 1)
    upper = picture[rows, columns] * (1.0 - along) + picture[rows, next_columns] * along
    lower = picture[next_rows, columns] * (1.0 - along) + picture[next_rows, next_columns] * along
    result: Floats = upper * (1.0 - down) + lower * down
    return result


def irradiance_of(cube: Floats) -> Floats:
    """What surfaces get that face the texels of a cube (6, IRRADIANCE_SIZE, IRRADIANCE_SIZE, 3), over pi, of the light
    of ``cube``."""
    while cube.shape[1] > _SOURCE_SIZE:
        cube = halved(cube)
    size = cube.shape[1]
    angles = np.broadcast_to(solid_angles(size), (6, size, size)).reshape(-1, 1)
    light = cube.reshape(-1, 3) * (angles / np.float32(np.pi))
    sources = cube_directions(size).reshape(-1, 3)
    normals = cube_directions(IRRADIANCE_SIZE).reshape(-1, 3)
    result: Floats = np.maximum(normals @ sources.T, np.float32(0.0)) @ light
    return result.reshape(6, IRRADIANCE_SIZE, IRRADIANCE_SIZE, 3)


def _reflections(lookups: list[CubeLookup], base_size: int, level: int) -> Floats:
    size = base_size >> level
    normals = cube_directions(size).reshape(-1, 3)
    # Always from +Y: where the frame jumps, the noise of the samples would show.
    across = np.cross(np.array([[0.0, 1.0, 0.0]], np.float32), normals)
    across[np.abs(normals[:, 1]) == 1.0] = (1.0, 0.0, 0.0)  # the one texel of a face
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    up = np.cross(normals, across)
    total, weight = np.zeros((len(normals), 3), np.float32), 0.0
    for (x, y, z), mip in zip(*_lobe(level / (LEVELS - 1), _SAMPLES[level], base_size), strict=True):
        directions = across * x + up * y + normals * z
        total += lookups[min(mip, len(lookups) - 1)].sample(directions) * z
        weight += float(z)
    return (total / np.float32(weight)).reshape(6, size, size, 3)


def _lobe(roughness: float, samples: int, base_size: int) -> tuple[Floats, list[int]]:
    """Directions (n, 3) in the frame of the normal, +Z, importance sampled from GGX, and the mipmap level of each: that
    in which a texel covers the solid angle which the sample stands for."""
    alpha2 = roughness**4
    index = np.arange(samples)
    share = (index + 0.5) / samples
    turn = 2.0 * np.pi * ((index * 0.6180339887498949) % 1.0)
    cosine2 = (1.0 - share) / (1.0 + (alpha2 - 1.0) * share)
    cosine, sine = np.sqrt(cosine2), np.sqrt(1.0 - cosine2)
    half = np.stack([sine * np.cos(turn), sine * np.sin(turn), cosine], axis=1)
    light = 2.0 * half[:, 2:] * half - np.array([0.0, 0.0, 1.0])
    density = alpha2 / (np.pi * (cosine2 * (alpha2 - 1.0) + 1.0) ** 2) / 4.0
    texel = 4.0 * np.pi / (6.0 * base_size**2)
    # One level more than the area asks for, as neighbouring samples are to overlap.
    mip = np.maximum(np.rint(0.5 * np.log2(1.0 / (samples * density * texel)) + 1.0), 0.0)
    above = light[:, 2] > 0.0
    return light[above].astype(np.float32), [int(value) for value in mip[above]]
