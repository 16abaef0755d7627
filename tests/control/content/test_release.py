"""Which paths and lists of files a release can have."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from control.content.names import check_paths_differ, folders_above
from control.content.release import FileEntry, FileList, OrderedRelease, SiteOrder

DIGEST = "0" * 64
PARTS = st.text(st.characters(blacklist_categories=["Cs"]) | st.sampled_from("./\\:. aA\0"), max_size=12)


def files(*paths: str) -> FileList:
    return FileList(files=tuple(FileEntry(path=path, digest=DIGEST, size_bytes=1) for path in paths))


@given(st.lists(PARTS, min_size=1, max_size=4).map("/".join))
def test_a_path_that_is_taken_can_be_made_and_stays_inside(path: str) -> None:
    try:
        files(path)
    except ValidationError:
        return
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, path)
        assert made.resolve().is_relative_to(Path(folder).resolve())
        made.parent.mkdir(parents=True, exist_ok=True)
        made.write_bytes(b"")
        assert [found for _, _, names in os.walk(folder) for found in names] == [made.name]


@pytest.mark.parametrize(
    "path", ["showroom.json", "models/hall.glb", "网点/大厅.glb", "a b/c(1).png", "..a", "a..b/.c"]
)
def test_usual_paths_are_taken(path: str) -> None:
    assert files(path).files[0].path == path


@pytest.mark.parametrize(
    "path",
    ["", "/a", "a/", "a//b", ".", "..", "a/../b", "./a", "a\\b", "C:/a", "a\0b", "a\n", "con", "b/NUL.txt", "a.", "a ",
     "a/lpt1", "x" * 256, "网" * 86, "\ud800"],
)  # fmt: skip
def test_paths_that_not_every_system_can_hold_are_refused(path: str) -> None:
    with pytest.raises(ValidationError):
        files(path)


@pytest.mark.parametrize(
    ("paths", "told"),
    [
        (("a", "A"), "two files have the path 'a'"),
        (("straße", "STRASSE"), "two files have the path"),
        (("a", "a/b"), "'a' is both a file and a folder"),
        (("A/b/c", "a/B"), "'a/b' is both a file and a folder"),
    ],
)
def test_paths_that_get_into_each_other_s_way_are_refused(paths: tuple[str, ...], told: str) -> None:
    with pytest.raises(ValidationError, match=told):
        files(*paths)


def test_folders_may_be_shared() -> None:
    check_paths_differ(["a/b", "a/c", "a/d/e", "b"])
    assert list(folders_above("a/b/c")) == ["a", "a/b"]
    assert list(folders_above("a")) == []


def test_a_blob_that_is_there_twice_travels_once() -> None:
    twice = files("a", "b")
    assert (twice.size_bytes, twice.blobs()) == (2, {DIGEST: 1})


def test_a_showroom_is_ordered_once() -> None:
    release = OrderedRelease(showroom="branch", version=1, release=DIGEST)
    with pytest.raises(ValidationError, match="ordered twice"):
        SiteOrder(site="lounge-1", serial=1, issued_at=0.0, showrooms=(release, release))
