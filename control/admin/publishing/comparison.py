"""What differs between the files of two versions; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from control.content.release import FileEntry


@dataclass(frozen=True, slots=True)
class ChangedFile:
    """A path that both versions have, with other content."""

    path: str
    before_bytes: int
    after_bytes: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """From one version to another; each part is ordered by path. ``moved_bytes``: what an edge that has all of the
    first one downloads for the second one: each blob that it lacks, once."""

    added: tuple[FileEntry, ...]
    changed: tuple[ChangedFile, ...]
    removed: tuple[FileEntry, ...]
    unchanged: int
    moved_bytes: int


def compare(before: Iterable[FileEntry], after: Iterable[FileEntry]) -> Comparison:
    """What became of the files of ``before`` in ``after``."""
    old = {entry.path: entry for entry in before}
    new = {entry.path: entry for entry in after}
    both = sorted(old.keys() & new.keys())
    changed = tuple(
        ChangedFile(path, old[path].size_bytes, new[path].size_bytes)
        for path in both
        if old[path].digest != new[path].digest
    )
    held = {entry.digest for entry in old.values()}
    lacking = {entry.digest: entry.size_bytes for entry in new.values() if entry.digest not in held}
    return Comparison(
        added=tuple(new[path] for path in sorted(new.keys() - old.keys())),
        changed=changed,
        removed=tuple(old[path] for path in sorted(old.keys() - new.keys())),
        unchanged=len(both) - len(changed),
        moved_bytes=sum(lacking.values()),
    )
