"""How different two pictures are: SSIM, FLIP and PSNR.

FLIP is what somebody sees who flips between both: P. Andersson et al., "FLIP: A Difference Evaluator for Alternating
Images", Proceedings of the ACM on Computer Graphics and Interactive Techniques 3(2), 2020; NVIDIA's own evaluator.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import flip_evaluator
import numpy as np
from numpy.typing import NDArray

from bench.ssim import ssim

_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)

Picture = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Difference:
    """``ssim`` of the luma: 1 for equal pictures; ``flip``: 0 for equal ones, 1 at most; ``psnr_db``: infinite for
    equal ones. ``error_map``: (height, width, 3) uint8, where they differ to the eye, dark for nothing."""

    ssim: float
    flip: float
    psnr_db: float
    error_map: Picture = field(repr=False)


def compare(reference: Picture, ours: Picture) -> Difference:
    """Two pictures of one shape, (height, width, 3) uint8 sRGB."""
    if reference.shape != ours.shape:
        raise ValueError(f"pictures of one size are compared, not {reference.shape} and {ours.shape}")
    error_map, flip, _ = flip_evaluator.evaluate(_unit(reference), _unit(ours), "LDR")
    squared = float(np.mean((reference.astype(np.float64) - ours.astype(np.float64)) ** 2))
    return Difference(
        ssim=ssim(_luma(reference), _luma(ours)),
        flip=float(flip),
        psnr_db=math.inf if squared == 0.0 else 10.0 * math.log10(255.0**2 / squared),
        error_map=np.rint(np.clip(error_map, 0.0, 1.0) * 255.0).astype(np.uint8),
    )


def _unit(picture: Picture) -> NDArray[np.float32]:
    return np.ascontiguousarray(picture, dtype=np.float32) / np.float32(255.0)


def _luma(picture: Picture) -> Picture:
    luma: Picture = np.rint(picture.astype(np.float32) @ _LUMA).astype(np.uint8)
    return luma
