"""A renderer that draws nothing: pictures of a full turn, drawn ahead of time, chosen by the view's yaw.

So every sender sends the very same pictures, and drawing costs nothing of the cores that are shared with it. The
pictures are kept in a file, as I420, made once by the real renderer.
"""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.loading import LoadingAtOnce
from edge_render.package import MANIFEST_NAME, Package
from edge_render.pose import Pose
from edge_render.render_quality import RenderQuality
from edge_render.renderer import Content, Picture, Refiner, SceneHandle, View
from edge_render.room import Room
from edge_render.scene_content import load_scene

VIEWS = 240
"""1.5 degrees apart: at the page's turning speed and 30 frames/s, each frame is two further."""

Pixels = NDArray[np.uint8]


def picture_index(yaw_rad: float, views: int) -> int:
    """The picture that shows a yaw (radians, of any turn), of ``views`` evenly over a full turn."""
    return round(yaw_rad / math.tau * views) % views


class RecordedTurn:
    """The pictures of a full turn: I420 (see PixelFormat), shape (views, height * 3 // 2, width)."""

    def __init__(self, file: Path) -> None:
        """Raises FileNotFoundError. The file is mapped, not read."""
        self.pictures: Pixels = np.load(file, mmap_mode="r")
        self.views, rows, self.width = self.pictures.shape
        self.height = rows * 2 // 3
        self._scaled: dict[tuple[int, int, int], Pixels] = {}
        self._reformatter = VideoReformatter()

    def picture(self, index: int, width: int, height: int) -> Pixels:
        """A picture at a size; other sizes than the recorded one are scaled once, and kept."""
        if (width, height) == (self.width, self.height):
            return np.asarray(self.pictures[index])
        key = (index, width, height)
        if key not in self._scaled:
            frame = VideoFrame.from_ndarray(np.ascontiguousarray(self.pictures[index]), format="yuv420p")
            scaled = self._reformatter.reformat(frame, width, height, "yuv420p", interpolation=Interpolation.AREA)
            self._scaled[key] = scaled.to_ndarray().astype(np.uint8, copy=False)
        return self._scaled[key]

    def luma(self, index: int) -> Pixels:
        """The Y plane at the recorded size, (height, width)."""
        return np.asarray(self.pictures[index, : self.height])

    def enlarged(self, luma: Pixels) -> Pixels:
        """A Y plane of another size at the recorded one, bilinear as a browser shows it."""
        frame = VideoFrame.from_ndarray(np.ascontiguousarray(luma), format="gray")
        enlarged = self._reformatter.reformat(
            frame, self.width, self.height, "gray", interpolation=Interpolation.BILINEAR
        )
        return enlarged.to_ndarray().astype(np.uint8, copy=False)


def record_turn(package: Package, folder: Path, width: int, height: int, views: int = VIEWS) -> Path:
    """The file of the turn at the entry of a package; drawn only where ``folder`` does not have it."""
    name = package.showroom.entry_scene
    digest = hashlib.sha256((package.root / MANIFEST_NAME).read_bytes() + package.content_path(name).read_bytes())
    file = folder / f"turn-{width}x{height}-{views}-{digest.hexdigest()[:12]}.npy"
    if file.exists():
        return file
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_suffix(f".{os.getpid()}.part")
    pictures = np.lib.format.open_memmap(unfinished, mode="w+", dtype=np.uint8, shape=(views, height * 3 // 2, width))
    spec = package.model_scene(name)
    entry = spec.entry_poses[0].pose()
    _, pitch_rad = entry.yaw_pitch()
    context = GlContext.open()
    # As a node with a GPU draws them.
    quality = replace(RenderQuality.for_device(context.software), still_samples=4)
    renderer = GlRenderer(context, PixelFormat.I420, quality)
    try:
        handle = renderer.load(load_scene(package, name))
        for index in range(views):
            pose = Pose.from_yaw_pitch(entry.position, index * math.tau / views, pitch_rad)
            view = View(pose, spec.fov_y_rad, width, height, still=True)
            pictures[index] = renderer.draw(handle, view).pixels
    finally:
        renderer.close()
    pictures.flush()
    unfinished.rename(file)
    return file


class RecordedRenderer:
    """Keeps the contract of edge_render/renderer.py; the pictures that it returns are never written to."""

    def __init__(self, turn: RecordedTurn) -> None:
        self._turn = turn

    @property
    def description(self) -> str:
        return f"{self._turn.views} recorded pictures"

    @property
    def pixel_format(self) -> PixelFormat:
        return PixelFormat.I420

    @property
    def memory_bytes(self) -> int | None:
        return None

    def room(self, content: Content) -> Room:
        return Room(0)

    @property
    def refiner(self) -> Refiner | None:
        """The pictures are what they are."""
        return None

    def begin_load(self, content: Content, on_change: Callable[[], None]) -> LoadingAtOnce:
        return LoadingAtOnce(SceneHandle(0), lambda: None)

    def changing(self, handle: SceneHandle, view: View) -> bool:
        return False

    def unload(self, handle: SceneHandle) -> None:
        """There is nothing to free."""

    def draw(self, handle: SceneHandle, view: View) -> Picture:
        yaw_rad, _ = view.pose.yaw_pitch()
        pixels = self._turn.picture(picture_index(yaw_rad, self._turn.views), view.width, view.height)
        return Picture(pixels.view(), PixelFormat.I420, draw_ms=0.0, capture_ms=0.0)

    def close(self) -> None:
        """There is nothing to free."""
