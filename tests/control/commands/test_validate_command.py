"""``edge-render validate`` as authors and machines use it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from control.cli import main
from edge_render.package import MANIFEST_NAME
from tests.edge_render.gltf.gltf_files import GltfFile


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int | str | None, str]:
    """Exit status and what was printed."""
    with pytest.raises(SystemExit) as ended:
        main(["validate", *arguments])
    return ended.value.code, capsys.readouterr().out


@pytest.fixture
def model(tmp_path: Path) -> Path:
    file = GltfFile()
    file.show(file.triangle(), name="house")
    return file.write(tmp_path, "house.glb")


def test_a_good_model_is_fine(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    assert run(capsys, str(model)) == (
        0,
        "house.glb: 1 triangle, 0 textures, 0 animations; no extensions\n"
        f"{model}: fine: 0 errors, 0 defects, 0 warnings\n",
    )


def test_a_broken_model_is_refused_with_what_is_wrong_where(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "broken.gltf"
    path.write_text('{"asset": {"version": "2.0"}, "scene": 3, "surprise": 1}')
    status, text = run(capsys, str(path))
    assert status == 1
    assert text.splitlines() == [
        "broken.gltf: scene: error: 3 is out of range (0 scenes) [UNRESOLVED_REFERENCE]",
        "broken.gltf: surprise: warning: is no property of glTF 2.0 [UNEXPECTED_PROPERTY]",
        f"{path}: refused: 1 error, 0 defects, 1 warning",
    ]


def test_an_archive_is_not_looked_into(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "branch.zip"
    with pytest.raises(SystemExit) as ended:
        main(["validate", str(path)])
    assert ended.value.code == 2
    assert "unpack it, and name the folder of the package" in capsys.readouterr().err


def test_machines_get_one_object(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "broken.gltf"
    path.write_text('{"asset": {"version": "2.0"}, "scene": 3}')
    status, text = run(capsys, "--json", str(path))
    told = json.loads(text)
    assert (status, told["refused"], told["kind"]) == (1, True, "model")
    assert told["findings"] == [
        {
            "severity": "error",
            "file": "broken.gltf",
            "place": "scene",
            "message": "3 is out of range (0 scenes)",
            "code": "UNRESOLVED_REFERENCE",
        }
    ]


def test_what_is_not_there_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    status, text = run(capsys, str(tmp_path / "gone.glb"))
    assert status == 1
    assert "gone.glb: error: can't be read: No such file or directory" in text


@pytest.mark.parametrize("arguments", [[], ["--surprise", "x"], ["a", "b"]])
def test_wrong_usage_is_told_apart(capsys: pytest.CaptureFixture[str], arguments: list[str]) -> None:
    assert run(capsys, *arguments)[0] == 2


def test_an_unreadable_sound_is_told(capsys: pytest.CaptureFixture[str], model: Path) -> None:
    text = {"en": "A", "zh": "甲"}
    scene = {
        "type": "model",
        "model": model.name,
        "entryPoses": [{"name": "door", "position": [0, 1.6, 1]}],
        "walkable": {"min": [-3, -3], "max": [3, 3]},
        "audio": {"file": "song.mp3"},
    }
    manifest = {"format": 1, "title": text, "entryScene": "hall", "scenes": {"hall": scene}}
    (model.parent / MANIFEST_NAME).write_text(json.dumps(manifest))
    (model.parent / "song.mp3").write_bytes(b"no song" * 100)
    status, told = run(capsys, str(model.parent))
    assert status == 1
    assert "showroom.json: scenes.hall.audio.file: error: song.mp3 can't be decoded" in told


def test_scenes_are_drawn_where_it_is_asked_for(
    capsys: pytest.CaptureFixture[str], model: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    scene = {
        "type": "model",
        "model": model.name,
        "entryPoses": [{"name": "door", "position": [0, 1.6, 1]}],
        "walkable": {"min": [-3, -3], "max": [3, 3]},
    }
    text = {"en": "A", "zh": "甲"}
    manifest = {"format": 1, "title": text, "entryScene": "hall", "scenes": {"hall": scene}}
    (model.parent / MANIFEST_NAME).write_text(json.dumps(manifest))
    made = tmp_path_factory.mktemp("made")
    arguments = [
        "--edge-class",
        "software",
        "--pictures",
        str(made / "pictures"),
        "--cache-folder",
        str(made / "cache"),
    ]
    status, text_told = run(capsys, str(model.parent), *arguments, "--json")
    told = json.loads(text_told)
    assert (status, [picture["file"] for picture in told["pictures"]]) == (0, ["hall.door.webp"])
    assert (made / "pictures" / "hall.door.webp").is_file()
    assert told["costs"][0]["triangles"] == 1
    status, text_told = run(capsys, str(model.parent), *arguments)
    assert (status, " draw calls, " in text_told) == (0, True)
    assert run(capsys, str(model), *arguments)[0] == 2, "a model alone has no scenes"


def test_the_command_is_installed_and_imports_no_more_than_it_needs(model: Path) -> None:
    program = (
        "import sys; from control.cli import main\n"
        "try: main(sys.argv[1:])\n"
        "except SystemExit as ended: assert ended.code == 0\n"
        "print(*sorted({'aiortc', 'fastapi', 'moderngl', 'av'} & sys.modules.keys()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, "validate", str(model)], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == ""
