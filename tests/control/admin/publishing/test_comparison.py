"""What differs between two versions, and what an edge would download for it."""

from __future__ import annotations

from control.admin.publishing.comparison import ChangedFile, compare
from control.content.release import FileEntry


def _file(path: str, content: str, size_bytes: int) -> FileEntry:
    return FileEntry(path=path, digest=content * 64, size_bytes=size_bytes)


def test_each_file_is_added_changed_removed_or_unchanged() -> None:
    before = [_file("hall.glb", "a", 300), _file("old.png", "b", 20), _file("showroom.json", "c", 5)]
    after = [_file("hall.glb", "a", 300), _file("new.png", "d", 30), _file("showroom.json", "e", 6)]
    found = compare(before, after)
    assert found.added == (after[1],)
    assert found.changed == (ChangedFile("showroom.json", 5, 6),)
    assert found.removed == (before[1],)
    assert found.unchanged == 1
    assert found.moved_bytes == 36


def test_a_file_that_was_renamed_or_is_there_twice_is_not_downloaded_again() -> None:
    before = [_file("a.png", "a", 100)]
    after = [_file("b.png", "a", 100), _file("one.png", "b", 7), _file("two.png", "b", 7)]
    assert compare(before, after).moved_bytes == 7


def test_the_same_files_move_nothing() -> None:
    files = [_file("a.png", "a", 100)]
    found = compare(files, files)
    assert (found.added, found.changed, found.removed, found.moved_bytes) == ((), (), (), 0)
