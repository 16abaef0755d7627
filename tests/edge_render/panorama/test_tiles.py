"""From a picture to tiles on disk, and which of them a view needs."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_render.derived_cache import DerivedCache
from edge_render.errors import PackageError
from edge_render.look_around import EYE
from edge_render.panorama.content import load_panorama
from edge_render.panorama.cube import FACES, angles
from edge_render.panorama.equirect import Equirect
from edge_render.panorama.pyramid import BORDER_PX, HALVINGS, TILE_PX, Coding, PyramidShape, TileKey
from edge_render.panorama.spec import Layout
from edge_render.panorama.tile_coding import decode, encode, light_of, shared_exponents
from edge_render.panorama.visible import Gaze, tiles_in_view
from edge_render.pose import Pose
from tests.edge_render.panorama.pictures import equirect, saved, tiled, view_directions, waves

SHAPE = PyramidShape.for_picture(16384, 1, Coding.SRGB)


# --- the pyramid ---------------------------------------------------------------------------------


@given(width=st.integers(256, 16384), eyes=st.sampled_from([1, 2]))
def test_tiles_are_numbered_without_gaps(width: int, eyes: int) -> None:
    shape = PyramidShape.for_picture(width, eyes, Coding.SRGB)
    keys = [key for eye in range(eyes) for level in range(shape.levels) for key in shape.keys(eye, level)]
    assert [shape.index(key) for key in keys] == list(range(shape.count))


@given(width=st.integers(256, 16384))
def test_the_finest_faces_are_as_fine_as_the_picture_and_hardly_finer(width: int) -> None:
    shape = PyramidShape.for_picture(width, 1, Coding.SRGB)
    finest = shape.face_px(shape.levels - 1)
    assert 0.999 * width / math.pi <= finest < width / math.pi + 4 * 2 ** (shape.levels - 1) + 1
    assert shape.base_px <= TILE_PX
    assert shape.tiles(0) == 1


@given(width=st.integers(256, 16384))
def test_every_tile_can_be_halved_with_its_border(width: int) -> None:
    shape = PyramidShape.for_picture(width, 1, Coding.SRGB)
    sizes = {size for level in range(shape.levels) for key in shape.keys(0, level) for size in shape.shown_px(key)}
    assert all(size > 0 and (size + 2 * BORDER_PX) % (1 << HALVINGS) == 0 for size in sizes)


# --- looking up directions -----------------------------------------------------------------------


@pytest.mark.parametrize("face", range(6))
def test_a_face_shows_what_lies_behind_it(face: int) -> None:
    """Also a little beyond its edges, at the poles and across the picture's seam."""
    x, y = (side.reshape(-1).astype(np.float32) for side in np.meshgrid(*[np.linspace(-1.05, 1.05, 301)] * 2))
    found = Equirect(equirect(2048, waves), None).sample(*angles(face, x, y))
    directions = np.stack([x, y, np.ones_like(x)], axis=-1) @ FACES[face].axes().T
    wanted = waves(directions / np.linalg.norm(directions, axis=-1, keepdims=True))
    assert np.abs(found - wanted).max() < 3.0


def test_fine_stripes_at_a_pole_become_their_mean() -> None:
    """There, a cube's pixel covers many of the picture's, and none of them may be passed over."""
    picture = np.zeros((1024, 2048, 3), np.uint8)
    picture[:, ::2] = 255
    x, y = (side.reshape(-1).astype(np.float32) for side in np.meshgrid(*[np.linspace(-0.1, 0.1, 65)] * 2))
    found = Equirect(picture, None).sample(*angles(4, x, y))
    assert np.abs(found.astype(int) - 127).max() <= 1


# --- tiles as bytes ------------------------------------------------------------------------------


def test_colours_are_within_a_step_or_two_of_what_was_stored() -> None:
    pixels = equirect(256, waves)
    whole, half, quarter = decode(encode(pixels, Coding.SRGB), Coding.SRGB, 256, 128)
    assert np.abs(whole[..., :3].astype(int) - pixels).mean() < 1.0
    assert (half.shape, quarter.shape) == ((64, 128, 4), (32, 64, 4))


def test_light_is_within_a_step_of_what_was_stored() -> None:
    pixels = (2.0 ** (waves(np.random.default_rng(0).normal(size=(32, 64, 3))) / 16 - 8)).astype(np.float16)
    whole, half, quarter = decode(encode(pixels, Coding.LIGHT), Coding.LIGHT, 64, 32)
    peak = pixels.max(axis=-1, keepdims=True).astype(np.float32)
    assert (np.abs(light_of(whole.astype(np.uint32)) - pixels.astype(np.float32)) <= peak / 511).all()
    assert (half.shape, quarter.shape) == ((16, 32), (8, 16))


@given(st.tuples(*[st.floats(0.0, 1e6, width=32)] * 3))
def test_shared_exponents_keep_nine_bits_of_the_brightest(color: tuple[float, float, float]) -> None:
    linear = np.array(color, np.float32)
    kept = np.minimum(linear, 65408.0)
    found = light_of(shared_exponents(linear))
    assert np.abs(found - kept).max() <= max(kept.max() / 511.0, 2.0**-25)


@pytest.mark.parametrize("coding", Coding)
def test_a_broken_tile_is_an_error_of_its_own(coding: Coding) -> None:
    with pytest.raises(ValueError, match="a stored tile"):
        decode(b"nothing of the kind", coding, 16, 16)


# --- the cache -----------------------------------------------------------------------------------


def test_tiles_are_made_once_for_a_picture_and_a_layout(tmp_path: Path) -> None:
    image, cache = saved(tmp_path, equirect(512, waves)), DerivedCache(tmp_path / "cache")
    load_panorama("lobby", image, Layout.MONO, 1.0, cache)
    made = {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").rglob("*") if file.is_file()}
    again = load_panorama("lobby", image, Layout.MONO, 1.0, cache)
    assert made == {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").rglob("*") if file.is_file()}
    assert again.tiles.texels(TileKey(0, 0, 3, 0, 0))[0].shape[2] == 4


def test_a_picture_that_is_refused_leaves_nothing_in_the_cache(tmp_path: Path) -> None:
    image = saved(tmp_path, np.zeros((300, 300, 3), np.uint8))
    with pytest.raises(PackageError, match="layout 'mono'"):
        load_panorama("lobby", image, Layout.MONO, 1.0, DerivedCache(tmp_path / "cache"))
    assert list((tmp_path / "cache").iterdir()) == []


def test_tiles_that_were_damaged_are_said_to_be(tmp_path: Path) -> None:
    image, cache = saved(tmp_path, equirect(512, waves)), DerivedCache(tmp_path / "cache")
    load_panorama("lobby", image, Layout.MONO, 1.0, cache)
    next((tmp_path / "cache").rglob("places.npy")).write_bytes(b"")
    with pytest.raises(PackageError, match="its tiles can't be"):
        load_panorama("lobby", image, Layout.MONO, 1.0, cache)


def test_both_eyes_have_tiles(tmp_path: Path) -> None:
    both = np.concatenate([np.full((128, 256, 3), 10, np.uint8), np.full((128, 256, 3), 200, np.uint8)])
    tiles = tiled(tmp_path, saved(tmp_path, both), Layout.STEREO_OVER_UNDER).tiles
    left, right = (tiles.texels(TileKey(eye, 0, 5, 0, 0))[0] for eye in (0, 1))
    assert (int(left[20, 20, 0]), int(right[20, 20, 0])) == (10, 200)


# --- what a view needs ---------------------------------------------------------------------------

gazes = st.builds(
    lambda yaw, pitch, fov, height, density: Gaze(
        Pose.from_yaw_pitch(EYE, yaw, pitch).rotation(), math.radians(fov), 16 / 9, height, density
    ),
    st.floats(-4, 4),
    st.floats(-1.55, 1.55),
    st.floats(20, 100),
    st.sampled_from([180, 720]),
    st.just(0.8),
)


@settings(max_examples=50, deadline=None)
@given(gaze=gazes)
def test_every_direction_of_a_view_lies_in_one_tile_that_is_fine_enough(gaze: Gaze) -> None:
    found = tiles_in_view(SHAPE, 0, gaze)
    levels = _levels_of(found, gaze)
    assert (levels >= 0).all()
    # In the middle of a flat picture its pixels see the most, and so are the easiest to satisfy.
    pixel_rad = 2.0 * math.tan(gaze.fov_y_rad / 2.0) / gaze.height_px
    texel_rad = 2.0 / SHAPE.face_px(int(levels[4, 4]))
    finest = int(levels[4, 4]) == SHAPE.levels - 1
    assert finest or texel_rad / math.sqrt(3.0) <= pixel_rad / gaze.texels_per_px * 1.01


@settings(max_examples=30, deadline=None)
@given(gaze=gazes)
def test_no_tile_lies_within_another(gaze: Gaze) -> None:
    found = set(tiles_in_view(SHAPE, 0, gaze))
    for key in found:
        parent = key
        while parent.level > 0:
            parent = TileKey(0, parent.level - 1, parent.face, parent.y // 2, parent.x // 2)
            assert parent not in found


def test_what_lies_in_the_middle_of_the_view_comes_first() -> None:
    gaze = Gaze(Pose.from_yaw_pitch(EYE, -math.pi / 2, 0.0).rotation(), 1.2, 16 / 9, 720, 1.0)
    first = tiles_in_view(SHAPE, 0, gaze)[0]
    middle = SHAPE.tiles(first.level) / 2.0
    assert first.face == 1
    assert abs(first.x + 0.5 - middle) <= 1.0
    assert abs(first.y + 0.5 - middle) <= 1.0


def _levels_of(found: list[TileKey], gaze: Gaze) -> np.ndarray:
    """The level of the one tile that holds each of 9 x 9 directions of a view; -1 where none does."""
    pose = Pose(EYE, _quaternion(gaze.rotation))
    directions = view_directions(pose, gaze.fov_y_rad, 16 * 9, 9 * 9)[4::9, 8::16]
    levels = np.full((9, 9), -1)
    for key in found:
        points = directions @ FACES[key.face].axes()
        face, first = SHAPE.face_px(key.level), np.array([key.x, key.y]) * TILE_PX
        with np.errstate(all="ignore"):
            at = (points[..., :2] / points[..., 2:] + 1.0) / 2.0 * face - first
        size = np.array(SHAPE.shown_px(key))
        inside = (points[..., 2] > 0.0) & (at >= -1e-6).all(axis=-1) & (at <= size + 1e-6).all(axis=-1)
        levels[inside] = key.level
    return levels


def _quaternion(rotation: np.ndarray) -> tuple[float, float, float, float]:
    yaw = math.atan2(rotation[0, 2], rotation[2, 2]) if abs(rotation[1, 2]) < 0.999999 else 0.0
    return Pose.from_yaw_pitch(EYE, yaw, math.asin(max(-1.0, min(1.0, -rotation[1, 2])))).orientation
