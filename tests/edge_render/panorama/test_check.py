"""What validation says of a panorama's picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edge_render.findings import Severity
from edge_render.panorama.check import check
from edge_render.panorama.spec import Layout
from tests.edge_render.panorama.pictures import radiance_file, saved


def test_a_large_whole_picture_is_fine(tmp_path: Path) -> None:
    Image.new("RGB", (4096, 2048)).save(tmp_path / "hall.jpg")
    assert check(tmp_path / "hall.jpg", Layout.MONO) == []


def test_a_coarse_one_is_a_warning(tmp_path: Path) -> None:
    found = check(saved(tmp_path, np.zeros((256, 512, 3), np.uint8)), Layout.MONO)
    assert [str(one) for one in found] == [
        "picture.png: warning: is 512 pixels across; from 4096 on it looks sharp [PANORAMA_COARSE]"
    ]


@pytest.mark.parametrize("name", ["hall.jpg", "hall.hdr", "hall.avif"])
def test_what_is_no_picture_is_an_error_that_names_the_file_once(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"nothing of the kind")
    (found,) = check(tmp_path / name, Layout.MONO)
    assert found.severity is Severity.ERROR
    assert str(found).count(name) == 1


def test_damage_far_into_the_file_is_found(tmp_path: Path) -> None:
    file = radiance_file(tmp_path / "hall.hdr", np.full((256, 512, 4), 9, np.uint8))
    file.write_bytes(file.read_bytes()[:-3])
    (found,) = check(file, Layout.MONO)
    assert "scanline 255 of 256" in found.message


def test_the_wrong_layout_is_an_error_that_tells_the_right_one(tmp_path: Path) -> None:
    (found,) = check(saved(tmp_path, np.zeros((512, 512, 3), np.uint8)), Layout.MONO)
    assert "is its layout 'stereo-over-under'?" in found.message
