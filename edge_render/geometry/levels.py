"""Levels of detail of chunks of triangles: fewer and fewer indices into the same vertices. Pure numpy, no GL."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Levels:
    """Of n chunks, in triangles (or lines, or points), not in indices; see Chunks in batches.py."""

    first: Ints = field(repr=False)
    count: Ints = field(repr=False)
    error_m: Floats = field(repr=False)

    @classmethod
    def whole(cls, first: Ints, total: int) -> Levels:
        """Each chunk reaches to the next one, and has one level."""
        count = np.diff(np.append(first, total))
        return cls(first[:, None], count[:, None], np.zeros((len(first), 1), np.float32))
