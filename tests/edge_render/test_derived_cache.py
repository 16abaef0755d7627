"""What is made from content once, and kept."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from edge_render.derived_cache import DerivedCache, file_digest


def writes(text: str, made: list[str]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        made.append(text)
        (folder / "file").write_text(text)

    return make


def test_an_entry_is_made_once_for_each_content_and_version(tmp_path: Path) -> None:
    cache, made = DerivedCache(tmp_path / "cache"), []
    for version, digest in ((1, "a"), (1, "a"), (2, "a"), (1, "b"), (1, "a")):
        entry = cache.entry("tiles", version, digest, writes(f"{digest}{version}", made))
        assert (entry / "file").read_text() == f"{digest}{version}"
    assert made == ["a1", "a2", "b1"]


def test_what_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise ValueError("broken picture")

    cache = DerivedCache(tmp_path)
    with pytest.raises(ValueError, match="broken picture"):
        cache.entry("tiles", 1, "a", fail)
    assert list(tmp_path.iterdir()) == []


def test_the_first_of_two_processes_stays(tmp_path: Path) -> None:
    cache, made = DerivedCache(tmp_path), []

    def slow(folder: Path) -> None:
        (folder / "file").write_text("slow")
        cache.entry("tiles", 1, "a", writes("quick", made))

    assert (cache.entry("tiles", 1, "a", slow) / "file").read_text() == "quick"
    assert [entry.name for entry in tmp_path.iterdir()] == ["tiles-1-a"]


def test_the_longest_unused_goes_first_and_never_the_newest(tmp_path: Path) -> None:
    cache, made = DerivedCache(tmp_path, max_bytes=20), []
    for age, digest in ((30, "old"), (20, "new")):
        entry = cache.entry("tiles", 1, digest, writes("12345678", made))
        os.utime(entry, ns=(0, 10**18 - age * 10**9))
    cache.entry("tiles", 1, "newest", writes("12345678", made))
    assert {entry.name for entry in tmp_path.iterdir()} == {"tiles-1-new", "tiles-1-newest"}
    cache.entry("tiles", 1, "huge", writes("x" * 100, made))
    assert {entry.name for entry in tmp_path.iterdir()} == {"tiles-1-huge"}


def test_what_a_killed_process_left_unfinished_goes_after_a_day(tmp_path: Path) -> None:
    cache, made = DerivedCache(tmp_path), []
    for name, age_s in (
        (".unfinished-now", 60),
        (".unfinished-killed", 2 * 24 * 3600),
        (".dropped-half", 3 * 24 * 3600),
    ):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("half")
        at_s = time.time() - age_s
        os.utime(tmp_path / name, (at_s, at_s))
    cache.entry("tiles", 1, "a", writes("a", made))
    assert {entry.name for entry in tmp_path.iterdir()} == {".unfinished-now", "tiles-1-a"}


def test_what_is_not_its_own_stays(tmp_path: Path) -> None:
    for name in ("photos", ".git"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text("x" * 100)
        os.utime(tmp_path / name, (0, 0))
    DerivedCache(tmp_path, max_bytes=1).entry("tiles", 1, "a", writes("a", []))
    assert {entry.name for entry in tmp_path.iterdir()} == {"photos", ".git", "tiles-1-a"}


def test_processes_that_drop_each_others_entries_all_get_theirs(tmp_path: Path) -> None:
    """Each makes room with every entry, and all the others' are in the way."""

    def work(process: int) -> None:
        cache = DerivedCache(tmp_path, max_bytes=3)
        for turn in range(40):
            text = f"{process}-{turn}"
            cache.entry("tiles", process, str(turn % 3), writes(text, []))

    with ThreadPoolExecutor(4) as processes:
        for done in [processes.submit(work, number) for number in range(4)]:
            done.result()
    assert all(not entry.name.startswith(".") for entry in tmp_path.iterdir())


def test_an_entry_that_goes_while_it_is_read_can_be_read_to_its_end(tmp_path: Path) -> None:
    cache = DerivedCache(tmp_path, max_bytes=4)
    with (cache.entry("tiles", 1, "a", writes("12345678", [])) / "file").open() as file:
        cache.entry("tiles", 1, "b", writes("12345678", []))
        assert not (tmp_path / "tiles-1-a").exists()
        assert file.read() == "12345678"


def test_the_digest_is_that_of_the_whole_file(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"abc")
    assert file_digest(file) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
