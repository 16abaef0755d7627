"""Video around the visitor: pictures whose pixels can be told in advance, drawn by real OpenGL."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from edge_render.frame import PixelFormat
from edge_render.gl.context import GlContext
from edge_render.gl.renderer import GlRenderer
from edge_render.loading import finish
from edge_render.look_around import EYE
from edge_render.pose import Pose
from edge_render.renderer import View
from edge_render.video.layout import Layout
from edge_render.video.picture import Coding, Matrix, VideoPicture
from edge_render.video.sphere import VideoSphere
from tests.edge_render.gl.pictures import Pixels, drawn_once
from tests.edge_render.panorama.pictures import equirect_angles

BT709 = Coding(Matrix.BT709, full=False)
SIDE = 64
FOV_RAD = math.radians(60.0)


class StillSource:
    """A source whose pictures the test puts in."""

    def __init__(self) -> None:
        self.picture: VideoPicture | None = None
        self.told: list[Callable[[], None]] = []
        self.number = 0

    def put(self, luma: Pixels, blue: int | Pixels = 128, red: int | Pixels = 128, coding: Coding = BT709) -> None:
        self.number += 1
        half = (-(-luma.shape[0] // 2), -(-luma.shape[1] // 2))
        planes = [np.full(half, plane, np.uint8) if isinstance(plane, int) else plane for plane in (blue, red)]
        self.picture = VideoPicture(self.number, luma, planes[0], planes[1], coding, 0)
        for told in self.told:
            told()

    @property
    def newest(self) -> VideoPicture | None:
        return self.look()

    def look(self) -> VideoPicture | None:
        return self.picture

    def watch(self, on_picture: Callable[[], None]) -> Callable[[], None]:
        self.told.append(on_picture)
        return lambda: self.told.remove(on_picture)


def looking(yaw_deg: float, pitch_deg: float = 0.0, side: int = SIDE) -> View:
    return View(Pose.from_yaw_pitch(EYE, math.radians(yaw_deg), math.radians(pitch_deg)), FOV_RAD, side, side)


def seen(renderer: GlRenderer, source: StillSource, view: View, layout: Layout = Layout.MONO) -> Pixels:
    return drawn_once(renderer, VideoSphere("square", source, layout), view)[..., :3]


def middle(pixels: Pixels) -> list[int]:
    height, width = pixels.shape[:2]
    return [int(value) for value in pixels[height // 2, width // 2]]


def test_the_middle_of_the_picture_lies_ahead_and_its_left_half_to_the_left(renderer: GlRenderer) -> None:
    source = StillSource()
    yaw, pitch = equirect_angles(256)
    quarters = np.select(
        [np.abs(yaw) < math.pi / 4, np.abs(yaw - math.pi / 2) < math.pi / 4, np.abs(yaw + math.pi / 2) < math.pi / 4],
        [60, 100, 140],
        180,
    )
    source.put(np.where(np.abs(pitch) > 1.2, np.where(pitch > 0, 220, 20), quarters).astype(np.uint8))
    gray = {deg: middle(seen(renderer, source, looking(deg)))[0] for deg in (0.0, 90.0, -90.0, 180.0)}
    expected = {0.0: 60, 90.0: 100, -90.0: 140, 180.0: 180}
    assert gray == {deg: pytest.approx((value - 16) * 255 / 219, abs=1) for deg, value in expected.items()}
    assert middle(seen(renderer, source, looking(0.0, 89.0)))[0] > 230
    assert middle(seen(renderer, source, looking(0.0, -89.0)))[0] < 10


def test_a_view_shows_each_direction_where_it_is(renderer: GlRenderer) -> None:
    """The whole picture is compared with its luma, computed from the pixels' rays on the processor."""
    source = StillSource()
    yaw, pitch = equirect_angles(1024)
    pattern = 126.0 + 50.0 * np.sin(3.0 * yaw) * np.cos(pitch) + 40.0 * np.sin(4.0 * pitch)
    source.put(pattern.astype(np.uint8), coding=Coding(Matrix.BT709, full=True))
    view = looking(35.0, 40.0)
    at = (np.arange(SIDE) + 0.5) / SIDE * 2.0 - 1.0
    across, down = np.meshgrid(at * math.tan(FOV_RAD / 2), at * math.tan(FOV_RAD / 2))
    rays = np.stack([across, -down, -np.ones_like(across)], axis=-1) @ view.pose.rotation().T
    ray_yaw = np.arctan2(-rays[..., 0], -rays[..., 2])
    ray_pitch = np.arctan2(rays[..., 1], np.hypot(rays[..., 0], rays[..., 2]))
    expected = 126.0 + 50.0 * np.sin(3.0 * ray_yaw) * np.cos(ray_pitch) + 40.0 * np.sin(4.0 * ray_pitch)
    assert np.abs(seen(renderer, source, view)[..., 0] - expected).max() < 3.0


def test_there_is_no_seam_behind_and_none_at_the_poles(renderer: GlRenderer) -> None:
    source = StillSource()
    yaw, pitch = equirect_angles(1024)
    source.put((120.0 + 80.0 * np.cos(yaw) * np.cos(pitch)).astype(np.uint8))
    for view in (looking(180.0), looking(0.0, 89.0), looking(0.0, -89.0), looking(170.0, 60.0)):
        gray = seen(renderer, source, view)[..., 0].astype(int)
        assert max(np.abs(np.diff(gray, axis=0)).max(), np.abs(np.diff(gray, axis=1)).max()) <= 4


@pytest.mark.parametrize("matrix", list(Matrix))
@pytest.mark.parametrize("full", [False, True])
def test_colours_are_what_the_camera_meant(renderer: GlRenderer, matrix: Matrix, full: bool) -> None:
    red_blue = {Matrix.BT601: (0.299, 0.114), Matrix.BT709: (0.2126, 0.0722), Matrix.BT2020: (0.2627, 0.0593)}
    for rgb in ([1.0, 0.0, 0.0], [0.2, 0.8, 0.4], [1.0, 1.0, 1.0], [0.0, 0.0, 0.0]):
        weight_red, weight_blue = red_blue[matrix]
        luma = weight_red * rgb[0] + (1 - weight_red - weight_blue) * rgb[1] + weight_blue * rgb[2]
        chroma = ((rgb[2] - luma) / (2 - 2 * weight_blue), (rgb[0] - luma) / (2 - 2 * weight_red))
        scale = (0, 255, 255) if full else (16, 219, 224)
        y, cb, cr = scale[0] + scale[1] * luma, *(128 + scale[2] * part for part in chroma)
        source = StillSource()
        source.put(
            np.full((32, 64), round(y), np.uint8), min(255, round(cb)), min(255, round(cr)), Coding(matrix, full)
        )
        assert middle(seen(renderer, source, looking(0.0))) == pytest.approx([255 * part for part in rgb], abs=3)


@pytest.mark.parametrize("layout", [Layout.STEREO_OVER_UNDER, Layout.STEREO_SIDE_BY_SIDE])
def test_of_a_stereo_picture_the_left_eye_s_is_seen_and_nothing_of_the_other(
    renderer: GlRenderer, layout: Layout
) -> None:
    left, right = np.full((64, 128), 100, np.uint8), np.full((64, 128), 235, np.uint8)
    source = StillSource()
    source.put(np.concatenate([left, right], axis=0 if layout is Layout.STEREO_OVER_UNDER else 1))
    for view in (looking(0.0), looking(180.0), looking(0.0, -89.0), looking(90.0)):
        pixels = seen(renderer, source, view, layout)
        assert pixels.min() == pixels.max() == middle(pixels)[0] == pytest.approx((100 - 16) * 255 / 219, abs=1)


def test_fine_patterns_do_not_flicker_where_the_video_is_much_larger_than_the_view(renderer: GlRenderer) -> None:
    """Lines of one pixel in a small view: without filtering, some pixels would be black and some white."""
    source = StillSource()
    source.put(np.tile(np.array([[16], [235]], np.uint8), (1024, 4096)))
    gray = seen(renderer, source, looking(0.0, side=SIDE))[..., 0]
    assert gray.std() < 12.0
    assert gray.mean() == pytest.approx(127.0, abs=6.0)


def test_rows_may_be_longer_than_the_picture_and_sizes_odd(renderer: GlRenderer) -> None:
    padded = np.full((33, 128), 235, np.uint8)
    padded[:, :67] = 100
    source = StillSource()
    source.put(padded[:, :67])
    pixels = seen(renderer, source, looking(180.0))
    assert pixels.max() == pytest.approx((100 - 16) * 255 / 219, abs=1)


def test_a_new_picture_is_told_and_shown_also_in_another_size(renderer: GlRenderer) -> None:
    source, changes = StillSource(), []
    handle = finish(renderer.begin_load(VideoSphere("square", source), lambda: changes.append(source.number)))
    assert middle(renderer.draw(handle, looking(0.0)).pixels)[0] < 40  # before the first picture: dark
    for luma, size in ((100, (32, 64)), (200, (32, 64)), (150, (64, 128))):
        source.put(np.full(size, luma, np.uint8))
        pixels = renderer.draw(handle, looking(0.0)).pixels
        assert middle(pixels)[0] == pytest.approx((luma - 16) * 255 / 219, abs=1)
    assert changes == [1, 2, 3]
    renderer.unload(handle)
    assert source.told == []


def test_a_picture_goes_to_the_gpu_once_for_all_who_look_and_not_at_all_for_nobody() -> None:
    context = GlContext.open()
    renderer = GlRenderer(context, PixelFormat.RGBA)
    source, uploads = StillSource(), []
    upload = context.calls.tex_sub_image_2d
    context.calls.tex_sub_image_2d = lambda *arguments: uploads.append(upload(*arguments))
    handle = renderer.load(VideoSphere("square", source))
    uploads.clear()
    for level in (50, 100, 150):
        source.put(np.full((32, 64), level, np.uint8))
    assert uploads == []
    for yaw_deg in (0.0, 90.0, 180.0):
        assert middle(renderer.draw(handle, looking(yaw_deg)).pixels)[0] == pytest.approx(156, abs=1)
    assert len(uploads) == 3, "one of each plane"
    renderer.close()


def test_a_picture_at_rest_can_be_refined(renderer: GlRenderer) -> None:
    source = StillSource()
    source.put(np.full((32, 64), 100, np.uint8))
    handle = renderer.load(VideoSphere("square", source))
    refinement = renderer.refiner.begin(handle, looking(0.0))
    for _ in range(4):
        refinement.add_pass()
    assert middle(refinement.picture().pixels)[0] == pytest.approx((100 - 16) * 255 / 219, abs=1)
    refinement.release()
    renderer.unload(handle)
