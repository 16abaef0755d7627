"""Which releases make room for what is to be fetched: the least recently used first, and none that is needed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from control.sync.blob_cache import StoredFile
from control.sync.errors import NoRoom

MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class HeldRelease:
    """A release of which something may be on disk. ``used_at``: Unix seconds at which it was shown or ordered last."""

    release: str
    used_at: float
    blobs: frozenset[str]


@dataclass(frozen=True, slots=True)
class Disk:
    """In bytes. ``reserve``: of what is free, so much is left alone."""

    budget: int
    free: int
    reserve: int


@dataclass(frozen=True, slots=True)
class Eviction:
    """What to delete."""

    releases: tuple[str, ...] = ()
    blobs: tuple[str, ...] = ()


def make_room(
    needed_bytes: int,
    disk: Disk,
    stored: Mapping[str, StoredFile],
    held: Sequence[HeldRelease],
    keep: frozenset[str],
) -> Eviction:
    """What to delete so that ``needed_bytes`` more fit both the budget and the disk.

    ``stored``: what takes room, by digest; ``keep``: releases that stay, with their blobs. First go blobs that no
    release has, then releases, with the blobs that no other has. Raises NoRoom, with figures; then nothing should go.
    """
    used = sum(file.size_bytes for file in stored.values())
    excess = max(used + needed_bytes - disk.budget, needed_bytes + disk.reserve - disk.free if needed_bytes else 0)
    owners = Counter(digest for item in held for digest in item.blobs)
    blobs: list[str] = []
    releases: list[str] = []
    orphans = sorted((digest for digest in stored if digest not in owners), key=lambda digest: stored[digest].since)
    for digest in orphans:
        if excess <= 0:
            break
        excess -= stored[digest].size_bytes
        blobs.append(digest)
    for item in sorted(held, key=lambda item: item.used_at):
        if excess <= 0:
            break
        if item.release in keep:
            continue
        releases.append(item.release)
        owners.subtract(item.blobs)
        gone = [digest for digest in sorted(item.blobs) if owners[digest] == 0 and digest in stored]
        excess -= sum(stored[digest].size_bytes for digest in gone)
        blobs.extend(gone)
    if excess > 0:
        raise NoRoom(_figures(needed_bytes, used, excess, disk))
    return Eviction(tuple(releases), tuple(blobs))


def _figures(needed: int, used: int, excess: int, disk: Disk) -> str:
    fits = f"{_mib(needed)} more do not fit" if needed else "it is more than it may be"
    return (
        f"content takes {_mib(used)} of its budget of {_mib(disk.budget)}, and {fits}: {_mib(disk.free)} are free on "
        f"the disk, of which {_mib(disk.reserve)} stay free, and {_mib(excess)} are missing when all is gone that is "
        "neither shown nor needed for a roll-back. Free the disk, or give --content-budget-mib more."
    )


def _mib(size_bytes: int) -> str:
    return f"{size_bytes / MIB:.1f} MiB"
