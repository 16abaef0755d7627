"""What the manifest says of a scene's light becomes the light of its scene."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from edge_render.derived_cache import DerivedCache
from edge_render.errors import PackageError
from edge_render.package import open_package
from edge_render.scene import Scene
from edge_render.scene_light import light_scene

EMPTY = Scene("empty", (), (), (), ())


def package_with(folder: Path, light: dict[str, Any]) -> Path:
    scene = {
        "type": "model",
        "model": "hall.glb",
        "entryPoses": [{"name": "door", "position": [0, 1.6, 2]}],
        "walkable": {"min": [-3, -3], "max": [3, 3]},
        **light,
    }
    (folder / "hall.glb").write_bytes(b"")
    manifest = {"format": 1, "title": {"en": "a", "zh": "b"}, "entryScene": "hall", "scenes": {"hall": scene}}
    (folder / "showroom.json").write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def radiance(folder: Path) -> None:
    """A sky of one colour, 2.0: 128 / 256 times two to the power of 130 - 128."""
    header = b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 128 +X 256\n"
    (folder / "sky.hdr").write_bytes(header + bytes((128, 128, 128, 130)) * (128 * 256))


def lit(folder: Path, light: dict[str, Any], cache: DerivedCache | None = None) -> Scene:
    return light_scene(EMPTY, open_package(package_with(folder, light)), "hall", cache)


def test_a_picture_becomes_light_that_is_made_once(tmp_path: Path) -> None:
    radiance(tmp_path)
    light = {"environment": {"image": "sky.hdr", "rotationDeg": 90, "intensity": 0.5, "showBackground": False}}
    cache = DerivedCache(tmp_path / "cache")
    for _ in range(2):
        made = lit(tmp_path, light, cache).environment
        assert made is not None
        assert (made.rotation_rad, made.intensity, made.shown) == (pytest.approx(math.pi / 2), 0.5, False)
        assert np.asarray(made.specular[3], float) == pytest.approx(2.0, rel=0.01)
    assert len(list((tmp_path / "cache").glob("environment-*"))) == 1


def test_without_a_picture_light_comes_from_sky_and_ground(tmp_path: Path) -> None:
    scene = lit(tmp_path, {"environment": {"sky": [1, 0, 0], "ground": [0, 1, 0]}})
    assert scene.environment is None
    assert scene.ambient.sky == (1, 0, 0)


def test_lightmaps_come_behind_the_model_s_own_textures(tmp_path: Path) -> None:
    Image.new("RGB", (4, 2), (255, 0, 0)).save(tmp_path / "light.png")
    scene = lit(tmp_path, {"lightmaps": [{"image": "light.png", "nodes": ["Floor"], "intensity": 2}]})
    (lightmap,) = scene.lightmaps
    assert (lightmap.nodes, lightmap.intensity) == (frozenset({"Floor"}), 2.0)
    assert scene.textures[lightmap.texture].pixels.shape == (2, 4, 4)


@pytest.mark.parametrize(
    ("light", "told"),
    [
        ({"environment": {"image": "sky.exr"}}, "environment.image: must be one of"),
        ({"environment": {"image": "sky.hdr"}}, "environment.image: no file sky.hdr"),
        ({"lightmaps": [{"image": "light.hdr"}]}, "lightmaps\\[0\\].image: must be one of"),
        ({"lightmaps": [{"image": "broken.png"}]}, "broken.png is no PNG, JPEG, WebP or AVIF"),
        ({"environment": {"image": "broken.png"}}, "broken.png: "),
    ],
)
def test_what_is_wrong_with_it_is_told_with_its_place(tmp_path: Path, light: dict[str, Any], told: str) -> None:
    (tmp_path / "broken.png").write_bytes(b"not a picture")
    with pytest.raises(PackageError, match=told):
        lit(tmp_path, light)
