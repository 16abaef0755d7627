"""Buffers that are as large as a picture, kept by its size: visitors of two sizes must not make them anew in turn."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Any

SIZES_MAX = 4


class BySize:
    """Makes them on demand; those longest unused go when there are more than SIZES_MAX."""

    def __init__(self, make: Callable[[int, int], Sequence[Any]]) -> None:
        """``make`` gets width and height in pixels; what it returns is released in reverse order."""
        self._make = make
        self._owned: OrderedDict[tuple[int, int], Sequence[Any]] = OrderedDict()

    def get(self, width: int, height: int) -> Sequence[Any]:
        size = (width, height)
        if size not in self._owned:
            if len(self._owned) >= SIZES_MAX:
                self._free(self._owned.popitem(last=False)[1])
            self._owned[size] = self._make(width, height)
        self._owned.move_to_end(size)
        return self._owned[size]

    def release(self) -> None:
        for owned in self._owned.values():
            self._free(owned)
        self._owned.clear()

    def _free(self, owned: Sequence[Any]) -> None:
        for one in reversed(owned):
            one.release()
