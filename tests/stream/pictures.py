"""Pictures for encoders: drawn by rule, so that every run codes the same."""

from __future__ import annotations

import numpy as np

from edge_render.frame import Frame, FrameTimes, PixelFormat
from edge_render.pose import Pose

WIDTH, HEIGHT = 320, 192


def frame_of(pixels: np.ndarray, pixel_format: PixelFormat, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Frame:
    pose, times = Pose((0, 0, 0), (0, 0, 0, 1)), FrameTimes(0, 0, 0.0, 0.0)
    return Frame(pixels, pixel_format, *size, pose, 0, False, times)


def noisy_frame(seed: int, pixel_format: PixelFormat = PixelFormat.RGBA) -> Frame:
    """A picture that costs as many bits as the encoder is given."""
    shape = (HEIGHT, WIDTH, 4) if pixel_format is PixelFormat.RGBA else (HEIGHT * 3 // 2, WIDTH)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)
    return frame_of(pixels, pixel_format)


def panning_frame(step: int) -> Frame:
    """A picture that moves to the left, with grain that does not: as hard for an encoder as a visitor who turns."""
    blocks = np.random.default_rng(7).integers(20, 220, (24, 400), dtype=np.uint8)
    grain = np.random.default_rng(step).integers(0, 30, (HEIGHT, WIDTH), dtype=np.uint8)
    planes = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    planes[:HEIGHT] = blocks.repeat(8, axis=0).repeat(8, axis=1)[:, step * 6 : step * 6 + WIDTH] + grain
    return frame_of(planes, PixelFormat.I420)


def flat_frames(red: int, green: int, blue: int) -> tuple[Frame, Frame]:
    """One colour as RGBA, and the same as BT.709 limited range planes (ITU-R BT.709-6, sections 3.2 to 3.5)."""
    rgba = np.empty((HEIGHT, WIDTH, 4), np.uint8)
    rgba[:] = (red, green, blue, 255)
    luma = (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255
    planes = np.empty((HEIGHT * 3 // 2, WIDTH), np.uint8)
    planes[:HEIGHT] = round(16 + 219 * luma)
    planes[HEIGHT : HEIGHT * 5 // 4] = round(128 + 224 * (blue / 255 - luma) / 1.8556)
    planes[HEIGHT * 5 // 4 :] = round(128 + 224 * (red / 255 - luma) / 1.5748)
    return frame_of(rgba, PixelFormat.RGBA), frame_of(planes, PixelFormat.I420)
