"""The renderer contract that ModernGL and pyrender both keep.

Obligations. Every method is called on the one thread that made the renderer (the GL thread). Loading goes in
steps, between which it draws for those who are elsewhere; ``draw`` does no Python work per primitive (the
reference renderer is excused). ``draw`` returns pixels that the caller owns: the renderer never writes to them
again. Errors are RendererError.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NewType, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from edge_render.frame import PixelFormat
from edge_render.geometry.batches import PreparedScene
from edge_render.panorama.content import Panorama
from edge_render.pose import Pose
from edge_render.room import Room
from edge_render.scene import Scene
from edge_render.video.sphere import VideoSphere

SceneHandle = NewType("SceneHandle", int)

Content: TypeAlias = Scene | PreparedScene | Panorama | VideoSphere
"""All that can be loaded and looked at."""

NEAR_M = 0.05
FAR_M = 200.0
"""What a room needs; see geometry/clip_range.py for others."""


@dataclass(frozen=True, slots=True)
class Fade:
    """The picture of before, over which a new one comes: ``share`` of the new one, from 0 to 1."""

    handle: SceneHandle
    pose: Pose
    fov_y_rad: float
    share: float


@dataclass(frozen=True, slots=True)
class View:
    """What to draw for one visitor. ``width`` and ``height`` are even, in pixels."""

    pose: Pose
    fov_y_rad: float
    width: int
    height: int
    still: bool = False
    """True asks for the best picture that the renderer draws at once; see Refiner for a better one."""
    variant: int | None = None
    """Index into ``Scene.variants``; None: as the model is without one."""
    fade: Fade | None = None

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


class Loading(Protocol):
    """Something on its way to the GPU."""

    @property
    def handle(self) -> SceneHandle:
        """To draw it by, once it is loaded."""
        ...

    def step(self) -> float:
        """Do a few milliseconds of the work; returns how much is done, and 1.0 (exactly) when all is."""
        ...

    def cancel(self) -> None:
        """Free what has been taken so far; after it nothing else is called."""
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
    def memory_bytes(self) -> int | None:
        """How much memory the device has for all that is loaded; None where it does not tell."""
        ...

    def room(self, content: Content) -> Room:
        """About how much of that memory content will take at most."""
        ...

    @property
    def refiner(self) -> Refiner | None:
        """None where the renderer can't refine: then its still picture is final."""
        ...

    def begin_load(self, content: Content, on_change: Callable[[], None]) -> Loading:
        """Begin to put something on the GPU; it is shared by all who look at it. ``on_change`` is told, from any
        thread, whenever its picture has changed without anybody's doing, until it is unloaded."""
        ...

    def unload(self, handle: SceneHandle) -> None:
        """Free what load() took."""
        ...

    def draw(self, handle: SceneHandle, view: View) -> Picture:
        """Draw the scene from one view."""
        ...

    def changing(self, handle: SceneHandle, view: View) -> bool:
        """Whether the next picture of this very view will differ, as something in it moves by itself."""
        ...

    def close(self) -> None:
        """Free everything; the renderer is not used again."""
        ...
