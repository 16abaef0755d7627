"""What goes when room is needed: never what stays, and no more than has to."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.sync.blob_cache import StoredFile
from control.sync.errors import NoRoom
from control.sync.room import Disk, Eviction, HeldRelease, make_room

ROOMY = Disk(budget=1000, free=10_000, reserve=0)


def stored(**sizes: int) -> dict[str, StoredFile]:
    return {name: StoredFile(size, since) for since, (name, size) in enumerate(sizes.items())}


def held(release: str, used_at: float, blobs: str) -> HeldRelease:
    return HeldRelease(release, used_at, frozenset(blobs))


def test_where_there_is_room_nothing_goes() -> None:
    assert make_room(400, ROOMY, stored(a=600), [], frozenset()) == Eviction()


def test_first_goes_what_no_release_has_the_oldest_first() -> None:
    files = stored(a=300, x=300, y=300)
    assert make_room(200, ROOMY, files, [held("r", 1, "a")], frozenset()) == Eviction((), ("x",))


def test_then_goes_the_release_that_was_used_least_recently_but_for_what_others_have() -> None:
    files = stored(a=300, b=300, c=300)
    releases = [held("new", 9, "bc"), held("old", 1, "ab")]
    assert make_room(300, ROOMY, files, releases, frozenset()) == Eviction(("old",), ("a",))
    assert make_room(700, ROOMY, files, releases, frozenset()) == Eviction(("old", "new"), ("a", "b", "c"))


def test_a_full_disk_counts_like_a_full_budget() -> None:
    disk = Disk(budget=10_000, free=100, reserve=50)
    assert make_room(80, disk, stored(a=40), [], frozenset()) == Eviction((), ("a",))
    assert make_room(0, Disk(budget=10_000, free=0, reserve=50), stored(a=40), [], frozenset()) == Eviction()


def test_what_does_not_fit_is_told_with_figures() -> None:
    mib = 1 << 20
    disk = Disk(budget=10 * mib, free=100 * mib, reserve=mib)
    told = r"takes 4\.0 MiB of its budget of 10\.0 MiB, and 8\.0 MiB more do not fit: .* and 2\.0 MiB are missing"
    with pytest.raises(NoRoom, match=told):
        make_room(8 * mib, disk, stored(a=4 * mib), [held("r", 1, "a")], frozenset(["r"]))


def test_a_budget_that_was_lowered_is_kept_as_far_as_it_can_be() -> None:
    disk = Disk(budget=0, free=1000, reserve=0)
    with pytest.raises(NoRoom, match="it is more than it may be"):
        make_room(0, disk, stored(a=40, b=40), [held("r", 1, "a")], frozenset(["r"]))


blobs = st.frozensets(st.sampled_from("abcdefgh"), max_size=5)


@given(
    sizes=st.dictionaries(st.sampled_from("abcdefgh"), st.integers(0, 50)),
    releases=st.lists(st.tuples(st.integers(0, 9), blobs), max_size=5),
    keep=st.frozensets(st.sampled_from(["0", "1", "2", "3", "4"])),
    needed=st.integers(0, 300),
    budget=st.integers(0, 300),
    free=st.integers(0, 300),
)
def test_what_stays_is_whole_and_what_is_left_fits(
    sizes: dict[str, int],
    releases: list[tuple[int, frozenset[str]]],
    keep: frozenset[str],
    needed: int,
    budget: int,
    free: int,
) -> None:
    files = stored(**sizes)
    known = [HeldRelease(str(number), used_at, names) for number, (used_at, names) in enumerate(releases)]
    kept_blobs = {digest for item in known if item.release in keep for digest in item.blobs}
    disk = Disk(budget, free, 7)
    try:
        gone = make_room(needed, disk, files, known, keep)
    except NoRoom:
        least = sum(sizes[digest] for digest in kept_blobs if digest in sizes)
        freed = sum(sizes.values()) - least
        assert least + needed > budget or needed + 7 > free + freed
        return
    assert keep.isdisjoint(gone.releases)
    assert kept_blobs.isdisjoint(gone.blobs)
    left = {digest for item in known if item.release not in gone.releases for digest in item.blobs}
    assert left.isdisjoint(gone.blobs), "a release that stays is whole"
    assert len(set(gone.blobs)) == len(gone.blobs)
    freed = sum(sizes[digest] for digest in gone.blobs)
    assert sum(sizes.values()) - freed + needed <= budget
    assert not needed or needed + 7 <= free + freed
