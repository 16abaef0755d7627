"""Radiance pictures: what is read is what was written, and what is broken is refused and never hangs."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from edge_render.errors import PackageError
from edge_render.panorama.radiance import light, read_radiance
from tests.edge_render.panorama.pictures import radiance_file, rgbe_of

quick = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)


def any_size(width: int, height: int) -> None:
    """Takes all."""


def picture(seed: int = 0, width: int = 40, height: int = 6) -> NDArray[np.uint8]:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 4), dtype=np.uint8)
    pixels[:, : width // 2] = 7  # runs
    return pixels


@quick
@given(seed=st.integers(0, 2**32 - 1), width=st.integers(8, 300), coded=st.booleans())
def test_pixels_come_back_as_they_were_written(tmp_path: Path, seed: int, width: int, coded: bool) -> None:
    pixels = picture(seed, width)
    file = radiance_file(tmp_path / "sky.hdr", pixels, coded=coded)
    found, exposure = read_radiance(file, any_size)
    np.testing.assert_array_equal(found, pixels)
    assert exposure == 1.0


@quick
@given(data=st.data())
def test_a_file_that_is_cut_off_or_damaged_is_refused_or_read(tmp_path: Path, data: st.DataObject) -> None:
    whole = bytearray(radiance_file(tmp_path / "sky.hdr", picture()).read_bytes())
    del whole[data.draw(st.integers(1, len(whole))) :]
    for at in data.draw(st.lists(st.integers(0, len(whole) - 1), max_size=3)):
        whole[at] ^= data.draw(st.integers(1, 255))
    (tmp_path / "sky.hdr").write_bytes(whole)

    def small(width: int, height: int) -> None:
        if width * height > 10_000:
            raise PackageError("too large")

    with contextlib.suppress(PackageError):
        pixels, exposure = read_radiance(tmp_path / "sky.hdr", small)
        assert pixels.shape[2] == 4
        assert exposure > 0.0


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"P6 1 1 255\n", "does not begin with"),
        (b"#?RADIANCE\nFORMAT=32-bit_rle_xyze\n\n-Y 4 +X 8\n", "is not understood"),
        (b"#?RADIANCE\n\n+X 8 -Y 4\n", "its size is not given"),
        (b"#?RADIANCE\nEXPOSURE=0\n\n-Y 4 +X 8\n", "EXPOSURE"),
        (b"#?RADIANCE\n" + b"x" * 70_000, "header does not end"),
        (b"#?RADIANCE\n\n-Y 4 +X 8\n\x02\x02\x00\x08", "scanline 0 of 4"),
        (b"#?RADIANCE\n\n-Y 4 +X 8\n" + b"\x02\x02\x00\x08\xff\x01", "scanline 0 of 4"),
        (b"#?RADIANCE\n\n-Y 4 +X 8\n1234", "is cut off"),
        (b"#?RADIANCE\n\n-Y 4 +X 8\n" + bytes(500), "more than its pixels can take"),
        (b"#?RADIANCE\n\n-Y 1 +X 8\n" + b"\x05\x05\x05\x80" + b"\x01\x01\x01\x07" * 7, "oldest form"),
    ],
)
def test_what_is_wrong_is_said(tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "sky.hdr").write_bytes(content)
    with pytest.raises(PackageError, match=says) as caught:
        read_radiance(tmp_path / "sky.hdr", any_size)
    assert "sky.hdr" in str(caught.value)


def test_the_size_is_asked_about_before_anything_is_made(tmp_path: Path) -> None:
    (tmp_path / "sky.hdr").write_bytes(b"#?RADIANCE\n\n-Y 999999 +X 999999\n\x02\x02")

    def refuse(width: int, height: int) -> None:
        raise PackageError(f"{width}x{height}")

    with pytest.raises(PackageError, match="999999x999999"):
        read_radiance(tmp_path / "sky.hdr", refuse)


def test_exposures_are_multiplied(tmp_path: Path) -> None:
    file = radiance_file(tmp_path / "sky.hdr", picture(), header=b"EXPOSURE=2\nEXPOSURE=0.25\n")
    assert read_radiance(file, any_size)[1] == 0.5


def test_light_is_within_a_step_of_what_was_stored() -> None:
    wanted = np.random.default_rng(1).uniform(0.0, 1.0, (50, 3)) * 10.0 ** np.arange(-10, 15).repeat(2)[:, None]
    np.testing.assert_allclose(light(rgbe_of(wanted)), wanted, atol=1e-9, rtol=1.0)
    peak = wanted.max(axis=-1)
    assert (np.abs(light(rgbe_of(wanted)) - wanted).max(axis=-1) <= peak / 127).all()
