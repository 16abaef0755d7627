"""Many small blobs in one body: each is its SHA-256 (32 bytes), its size (32 bits, big-endian), and its bytes. Pure.

Archives would name files and bring attributes, links and padding, none of which a blob has.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final, TypeVar

from control.content.errors import BatchRefused

BATCH_TYPE: Final = "application/vnd.edge-render.blobs"
BATCH_MAX_BYTES: Final = 8 * 1024 * 1024
"""Of a whole body."""
BATCH_MAX_BLOBS: Final = 500
_HEAD: Final = struct.Struct(">32sI")
HEAD_BYTES: Final = _HEAD.size
"""What a batch has of each blob beside its bytes."""
Blob = TypeVar("Blob")


def in_batches(
    blobs: Sequence[Blob], size_bytes: Callable[[Blob], int], most_bytes: int, most_blobs: int
) -> Iterator[Sequence[Blob]]:
    """They, in their order, as many together as one batch may have; one that is larger by itself is alone."""
    start = sum_bytes = 0
    for number, blob in enumerate(blobs):
        more_bytes = size_bytes(blob)
        if number > start and (sum_bytes + more_bytes > most_bytes or number - start == most_blobs):
            yield blobs[start:number]
            start, sum_bytes = number, 0
        sum_bytes += more_bytes
    if blobs:
        yield blobs[start:]


def pack_batch(blobs: Iterable[tuple[str, bytes]]) -> bytes:
    """A body with these blobs, each with its digest, which is not checked here."""
    return b"".join(part for digest, data in blobs for part in (_HEAD.pack(bytes.fromhex(digest), len(data)), data))


def read_batch(body: bytes) -> dict[str, bytes]:
    """The blobs by digest, each of which was computed anew; one that comes twice is there once. Raises BatchRefused."""
    blobs: dict[str, bytes] = {}
    at = count = 0
    while at < len(body):
        count += 1
        if count > BATCH_MAX_BLOBS:
            raise BatchRefused(f"a batch has at most {BATCH_MAX_BLOBS} blobs")
        if len(body) - at < HEAD_BYTES:
            raise BatchRefused(f"the batch ends within the head of a blob, at byte {len(body)}")
        named, size_bytes = _HEAD.unpack_from(body, at)
        at += HEAD_BYTES
        data = body[at : at + size_bytes]
        at += size_bytes
        if len(data) != size_bytes:
            raise BatchRefused(f"the batch ends after {len(data)} of {size_bytes} bytes of the blob {named.hex()}")
        digest = hashlib.sha256(data).hexdigest()
        if digest != named.hex():
            raise BatchRefused(
                f"a blob has the SHA-256 {digest}, not {named.hex()}: it was changed on its way; send the batch again"
            )
        blobs[digest] = data
    return blobs
