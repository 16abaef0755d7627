"""Figures of two pictures: equal ones, small and large differences, and where they are."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bench.fidelity.compare import compare


def card() -> np.ndarray:
    """A picture with a gradient and a few edges."""
    rows, columns = np.mgrid[0:96, 0:128]
    picture = np.stack([rows * 2, columns, np.full_like(rows, 90)], axis=-1).astype(np.uint8)
    picture[30:60, 40:80] = (220, 210, 60)
    return picture


def test_equal_pictures_do_not_differ() -> None:
    found = compare(card(), card())
    assert found.ssim == pytest.approx(1.0, abs=1e-6)
    assert found.flip == pytest.approx(0.0, abs=1e-6)
    assert found.psnr_db == math.inf
    assert found.error_map.shape == card().shape
    assert found.error_map.dtype == np.uint8
    assert len(np.unique(found.error_map.reshape(-1, 3), axis=0)) == 1


def test_a_wrong_colour_is_seen_by_flip_though_its_luma_is_the_same() -> None:
    other = card()
    other[30:60, 40:80] = (218, 199, 179)
    found = compare(card(), other)
    assert found.ssim > 0.98
    assert found.flip > 0.01


def test_the_map_is_brightest_where_they_differ() -> None:
    other = card()
    other[70:90, 10:30] = 255
    light = compare(card(), other).error_map.sum(axis=2, dtype=int)
    assert light[75:85, 15:25].min() > light[:40, 90:].max()


def test_more_noise_is_worse_in_each_figure() -> None:
    randomness = np.random.default_rng(7)
    found = [
        compare(card(), np.clip(card() + randomness.normal(0.0, sigma, card().shape), 0, 255).astype(np.uint8))
        for sigma in (4.0, 16.0)
    ]
    assert found[0].ssim > found[1].ssim
    assert found[0].flip < found[1].flip
    assert found[0].psnr_db > found[1].psnr_db
    assert found[0].psnr_db == pytest.approx(20.0 * math.log10(255.0 / 4.0), abs=1.0)


def test_pictures_of_two_sizes_are_not_compared() -> None:
    with pytest.raises(ValueError, match="one size"):
        compare(card(), card()[:-2])
