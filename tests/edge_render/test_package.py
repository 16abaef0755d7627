"""showroom.json: what is accepted, and how each kind of mistake is told."""

from __future__ import annotations

import copy
import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edge_render.errors import PackageError
from edge_render.package import MANIFEST_MAX_BYTES, MANIFEST_NAME, Showroom, open_package

FORMAT = Path(__file__).parents[2] / "docs" / "package-format.md"

GOOD: dict[str, Any] = {
    "format": 1,
    "title": {"en": "Branch", "zh": "网点"},
    "entryScene": "hall",
    "scenes": {
        "hall": {
            "type": "model",
            "model": "hall.glb",
            "entryPoses": [{"name": "door", "position": [0, 1.6, 2], "yawDeg": 90, "pitchDeg": -10}],
            "walkable": {"min": [-3, -3], "max": [3, 3]},
            "hotspots": [
                {
                    "id": "loan",
                    "position": [1, 1, 1],
                    "label": {"en": "Loan", "zh": "贷款"},
                    "action": {"type": "scene", "scene": "hall", "entry": "door"},
                }
            ],
        }
    },
}


def write(folder: Path, manifest: object) -> Path:
    (folder / "hall.glb").write_bytes(b"")
    (folder / MANIFEST_NAME).write_text(json.dumps(manifest), encoding="utf-8")
    return folder


def changed(path: str, value: object) -> dict[str, Any]:
    """GOOD with one value replaced; the path is like scenes.hall.model."""
    manifest = copy.deepcopy(GOOD)
    *parents, last = path.split(".")
    at: Any = manifest
    for key in parents:
        at = at[int(key)] if isinstance(at, list) else at[key]
    at[last] = value
    return manifest


def test_a_good_manifest_is_opened_with_degrees_as_radians(tmp_path: Path) -> None:
    package = open_package(write(tmp_path, GOOD))
    entry = package.showroom.scenes["hall"].entry("door")
    assert entry.pose().yaw_pitch() == pytest.approx((math.pi / 2, math.radians(-10)))
    assert package.content_path("hall") == (tmp_path / "hall.glb").resolve()


@pytest.mark.parametrize(
    ("path", "value", "complaint"),
    [
        ("format", 2, "format"),
        ("title", {"en": "only English"}, "title.zh"),
        ("entryScene", "cellar", "entryScene names 'cellar'"),
        ("scenes", {}, "scenes"),
        ("scenes.hall.model", "../secret.glb", "inside the package"),
        ("scenes.hall.model", "/etc/passwd", "inside the package"),
        ("scenes.hall.model", "hall.exe", r"\.glb \.gltf"),
        ("scenes.hall.model", "missing.glb", "no file missing.glb"),
        ("scenes.hall.entryPoses", [], "entryPoses"),
        ("scenes.hall.walkable.min", [5, 5], "min must be smaller"),
        ("scenes.hall.walkable.max", [5000, 5000], "at most 40000 m² can be walked"),
        ("scenes.hall.sun", {"direction": [0, 0, 0]}, "zero vector"),
        ("scenes.hall.fovYDeg", 400, "fovYDeg"),
        ("scenes.hall.hotspots.0.action", {"type": "scene", "scene": "moon"}, "'moon', which is no scene"),
        ("scenes.hall.hotspots.0.action", {"type": "launch"}, "action"),
        ("scenes.hall.surprise", 1, "surprise"),
        ("scenes.hall.audio", {"file": "../song.ogg"}, "inside the package"),
        ("scenes.hall.audio", {"file": "song.ogg"}, "audio.file: no file song.ogg"),
        ("scenes.hall.audio", {"file": "hall.glb", "volume": 0}, "audio.volume"),
        ("scenes.hall.audio", {"file": "hall.glb", "title": {"en": "Song"}}, "audio.title.zh"),
        ("scenes.hall.audio", {"loop": True}, "audio.file"),
    ],
)
def test_each_mistake_is_told_with_its_field(tmp_path: Path, path: str, value: object, complaint: str) -> None:
    with pytest.raises(PackageError, match=complaint) as raised:
        open_package(write(tmp_path, changed(path, value)))
    assert MANIFEST_NAME in str(raised.value)


def test_a_scene_may_have_a_sound(tmp_path: Path) -> None:
    title = {"en": "Song", "zh": "歌"}
    (tmp_path / "song.ogg").write_bytes(b"")
    package = open_package(write(tmp_path, changed("scenes.hall.audio", {"file": "song.ogg", "title": title})))
    audio = package.showroom.scenes["hall"].audio
    assert audio is not None
    assert (audio.loop, audio.volume) == (True, 1.0)
    assert package.audio_path("hall") == (tmp_path / "song.ogg").resolve()
    assert open_package(write(tmp_path, GOOD)).audio_path("hall") is None


def test_a_folder_without_a_manifest_is_no_package(tmp_path: Path) -> None:
    with pytest.raises(PackageError, match="can't be read"):
        open_package(tmp_path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b" " * (MANIFEST_MAX_BYTES + 1)])
def test_what_is_not_json_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / MANIFEST_NAME).write_bytes(content)
    with pytest.raises(PackageError):
        open_package(tmp_path)


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=60, deadline=None)
@given(
    st.sampled_from(
        ["format", "title", "entryScene", "scenes", "scenes.hall", "scenes.hall.entryPoses", "scenes.hall.walkable",
         "scenes.hall.audio", "scenes.hall.hotspots", "scenes.hall.hotspots.0.position", "scenes.hall.sun",
         "scenes.hall.environment"]
    ),
    _json,
)  # fmt: skip
def test_no_value_anywhere_is_more_than_an_error(
    tmp_path_factory: pytest.TempPathFactory, path: str, value: object
) -> None:
    folder = tmp_path_factory.mktemp("package")
    try:
        open_package(write(folder, changed(path, value)))
    except PackageError as error:
        assert str(error)  # noqa: PT017 - both outcomes are right; anything else that is raised fails


def test_authors_find_every_field_in_the_documentation() -> None:
    schema = Showroom.model_json_schema(by_alias=True)
    fields = {name for model in (schema, *schema["$defs"].values()) for name in model.get("properties", {})}
    assert {"entryScene", "yawDeg", "exposure", "volume"} <= fields
    text = FORMAT.read_text(encoding="utf-8")
    assert {name for name in fields if f'"{name}"' not in text and f"`{name}`" not in text} == set()
