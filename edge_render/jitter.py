"""Where within its pixel a picture is sampled, pass by pass. Pure.

The Halton sequence with bases 2 and 3 (J. H. Halton, "On the efficiency of certain quasi-random sequences of points in
evaluating multi-dimensional integrals", Numerische Mathematik 2, 1960): each new point falls where there are fewest
yet, so that the picture is good after any number of passes, and better after more.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_BASES = (2, 3)


def pixel_offsets(passes: int) -> NDArray[np.float64]:
    """Offsets from the pixel's centre, in pixels, shape (passes, 2).

    Moved so that their mean is zero: else the mean of all passes would be a picture that has moved a little.
    """
    points = np.array([[radical_inverse(index, base) for base in _BASES] for index in range(1, passes + 1)])
    centred: NDArray[np.float64] = points - points.mean(axis=0)
    return centred


def radical_inverse(index: int, base: int) -> float:
    """The digits of ``index``, mirrored at the point: one coordinate of the sequence, 0 to below 1."""
    value, digit_value = 0.0, 1.0
    while index:
        index, digit = divmod(index, base)
        digit_value /= base
        value += digit * digit_value
    return value
