"""Recorded pictures in the place of a renderer."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from bench.recorded_renderer import RecordedRenderer, RecordedTurn, picture_index, record_turn
from edge_render.frame import PixelFormat
from edge_render.package import open_package
from edge_render.pose import Pose
from edge_render.renderer import SceneHandle, View


@pytest.fixture(scope="module")
def turn(demo_package: Path, tmp_path_factory: pytest.TempPathFactory) -> RecordedTurn:
    return RecordedTurn(record_turn(open_package(demo_package), tmp_path_factory.mktemp("turn"), 128, 80, views=8))


def view(yaw_rad: float, width: int = 128, height: int = 80) -> View:
    return View(Pose.from_yaw_pitch((1.0, 1.6, 2.0), yaw_rad, 0.2), 1.0, width, height)


@pytest.mark.parametrize(("degrees", "index"), [(0, 0), (22, 0), (23, 1), (-23, 7), (359, 0), (3 * 360 + 90, 2)])
def test_the_yaw_alone_chooses_the_picture(degrees: float, index: int) -> None:
    assert picture_index(math.radians(degrees), 8) == index


def test_the_same_view_shows_the_same_picture_and_another_yaw_another(turn: RecordedTurn) -> None:
    renderer = RecordedRenderer(turn)
    handle = SceneHandle(0)
    first, again, turned = (renderer.draw(handle, view(math.radians(angle))) for angle in (0, 2, 90))
    assert first.format is PixelFormat.I420
    assert first.pixels.shape == (120, 128)
    assert np.array_equal(first.pixels, again.pixels)
    assert np.abs(first.pixels.astype(int) - turned.pixels).mean() > 10
    assert np.array_equal(turn.luma(2), turned.pixels[:80])


def test_another_size_is_the_same_picture_scaled(turn: RecordedTurn) -> None:
    small = RecordedRenderer(turn).draw(SceneHandle(0), view(0.0, 64, 48)).pixels
    assert small.shape == (72, 64)
    assert np.abs(turn.enlarged(small[:48]).astype(int) - turn.luma(0)).mean() < 12


def test_pictures_are_drawn_once(demo_package: Path, tmp_path: Path) -> None:
    package = open_package(demo_package)
    file = record_turn(package, tmp_path, 64, 48, views=2)
    written = file.stat().st_mtime_ns
    assert record_turn(package, tmp_path, 64, 48, views=2) == file
    assert file.stat().st_mtime_ns == written
    assert list(tmp_path.iterdir()) == [file]
