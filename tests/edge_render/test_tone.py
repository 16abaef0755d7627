"""The sRGB curve, there and back."""

from __future__ import annotations

import numpy as np
import pytest

from edge_render.tone import linear_from_srgb, linear_of_bytes, srgb_from_linear


def test_light_of_a_color_gives_that_color() -> None:
    colors = np.linspace(0.0, 1.0, 1001)
    assert srgb_from_linear(linear_from_srgb(colors)) == pytest.approx(colors, abs=1e-6)


def test_the_table_of_bytes_is_the_curve_and_stays_so() -> None:
    table = linear_of_bytes()
    assert table == pytest.approx(linear_from_srgb(np.arange(256) / 255.0), abs=1e-7)
    with pytest.raises(ValueError, match="read-only"):
        table[0] = 1.0
