"""Picture files of panoramas: which are taken, and what is said of the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge_render.errors import PackageError
from edge_render.panorama.source import check_size, read_picture
from edge_render.panorama.spec import Layout
from tests.edge_render.panorama.pictures import equirect, saved, waves


@pytest.mark.parametrize("name", ["p.jpg", "p.JPEG", "p.png", "p.webp", "p.avif"])
def test_every_kind_of_file_is_read(tmp_path: Path, name: str) -> None:
    wanted = equirect(512, waves)
    found = read_picture(saved(tmp_path, wanted, name), Layout.MONO)
    assert found.exposure is None
    assert found.pixels.shape == (256, 512, 3)
    assert np.abs(found.pixels.astype(int) - wanted).mean() < 6.0


@pytest.mark.parametrize("mode", ["L", "LA", "P", "RGBA", "CMYK", "1"])
def test_every_kind_of_pixel_becomes_a_colour(tmp_path: Path, mode: str) -> None:
    suffix = "jpg" if mode == "CMYK" else "png"
    Image.new(mode, (512, 256), 0).save(tmp_path / f"p.{suffix}")
    assert read_picture(tmp_path / f"p.{suffix}", Layout.MONO).pixels.shape == (256, 512, 3)


@pytest.mark.parametrize(
    ("width", "height", "layout", "says"),
    [
        (1000, 400, Layout.MONO, "must be twice as wide as high, as it shows all around"),
        (1000, 1000, Layout.MONO, "is its layout 'stereo-over-under'?"),
        (1000, 500, Layout.STEREO_OVER_UNDER, "is its layout 'mono'?"),
        (513, 513, Layout.STEREO_OVER_UNDER, "as wide as high"),
        (16386, 8193, Layout.MONO, "at most 16384 pixels across"),
        (16384, 16384, Layout.STEREO_OVER_UNDER, "134 million in all"),
        (128, 64, Layout.MONO, "at least 256"),
    ],
)
def test_other_sizes_are_refused(width: int, height: int, layout: Layout, says: str) -> None:
    with pytest.raises(PackageError, match=says) as caught:
        check_size("hall.jpg", width, height, layout)
    assert f"hall.jpg: is {width}x{height}" in str(caught.value)


@pytest.mark.parametrize(
    ("width", "height", "layout"),
    [
        (16384, 8192, Layout.MONO),
        (8192, 8192, Layout.STEREO_OVER_UNDER),
        (6080, 3040, Layout.MONO),
        (1000, 499, Layout.MONO),
    ],
)
def test_these_sizes_are_taken(width: int, height: int, layout: Layout) -> None:
    check_size("hall.jpg", width, height, layout)


@pytest.mark.parametrize("name", ["p.jpg", "p.png", "p.webp", "p.avif"])
def test_a_broken_file_is_refused_by_name(tmp_path: Path, name: str) -> None:
    file = saved(tmp_path, np.random.default_rng(0).integers(0, 256, (256, 512, 3), dtype=np.uint8), name)
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(PackageError, match=name):
        read_picture(file, Layout.MONO)


def test_a_file_that_is_something_else_is_refused_by_its_header(tmp_path: Path) -> None:
    (tmp_path / "p.jpg").write_text("no picture")
    with pytest.raises(PackageError, match=r"p\.jpg: is no JPEG picture"):
        read_picture(tmp_path / "p.jpg", Layout.MONO)
    Image.new("RGB", (512, 256)).save(tmp_path / "q.gif")
    (tmp_path / "q.gif").rename(tmp_path / "q.png")
    with pytest.raises(PackageError, match=r"q\.png: is no PNG picture"):
        read_picture(tmp_path / "q.png", Layout.MONO)


def test_a_picture_of_two_eyes_is_parted(tmp_path: Path) -> None:
    both = np.concatenate([np.full((256, 512, 3), 10, np.uint8), np.full((256, 512, 3), 200, np.uint8)])
    picture = read_picture(saved(tmp_path, both), Layout.STEREO_OVER_UNDER)
    left, right = (picture.eye(index, Layout.STEREO_OVER_UNDER) for index in (0, 1))
    assert (left.shape, right.shape) == ((256, 512, 3), (256, 512, 3))
    assert (left == 10).all()
    assert (right == 200).all()
