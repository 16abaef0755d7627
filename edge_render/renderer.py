"""The renderer contract that ModernGL and pyrender both keep.

Obligations. Every method is called on the one thread that made the renderer (the GL thread). ``load``
may be slow; ``draw`` does no Python work per primitive (the reference renderer is excused). ``draw``
returns pixels that the caller owns: the renderer never writes to them again. Errors are RendererError.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NewType, Protocol

import numpy as np
from numpy.typing import NDArray

from edge_render.frame import PixelFormat
from edge_render.pose import Pose
from edge_render.scene import Scene

SceneHandle = NewType("SceneHandle", int)

NEAR_M = 0.05
FAR_M = 200.0


@dataclass(frozen=True, slots=True)
class View:
    """What to draw for one visitor. ``width`` and ``height`` are even, in pixels."""

    pose: Pose
    fov_y_rad: float
    width: int
    height: int
    still: bool = False
    """True asks for the best picture that the renderer draws at once; see Refiner for a better one."""

    @property
    def aspect(self) -> float:
        return self.width / self.height


@dataclass(frozen=True, slots=True)
class Picture:
    """Drawn and captured pixels, laid out as ``format`` says (see PixelFormat)."""

    pixels: NDArray[np.uint8] = field(repr=False)
    format: PixelFormat
    draw_ms: float
    capture_ms: float


class Refinement(Protocol):
    """One resting view that is drawn better and better. Whoever began it releases it."""

    def add_pass(self) -> None:
        """Draw once more, and wait until it is done: in between, the renderer may draw anything else."""
        ...

    def picture(self) -> Picture:
        """What all passes so far have come to; at least one. ``draw_ms`` is that of the last pass."""
        ...

    def release(self) -> None:
        """Free its memory; it is not used again."""
        ...


class Refiner(Protocol):
    """Draws resting views in many passes, each about as quick as a picture."""

    @property
    def hand_outs(self) -> tuple[int, ...]:
        """After how many passes a picture is worth handing out, ascending; after the last one it is final."""
        ...

    def begin(self, handle: SceneHandle, view: View) -> Refinement:
        """Begin with a view; no pass is drawn yet. Its passes fail with RendererError once the scene is unloaded."""
        ...


class Renderer(Protocol):
    """Draws loaded scenes."""

    @property
    def description(self) -> str:
        """The driver and device that draw, for logs and metrics."""
        ...

    @property
    def pixel_format(self) -> PixelFormat:
        """The layout that draw() returns."""
        ...

    @property
    def refiner(self) -> Refiner | None:
        """None where the renderer can't refine: then its still picture is final."""
        ...

    def load(self, scene: Scene) -> SceneHandle:
        """Put a scene on the GPU; it is shared by all who look at it."""
        ...

    def unload(self, handle: SceneHandle) -> None:
        """Free what load() took."""
        ...

    def draw(self, handle: SceneHandle, view: View) -> Picture:
        """Draw the scene from one view."""
        ...

    def close(self) -> None:
        """Free everything; the renderer is not used again."""
        ...
