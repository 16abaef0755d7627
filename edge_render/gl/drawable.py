"""What loaded content is to GlRenderer, whatever it is: a model's scene, a panorama, a video around the visitor."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from edge_render.gl.context import GlContext
from edge_render.gl.programs import GlPrograms
from edge_render.gl.targets import GlTargets, Target
from edge_render.pose import Matrix, Pose
from edge_render.render_quality import RenderQuality
from edge_render.renderer import View


@dataclass(frozen=True, slots=True, eq=False)
class GlParts:
    """What drawables are made of; shared, and owned by the renderer."""

    context: GlContext
    programs: GlPrograms
    targets: GlTargets
    quality: RenderQuality
    now_s: Callable[[], float]
    """The time of all that moves, seconds of one monotonic clock; taps go by the same one."""


@dataclass(frozen=True, slots=True)
class Sampling:
    """How one drawing of several, which are added up, differs from the others."""

    offset_px: tuple[float, float] = (0.0, 0.0)
    """The picture is moved by so much to the right and down."""
    finer_levels: float = 0.0
    """By how many mipmap levels textures are finer."""
    little: bool = False
    """Only a little of everything has to be drawn: nobody sees it, but its shaders are compiled by it."""

    def shift(self, width: int, height: int) -> Matrix:
        """Moves what is drawn by ``offset_px`` of a picture of that size: clip space to clip space, shape (4, 4)."""
        matrix = np.eye(4)
        matrix[:2, 3] = 2.0 * self.offset_px[0] / width, 2.0 * self.offset_px[1] / height
        return matrix


ONE_DRAWING = Sampling()
UPSIDE_DOWN = np.diag([1.0, -1.0, 1.0, 1.0])
"""From clip space to clip space: as pictures are drawn, see renderer."""


class Drawable(Protocol):
    """Every method is called on the GL thread with its context current."""

    @property
    def gpu_bytes(self) -> int:
        """What it takes of the GPU's memory now, or will once it is loaded, about."""
        ...

    def upload(self) -> Iterator[float]:
        """Put it on the GPU, in steps of a few milliseconds each: yields how much is done, from 0 to 1. It is run to
        its end before anything is drawn, or ``release`` is called instead."""
        ...

    def overview(self) -> Pose:
        """From where all of it is seen, once it is uploaded: drawing this meets every shader."""
        ...

    def changing(self, view: View) -> bool:
        """See Renderer.changing."""
        ...

    def draw(self, view: View, target: Target, sampling: Sampling) -> None:
        """Draw all of the picture into ``target.drawn``, which is not cleared, upside down (see renderer), tone mapped
        and as sRGB. The size is the target's, which may be smaller than the view's. No state is expected or kept."""
        ...

    def release(self) -> None:
        """Free everything, also where it is only half uploaded."""
        ...
