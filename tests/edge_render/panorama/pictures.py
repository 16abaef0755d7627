"""Panoramas made in code, of which every direction's colour is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from edge_render.panorama.content import Panorama
from edge_render.panorama.spec import Layout
from edge_render.panorama.tile_file import TileFile
from edge_render.panorama.tiler import write_tiles
from edge_render.pose import Pose

Floats = NDArray[np.float64]
ColorsOf = Callable[[Floats], Floats]
"""From unit vectors (n, 3) to colours (n, 3)."""


def waves(directions: Floats) -> Floats:
    """sRGB 0..255 without an edge anywhere, and different in every direction."""
    red = 128 + 90 * np.sin(directions @ (9.0, 4.0, -3.0))
    green = 128 + 90 * np.sin(directions @ (-5.0, 8.0, 7.0) + 1.0)
    blue = 128 + 90 * np.sin(directions @ (3.0, -6.0, 9.0) + 2.0)
    return np.stack([red, green, blue], axis=-1)


def equirect_directions(width: int) -> Floats:
    """The directions of the pixels of a picture all around, (width / 2, width, 3)."""
    yaw, pitch = _yaw_pitch(width)
    across, up = np.cos(pitch)[:, None], np.sin(pitch)[:, None]
    return np.stack([-np.sin(yaw) * across, up * np.ones_like(yaw), -np.cos(yaw) * across], axis=-1)


def equirect_angles(width: int) -> tuple[Floats, Floats]:
    """Yaw and pitch of the same, radians, each (width / 2, width)."""
    yaw, pitch = np.meshgrid(*_yaw_pitch(width))
    return yaw, pitch


def _yaw_pitch(width: int) -> tuple[Floats, Floats]:
    """Of its columns and of its rows."""
    yaw = (0.5 - (np.arange(width) + 0.5) / width) * 2.0 * np.pi
    pitch = (0.5 - (np.arange(width // 2) + 0.5) / (width // 2)) * np.pi
    return yaw, pitch


def equirect(width: int, colors: ColorsOf) -> NDArray[np.uint8]:
    return np.rint(colors(equirect_directions(width))).astype(np.uint8)


def view_directions(pose: Pose, fov_y_rad: float, width: int, height: int) -> Floats:
    """The directions of the pixels of a flat picture, (height, width, 3)."""
    tangent = np.tan(fov_y_rad / 2.0)
    x = ((np.arange(width) + 0.5) / width * 2.0 - 1.0) * tangent * width / height
    y = (1.0 - (np.arange(height) + 0.5) / height * 2.0) * tangent
    camera = np.stack([*np.broadcast_arrays(x[None, :], y[:, None]), -np.ones((height, width))], axis=-1)
    world = camera @ pose.rotation().T
    return world / np.linalg.norm(world, axis=-1, keepdims=True)


def saved(folder: Path, pixels: NDArray[np.uint8], name: str = "picture.png") -> Path:
    path = folder / name
    Image.fromarray(pixels).save(path)
    return path


def radiance_file(path: Path, rgbe: NDArray[np.uint8], *, coded: bool = True, header: bytes = b"") -> Path:
    """A Radiance file of pixels (height, width, 4); ``coded`` with run lengths."""
    height, width = rgbe.shape[:2]
    head = b"#?RADIANCE\n" + header + b"FORMAT=32-bit_rle_rgbe\n\n" + f"-Y {height} +X {width}\n".encode()
    body = b"".join(_scanline(row) for row in rgbe) if coded else rgbe.tobytes()
    path.write_bytes(head + body)
    return path


def _scanline(row: NDArray[np.uint8]) -> bytes:
    width = len(row)
    out = bytearray((2, 2, width >> 8, width & 255))
    for plane in row.T:
        values = plane.tobytes()
        at = 0
        while at < width:
            run = 1
            while at + run < width and run < 127 and values[at + run] == values[at]:
                run += 1
            if run > 2:
                out += bytes((128 + run, values[at]))
                at += run
            else:
                count = min(128, width - at)
                out += bytes((count,)) + values[at : at + count]
                at += count
    return bytes(out)


def rgbe_of(light: Floats) -> NDArray[np.uint8]:
    """Light (..., 3) as Radiance stores it, to the nearest lower step."""
    peak = light.max(axis=-1)
    mantissa, exponent = np.frexp(peak)
    scale = np.where(peak > 1e-32, mantissa * 256.0 / np.maximum(peak, 1e-32), 0.0)
    bytes_of = (light * scale[..., None]).astype(np.uint8)
    return np.concatenate([bytes_of, np.where(peak > 1e-32, exponent + 128, 0).astype(np.uint8)[..., None]], axis=-1)


def tiled(folder: Path, image: Path, layout: Layout = Layout.MONO, exposure: float = 1.0) -> Panorama:
    """Its tiles, made anew."""
    tiles = folder / f"{image.stem}-tiles"
    tiles.mkdir()
    write_tiles(image, layout, tiles)
    return Panorama(image.stem, TileFile(tiles), exposure)
