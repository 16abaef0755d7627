"""Structural similarity of two pictures (Wang, Bovik, Sheikh, Simoncelli: Image Quality Assessment: From Error
Visibility to Structural Similarity, IEEE Transactions on Image Processing 13(4), 2004)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

SIGMA_PX = 1.5
RADIUS_PX = 5
"""The paper's window: 11 x 11, Gaussian, with a standard deviation of 1.5."""
K1, K2 = 0.01, 0.03
RANGE = 255.0


def ssim(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Mean SSIM of two planes of one shape, (height, width): 1 for equal ones."""
    x, y = one.astype(np.float32), other.astype(np.float32)
    mean_x, mean_y = _windowed(x), _windowed(y)
    variance_x = _windowed(x * x) - mean_x * mean_x
    variance_y = _windowed(y * y) - mean_y * mean_y
    covariance = _windowed(x * y) - mean_x * mean_y
    c1, c2 = (K1 * RANGE) ** 2, (K2 * RANGE) ** 2
    similarity = ((2.0 * mean_x * mean_y + c1) * (2.0 * covariance + c2)) / (
        (mean_x * mean_x + mean_y * mean_y + c1) * (variance_x + variance_y + c2)
    )
    # Only where the whole window is inside the picture, as in the paper's own code.
    return float(similarity[RADIUS_PX:-RADIUS_PX, RADIUS_PX:-RADIUS_PX].mean(dtype=np.float64))


def _windowed(plane: NDArray[np.float32]) -> NDArray[np.float32]:
    weighted: NDArray[np.float32] = gaussian_filter(plane, SIGMA_PX, radius=RADIUS_PX)
    return weighted
