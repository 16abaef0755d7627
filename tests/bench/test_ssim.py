"""SSIM where its value is known."""

from __future__ import annotations

import numpy as np
import pytest

from bench.ssim import ssim

NOISE = np.random.default_rng(2).integers(0, 256, (64, 96), np.uint8)


def test_equal_pictures_have_1() -> None:
    assert ssim(NOISE, NOISE) == pytest.approx(1.0, abs=1e-6)


def test_flat_pictures_differ_by_their_mean_alone() -> None:
    one, other = np.full((40, 40), 100, np.uint8), np.full((40, 40), 120, np.uint8)
    c1 = (0.01 * 255) ** 2
    assert ssim(one, other) == pytest.approx((2 * 100 * 120 + c1) / (100**2 + 120**2 + c1), rel=1e-5)


def test_independent_noise_is_nearly_unlike_and_more_noise_is_worse() -> None:
    randomness = np.random.default_rng(3)
    assert ssim(NOISE, randomness.integers(0, 256, NOISE.shape, np.uint8)) < 0.1
    smooth = np.tile(np.linspace(0, 255, 96), (64, 1))
    noisy = [np.clip(smooth + randomness.normal(0, sigma, smooth.shape), 0, 255).astype(np.uint8) for sigma in (5, 20)]
    clean = smooth.astype(np.uint8)
    assert 1.0 > ssim(clean, noisy[0]) > ssim(clean, noisy[1])
