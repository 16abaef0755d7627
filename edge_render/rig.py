"""How the parts of a scene move: the tree of nodes, skins and animations, as plain immutable values.

Matrices are 4x4 float64, column vectors; quaternions are (x, y, z, w), as in glTF 2.0.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray


class TrackPath(StrEnum):
    """What a track moves (glTF 2.0, section 3.11)."""

    TRANSLATION = "translation"
    ROTATION = "rotation"
    SCALE = "scale"
    WEIGHTS = "weights"


class Interpolation(StrEnum):
    """glTF 2.0, appendix C."""

    STEP = "STEP"
    LINEAR = "LINEAR"
    CUBIC_SPLINE = "CUBICSPLINE"


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """One property of one node over time. ``times_s``: (k,) float32, ascending; ``values``: (k, c) float32, and for
    CUBIC_SPLINE (k, 3, c): in-tangent, value, out-tangent. c is 3, 4 for rotations, and the targets for weights."""

    node: int
    path: TrackPath
    interpolation: Interpolation
    times_s: NDArray[np.float32] = field(repr=False)
    values: NDArray[np.float32] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """One animation; it lasts until the last key of its tracks."""

    name: str
    tracks: tuple[Track, ...]

    @property
    def duration_s(self) -> float:
        return max((float(track.times_s[-1]) for track in self.tracks), default=0.0)


@dataclass(frozen=True, slots=True, eq=False)
class Skin:
    """``joints``: (k,) int32, indices of rig nodes; ``inverse_bind``: (k, 4, 4) float64, mesh space to joint space."""

    joints: NDArray[np.int32] = field(repr=False)
    inverse_bind: NDArray[np.float64] = field(repr=False)


@dataclass(frozen=True, slots=True, eq=False)
class Rig:
    """All nodes of the file, in any order; what is drawn refers to them by index.

    A node's own matrix is ``matrices`` (n, 4, 4) at rest; where a track moves it, the matrix is composed of
    ``translations`` (n, 3), ``rotations`` (n, 4) and ``scales`` (n, 3), with what the track says in place of its part.
    """

    names: tuple[str, ...]
    parents: NDArray[np.int32] = field(repr=False)
    """(n,), -1 for roots."""
    matrices: NDArray[np.float64] = field(repr=False)
    translations: NDArray[np.float64] = field(repr=False)
    rotations: NDArray[np.float64] = field(repr=False)
    scales: NDArray[np.float64] = field(repr=False)
    morph_weights: tuple[tuple[float, ...], ...] = ()
    """Of each node at rest; empty for those without morph targets."""
    skins: tuple[Skin, ...] = ()
    clips: tuple[Clip, ...] = ()
    playing: tuple[int, ...] = ()
    """Which clips run, over and over, all by one clock."""
