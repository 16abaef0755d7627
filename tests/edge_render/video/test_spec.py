"""Scenes of video in a manifest."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from edge_render.errors import PackageError
from edge_render.package import Package, open_package
from edge_render.video.layout import Layout
from edge_render.video.spec import LiveScene

ADDRESS = "rtsp://viewer:s3cret@camera.local/stream"


def opened(folder: Path, **scene: Any) -> Package:
    """A package with one scene of video."""
    text = {"en": "Branch", "zh": "网点"}
    scenes = {"square": {"type": "live", "source": ADDRESS} | scene}
    manifest = {"format": 1, "title": text, "entryScene": "square", "scenes": scenes}
    (folder / "showroom.json").write_text(json.dumps(manifest))
    return open_package(folder)


def test_a_camera_needs_no_file(tmp_path: Path) -> None:
    package = opened(tmp_path)
    assert package.video_source("square") == ADDRESS
    scene = package.showroom.scenes["square"]
    assert isinstance(scene, LiveScene)
    assert (scene.layout, scene.loop, scene.source_volume) == (Layout.MONO, True, 1.0)
    assert scene.entry().pose().position == (0.0, 0.0, 0.0)


def test_a_recording_is_a_file_of_the_package(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match=r"scenes\.square\.source: no file hall\.mp4"):
        opened(tmp_path, source="hall.mp4")
    (tmp_path / "hall.mp4").write_bytes(b"")
    package = opened(tmp_path, source="hall.mp4", layout="stereo-over-under", loop=False)
    assert package.video_source("square") == (tmp_path / "hall.mp4").resolve()


@pytest.mark.parametrize(
    ("scene", "reason"),
    [
        ({"source": "file:///etc/passwd"}, "begins with one of"),
        ({"source": "../hall.mp4"}, "relative path inside"),
        ({"source": "hall.exe"}, "ends in one of"),
        ({"source": "playlist.m3u8"}, "ends in one of"),
        ({"layout": "cube"}, "layout"),
        ({"audio": {"file": "music.ogg"}}, "needs sourceVolume 0"),
    ],
)
def test_a_wrong_scene_is_refused_by_field(tmp_path: Path, scene: dict[str, Any], reason: str) -> None:
    with pytest.raises(PackageError, match=reason):
        opened(tmp_path, **scene)


def test_no_message_tells_a_password(tmp_path: Path) -> None:
    with pytest.raises(PackageError) as refused:
        opened(tmp_path, source="ftp://viewer:s3cret@host/file.mp4")
    assert "s3cret" not in str(refused.value)
    with pytest.raises(PackageError) as refused:
        opened(tmp_path).content_path("square")
    assert "s3cret" not in str(refused.value)
