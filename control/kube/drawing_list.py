"""A set from which a few are drawn at random in constant time: a list where the last takes a removed one's place."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Set
from random import Random
from typing import Final, Generic, TypeVar

T = TypeVar("T", bound=Hashable)
_PATIENCE: Final = 3
"""So many draws in a row may hit what is not wanted before all are looked at."""


class DrawingList(Generic[T]):
    """See the module."""

    def __init__(self) -> None:
        self._items: list[T] = []
        self._places: dict[T, int] = {}

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[T]:
        return iter(self._items)

    def add(self, item: T) -> None:
        """``item`` must not be in it."""
        self._places[item] = len(self._items)
        self._items.append(item)

    def remove(self, item: T) -> None:
        """``item`` must be in it."""
        place = self._places.pop(item)
        last = self._items.pop()
        if place < len(self._items):
            self._items[place] = last
            self._places[last] = place

    def draw(self, count: int, without: Set[T], random: Random) -> list[T]:
        """Up to ``count`` different ones that are not ``without``, each set of them as likely as any other.

        Fewer come only where there are no more. It takes constant time while most of the list is wanted.
        """
        drawn: list[T] = []
        misses = 0
        while len(drawn) < min(count, len(self._items)):
            item = self._items[int(random.random() * len(self._items))]
            if item not in without and item not in drawn:
                drawn.append(item)
                misses = 0
            elif (misses := misses + 1) == _PATIENCE:
                return self._draw_of_the_rest(count, drawn, without, random)
        return drawn

    def _draw_of_the_rest(self, count: int, drawn: list[T], without: Set[T], random: Random) -> list[T]:
        rest = [item for item in self._items if item not in without and item not in drawn]
        return drawn + random.sample(rest, min(count - len(drawn), len(rest)))
