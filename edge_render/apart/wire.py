"""What a decoder process and its owner say to each other: a line of JSON, then the bytes that it announces.

Nothing is pickled, so that a process that hostile bytes have taken over can't run code in its owner.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import IO, Any, Final

import numpy as np
from numpy.typing import NDArray

DTYPES: Final = frozenset({"|u1", "<u2", "<u4", "<i4", "<f4", "<f8", "|i1", "<i2"})
LINE_MAX_BYTES: Final = 16 * 1024 * 1024


class WireError(Exception):
    """The other side has gone, or says what is not in the protocol."""


def send(stream: IO[bytes], head: dict[str, Any], arrays: list[NDArray[Any]]) -> None:
    """Write a message. Raises OSError where nobody reads any more."""
    announced = [{"dtype": array.dtype.str, "shape": array.shape} for array in arrays]
    stream.write(json.dumps({**head, "arrays": announced}).encode() + b"\n")
    for array in arrays:
        stream.write(np.ascontiguousarray(array).data)
    stream.flush()


def receive(
    stream: IO[bytes], *, max_bytes: int, admit: Callable[[int], None] | None = None
) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Read a message whose arrays have at most ``max_bytes`` together. ``admit`` is told how many they have before any
    is read, and raises what it has against that. Raises WireError."""
    line = stream.readline(LINE_MAX_BYTES)
    try:
        head = json.loads(line)
        shapes = [(str(item["dtype"]), tuple(int(size) for size in item["shape"])) for item in head.pop("arrays")]
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise WireError("the line that begins a message can't be read") from error
    sizes_bytes = []
    for dtype, shape in shapes:
        if dtype not in DTYPES or any(size < 0 for size in shape):
            raise WireError(f"an array of {dtype} and shape {shape} is none that may be sent")
        size_bytes = np.dtype(dtype).itemsize
        for size in shape:
            size_bytes *= size
        sizes_bytes.append(size_bytes)
    if sum(sizes_bytes) > max_bytes:
        raise WireError("more bytes than were asked for")
    if admit is not None:
        admit(sum(sizes_bytes))
    arrays = []
    for (dtype, shape), size_bytes in zip(shapes, sizes_bytes, strict=True):
        content = bytearray(size_bytes)
        if size_bytes and stream.readinto(content) != size_bytes:  # type: ignore[attr-defined] # buffered streams have it
            raise WireError("an array is cut off")
        arrays.append(np.frombuffer(content, dtype).reshape(shape))
    return head, arrays
