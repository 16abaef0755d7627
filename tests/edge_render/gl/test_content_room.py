"""What content is said to take of the GPU's memory, against what it takes once it has been drawn."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from edge_render.content_size import content_room, video_gpu_bytes
from edge_render.frame import PixelFormat
from edge_render.geometry.batches import prepare_scene
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.look_around import EYE
from edge_render.pose import Pose
from edge_render.render_quality import RenderQuality
from edge_render.renderer import Content, View
from edge_render.room import Room
from edge_render.video.layout import Layout
from edge_render.video.picture import Coding, Matrix, VideoPicture
from edge_render.video.sphere import VideoSphere
from tests.edge_render.panorama.pictures import equirect, saved, tiled, waves
from tests.edge_render.tiny_scenes import one_quad

QUALITY = RenderQuality(samples=1, still_samples=1, anisotropy=1.0, shadow_size=512, cascade_size=256, shadow_cells=4)


class StillPicture:
    """A source with one picture."""

    def __init__(self, width: int, height: int) -> None:
        luma, chroma = np.zeros((height, width), np.uint8), np.zeros((height // 2, width // 2), np.uint8)
        self.newest = VideoPicture(1, luma, chroma, chroma, Coding(Matrix.BT709, full=False), 0)

    def look(self) -> VideoPicture:
        return self.newest

    def watch(self, on_picture: object) -> object:
        return lambda: None


def said_and_taken(content: Content) -> tuple[Room, int, int]:
    """What it was said to take, and what it takes after it was looked at from many sides, by itself and of what is
    shared."""
    renderer = GlRenderer(GlContext.open("software"), PixelFormat.RGBA, QUALITY)
    try:
        room = renderer.room(content)
        handle = renderer.load(content)
        for turn in range(8):
            pose = Pose.from_yaw_pitch(EYE, turn * math.pi / 4, 0.0)
            renderer.draw(handle, View(pose, 1.2, 64, 64))
        return room, renderer._drawables[handle].gpu_bytes, renderer.tiles.gpu_bytes
    finally:
        renderer.close()


@pytest.mark.parametrize("kind", ["model", "panorama", "video", "stereo video"])
def test_at_most_what_was_said_and_not_much_less(kind: str, tmp_path: Path) -> None:
    content: Content
    match kind:
        case "model":
            content = prepare_scene(one_quad())
        case "panorama":
            content = tiled(tmp_path, saved(tmp_path, equirect(2048, waves)))
        case "video":
            content = VideoSphere("square", StillPicture(512, 256))
        case _:
            content = VideoSphere("square", StillPicture(512, 512), Layout.STEREO_OVER_UNDER)
    room, own_bytes, shared_bytes = said_and_taken(content)
    assert 0.5 * room.own_bytes <= own_bytes <= 1.01 * room.own_bytes
    said_bytes = 0 if room.shared is None else room.shared.size_bytes
    assert 0.9 * said_bytes <= shared_bytes <= said_bytes


def test_a_scene_is_measured_as_it_is_once_prepared() -> None:
    assert content_room(one_quad(), QUALITY) == content_room(prepare_scene(one_quad()), QUALITY)


def test_a_video_is_measured_by_its_first_picture() -> None:
    assert video_gpu_bytes(8192 * 4096, Layout.MONO) == 4 * video_gpu_bytes(4096 * 2048, Layout.MONO)
    assert video_gpu_bytes(4096 * 4096, Layout.STEREO_OVER_UNDER) == video_gpu_bytes(4096 * 2048, Layout.MONO)
