"""Batches of small blobs, whole and damaged."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from control.content.blob_batch import BATCH_MAX_BLOBS, HEAD_BYTES, pack_batch, read_batch
from control.content.errors import BatchRefused

BLOBS = st.lists(st.binary(max_size=100), max_size=8, unique=True)


def packed(*blobs: bytes) -> bytes:
    return pack_batch((hashlib.sha256(data).hexdigest(), data) for data in blobs)


@given(BLOBS)
def test_what_is_packed_is_read(blobs: list[bytes]) -> None:
    assert list(read_batch(packed(*blobs)).values()) == blobs


@given(BLOBS.filter(bool), st.data())
def test_damage_is_refused(blobs: list[bytes], data: st.DataObject) -> None:
    body = packed(*blobs)
    at = data.draw(st.integers(0, len(body) - 1))
    damaged = body[:at] + bytes([body[at] ^ data.draw(st.integers(1, 255))]) + body[at + 1 :]
    with pytest.raises(BatchRefused):
        read_batch(damaged)


@given(BLOBS.filter(bool), st.data())
def test_what_ends_early_has_fewer_blobs_or_is_refused(blobs: list[bytes], data: st.DataObject) -> None:
    end = data.draw(st.integers(0, HEAD_BYTES + len(blobs[-1]) - 1))
    body = packed(*blobs[:-1]) + packed(blobs[-1])[:end]
    if end == 0:
        assert list(read_batch(body).values()) == blobs[:-1]
        return
    with pytest.raises(BatchRefused, match="ends"):
        read_batch(body)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_batch_or_refused(body: bytes) -> None:
    try:
        blobs = read_batch(body)
    except BatchRefused:
        return
    assert all(hashlib.sha256(data).hexdigest() == digest for digest, data in blobs.items())
    assert all(data in body for data in blobs.values())


def test_too_many_are_refused_and_the_same_twice_is_there_once() -> None:
    most = [number.to_bytes(2, "big") for number in range(BATCH_MAX_BLOBS)]
    assert len(read_batch(packed(*most))) == BATCH_MAX_BLOBS
    with pytest.raises(BatchRefused, match="at most 500"):
        read_batch(packed(*most, b"one more"))
    assert list(read_batch(packed(b"x", b"x")).values()) == [b"x"]
