"""Blobs on disk: on their way, whole, sealed, and found out."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.content.blob_batch import pack_batch
from control.sync.blob_cache import BlobCache, PartialBlob, verified_mtime_s
from control.sync.errors import WrongBytes

DATA = bytes(range(256)) * 40
DIGEST = hashlib.sha256(DATA).hexdigest()


@pytest.fixture
def cache(tmp_path: Path) -> BlobCache:
    return BlobCache(tmp_path)


def begun(cache: BlobCache) -> PartialBlob:
    """As whoever goes on with it begins."""
    partial = cache.partial(DIGEST, len(DATA))
    partial.open()
    while not partial.read_kept(1000):
        pass
    return partial


def test_a_blob_comes_in_pieces_over_several_starts(cache: BlobCache) -> None:
    for start in range(0, len(DATA), 3000):
        partial = begun(cache)
        assert partial.offset_bytes == start == cache.partial_bytes(DIGEST)
        partial.append(DATA[start : start + 3000])
        partial.close()
    partial = begun(cache)
    partial.keep()
    partial.close()
    assert cache.path(DIGEST).read_bytes() == DATA
    assert cache.partial_bytes(DIGEST) == 0


def test_what_is_not_sealed_is_read_before_it_is_believed(cache: BlobCache) -> None:
    partial = begun(cache)
    partial.append(DATA)
    partial.keep()
    partial.close()
    assert not cache.has(DIGEST, len(DATA))
    assert cache.check(DIGEST, len(DATA))
    assert cache.has(DIGEST, len(DATA)), "and is sealed by that"


@pytest.mark.parametrize("kept", [b"\0" * len(DATA), b"\0" * 100])
def test_what_came_wrong_is_thrown_away_as_a_whole(cache: BlobCache, tmp_path: Path, kept: bytes) -> None:
    (tmp_path / "partial" / DIGEST).write_bytes(kept)
    partial = begun(cache)
    partial.append(DATA[len(kept) :])
    with pytest.raises(WrongBytes, match="thrown away"):
        partial.keep()
    assert cache.partial_bytes(DIGEST) == 0
    partial.append(DATA)
    partial.keep()
    partial.close()
    assert cache.check(DIGEST, len(DATA), read=True)


def test_more_bytes_than_the_blob_has_can_not_be_its_beginning(cache: BlobCache, tmp_path: Path) -> None:
    (tmp_path / "partial" / DIGEST).write_bytes(DATA + b"more")
    partial = begun(cache)
    partial.close()
    assert partial.offset_bytes == cache.partial_bytes(DIGEST) == 0


def test_no_more_is_written_than_a_blob_has(cache: BlobCache) -> None:
    partial = begun(cache)
    with pytest.raises(WrongBytes, match="more came"):
        partial.append(DATA + b"\0")
    partial.close()
    assert cache.partial_bytes(DIGEST) == 0


def test_a_link_in_the_place_of_what_came_is_not_followed(cache: BlobCache, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_bytes(b"precious")
    (tmp_path / "partial" / DIGEST).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        begun(cache)
    assert (tmp_path / "elsewhere").read_bytes() == b"precious"


def test_all_that_takes_room_is_counted(cache: BlobCache, tmp_path: Path) -> None:
    (tmp_path / "partial" / DIGEST).write_bytes(b"12345")
    cache.path("ab" * 32).parent.mkdir()
    cache.path("ab" * 32).write_bytes(b"123")
    assert {digest: file.size_bytes for digest, file in cache.stored().items()} == {DIGEST: 5, "ab" * 32: 3}
    cache.drop(DIGEST)
    assert set(cache.stored()) == {"ab" * 32}


@given(st.binary())
def test_the_time_that_tells_a_digest_is_one_that_every_file_system_keeps(data: bytes) -> None:
    assert 2**29 <= verified_mtime_s(hashlib.sha256(data).hexdigest()) < 2**30


def test_a_batch_becomes_blobs_or_is_refused(cache: BlobCache) -> None:
    blobs = {hashlib.sha256(data).hexdigest(): data for data in (b"", b"one", b"two")}
    sizes = {digest: len(data) for digest, data in blobs.items()}
    body = pack_batch(blobs.items())
    for wrong in (body[:-1], body[:-1] + b"?", pack_batch(list(blobs.items())[1:])):
        with pytest.raises(WrongBytes):
            cache.take_batch(wrong, sizes)
    cache.take_batch(body, sizes)
    cache.seal(blobs)
    assert all(cache.has(digest, size_bytes) for digest, size_bytes in sizes.items())
    assert {digest: cache.path(digest).read_bytes() for digest in blobs} == blobs
