"""Which picture a screen gets: the stream's size and the field of view. Pure."""

from __future__ import annotations

import math

ALIGN_PX = 16
"""H.264 macroblocks are 16 pixels; multiples waste none and never need cropping."""
NARROW_FOV_RAD = math.radians(58.0)
WIDEST_FOV_RAD = math.radians(95.0)


def fit(screen_width: int, screen_height: int, max_width: int, max_height: int) -> tuple[int, int]:
    """The largest aligned size of the screen's shape within the limits, which are swapped for a portrait screen."""
    if screen_height > screen_width:
        height, width = fit(screen_height, screen_width, max_width, max_height)
        return width, height
    scale = min(1.0, max_width / screen_width, max_height / screen_height)
    return _align(screen_width * scale), _align(screen_height * scale)


def scaled(width: int, height: int, scale: float) -> tuple[int, int]:
    """A smaller picture of the same view, aligned."""
    return _align(width * scale), _align(height * scale)


def _align(pixels: float) -> int:
    return max(ALIGN_PX, round(pixels / ALIGN_PX) * ALIGN_PX)


def zoomed(fov_y_rad: float, zoom: float) -> float:
    """The field of view in which things in the middle are ``zoom`` times as large."""
    return 2.0 * math.atan(math.tan(fov_y_rad / 2.0) / zoom)


def vertical_fov(landscape_fov_y_rad: float, aspect: float) -> float:
    """Vertical field of view: the scene's own on landscape, wider on portrait, so that a phone held
    upright still sees a useful width."""
    if aspect >= 1.0:
        return landscape_fov_y_rad
    narrow = min(NARROW_FOV_RAD, landscape_fov_y_rad)
    return min(WIDEST_FOV_RAD, 2.0 * math.atan(math.tan(narrow / 2.0) / aspect))
