from __future__ import annotations

import numpy as np
import pytest

from edge_render.jitter import pixel_offsets, radical_inverse


def test_the_sequence_is_that_of_halton() -> None:
    halves = [radical_inverse(index, 2) for index in range(1, 8)]
    thirds = [radical_inverse(index, 3) for index in range(1, 6)]
    assert halves == [1 / 2, 1 / 4, 3 / 4, 1 / 8, 5 / 8, 3 / 8, 7 / 8]
    assert thirds == pytest.approx([1 / 3, 2 / 3, 1 / 9, 4 / 9, 7 / 9])


@pytest.mark.parametrize("passes", [1, 4, 16, 64])
def test_all_passes_together_sample_the_whole_pixel_and_do_not_move_the_picture(passes: int) -> None:
    offsets_px = pixel_offsets(passes)
    assert offsets_px.shape == (passes, 2)
    np.testing.assert_allclose(offsets_px.mean(axis=0), 0.0, atol=1e-12)
    assert np.abs(offsets_px).max() < 0.6
    for axis in range(2):
        # One in each of as many bands as there are passes, or nearly.
        gaps = np.diff(np.sort(offsets_px[:, axis]))
        assert len(gaps) == 0 or gaps.max() < 2.5 / passes
