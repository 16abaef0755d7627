"""Which files of a folder are released, and what is refused of it."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest

from control.content.errors import PackageRefused
from control.content.package_files import digested, find_package_files, scan_package
from control.content.release import FileEntry


@pytest.fixture
def package(tmp_path: Path) -> Path:
    root = tmp_path / "branch"
    (root / "models").mkdir(parents=True)
    (root / "showroom.json").write_text("{}")
    (root / "models" / "hall.glb").write_bytes(b"glTF")
    return root


def paths(root: Path) -> list[str]:
    return [file.path for file in find_package_files(root)]


def test_files_are_named_by_path_and_digest(package: Path) -> None:
    read: list[int] = []
    assert scan_package(package, read.append).files == (
        FileEntry(path="models/hall.glb", digest=hashlib.sha256(b"glTF").hexdigest(), size_bytes=4),
        FileEntry(path="showroom.json", digest=hashlib.sha256(b"{}").hexdigest(), size_bytes=2),
    )
    assert sum(read) == 6


def test_hidden_files_and_folders_stay_at_home(package: Path) -> None:
    (package / ".git").mkdir()
    (package / ".git" / "config").write_text("secret")
    (package / "models" / ".DS_Store").write_bytes(b"")
    assert paths(package) == ["models/hall.glb", "showroom.json"]


def test_a_link_within_the_package_is_the_file_that_it_leads_to(package: Path) -> None:
    (package / "again.glb").symlink_to("models/hall.glb")
    assert scan_package(package).files[0].digest == hashlib.sha256(b"glTF").hexdigest()


def test_a_package_may_be_reached_by_a_link(package: Path) -> None:
    link = package.parent / "link"
    link.symlink_to(package)
    assert paths(link) == ["models/hall.glb", "showroom.json"]


@pytest.mark.parametrize(
    ("target", "told"),
    [
        ("/etc/passwd", "secret: is a link that leads out of the package"),
        ("../outside", "secret: is a link that leads out of the package"),
        ("models", "secret: is a link to a folder"),
        ("secret", "secret: can't be read"),
        ("nothing", "secret: can't be read: No such file"),
    ],
)
def test_other_links_are_refused(package: Path, target: str, told: str) -> None:
    (package.parent / "outside").write_text("outside")
    (package / "secret").symlink_to(target)
    with pytest.raises(PackageRefused, match=told):
        find_package_files(package)


def test_a_pipe_is_refused_and_not_waited_for(package: Path) -> None:
    os.mkfifo(package / "pipe")
    with pytest.raises(PackageRefused, match="pipe: is no plain file"):
        find_package_files(package)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        (b"a:b", "not every file system can hold"),
        (b"nul.glb", "some systems reserve"),
        (b"end.", "not every file system can hold"),
        (b"\xff.glb", r"\\udcff\.glb"),
        (b"a" * 250 + b".glb", "models/a.*rename it"),
    ],
)
def test_names_that_a_release_can_t_hold_are_refused(package: Path, name: bytes, told: str) -> None:
    (Path(os.fsdecode(bytes(package / "models") + b"/" + name))).write_bytes(b"")
    with pytest.raises(PackageRefused, match=told):
        find_package_files(package)


def test_names_that_differ_by_case_alone_are_refused(package: Path) -> None:
    (package / "models" / "Hall.glb").write_bytes(b"glTF")
    with pytest.raises(PackageRefused, match="ignores case"):
        find_package_files(package)


def test_a_folder_without_a_manifest_is_no_package(package: Path) -> None:
    with pytest.raises(PackageRefused, match=r"no showroom\.json"):
        find_package_files(package / "models")
    with pytest.raises(PackageRefused, match="is no folder"):
        find_package_files(package / "showroom.json")


def test_a_file_that_changes_while_it_is_read_is_told(package: Path) -> None:
    (file, _) = find_package_files(package)
    with file.source.open("ab") as opened:
        opened.write(b"more")
    with pytest.raises(PackageRefused, match=r"models/hall\.glb: was changed"):
        digested(file)


def test_a_file_that_is_gone_is_told(package: Path) -> None:
    (file, _) = find_package_files(package)
    file.source.unlink()
    with pytest.raises(PackageRefused, match=r"models/hall\.glb: can't be read: No such file"):
        digested(file)
