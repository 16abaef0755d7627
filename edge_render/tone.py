"""Tone mapping and the sRGB curve in numpy: the same as shaders/tone.glsl does. For what isn't shaded."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray


def tone_map(linear: ArrayLike) -> NDArray[np.float64]:
    """Khronos PBR Neutral: linear RGB (..., 3) of any brightness to linear RGB (..., 3) below 1."""
    color = np.asarray(linear, dtype=np.float64)
    low = color.min(axis=-1, keepdims=True)
    color = color - np.where(low < 0.08, low - 6.25 * low * low, 0.04)
    peak = color.max(axis=-1, keepdims=True)
    bright = np.maximum(peak, 0.76)
    new_peak = 1.0 - 0.24**2 / (bright - 0.52)
    desaturate = 1.0 - 1.0 / (0.15 * (bright - new_peak) + 1.0)
    compressed = color * (new_peak / bright) * (1.0 - desaturate) + new_peak * desaturate
    mapped: NDArray[np.float64] = np.where(peak < 0.76, color, compressed)
    return mapped


def srgb_from_linear(linear: ArrayLike) -> NDArray[np.float64]:
    """The sRGB transfer function, 0..1 to 0..1, any shape."""
    color = np.maximum(np.asarray(linear, dtype=np.float64), 0.0)
    return np.where(color < 0.0031308, color * 12.92, 1.055 * color ** (1.0 / 2.4) - 0.055)


def linear_from_srgb(srgb: ArrayLike) -> NDArray[np.float64]:
    """Its inverse (IEC 61966-2-1), 0..1 to 0..1, any shape."""
    color = np.asarray(srgb, dtype=np.float64)
    return np.where(color <= 0.04045, color / 12.92, ((color + 0.055) / 1.055) ** 2.4)


@cache
def linear_of_bytes() -> NDArray[np.float32]:
    """What the 256 values of a byte of sRGB stand for: a table to look them up in, not to be written to."""
    table = linear_from_srgb(np.arange(256) / 255.0).astype(np.float32)
    table.flags.writeable = False
    return table
