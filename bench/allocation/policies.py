"""Ways to choose a renderer, to compare ours with: all know the same, and count what they gave away themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from random import Random
from typing import Protocol

from control.fleet.states import RendererState
from control.kube.choice import Choice
from control.kube.drawing_list import DrawingList


class Policy(Protocol):
    """Of one gateway. See ``control.kube.choice.Choice``."""

    def tell(self, uid: str, state: RendererState) -> None: ...

    def ask(self, uid: str) -> int: ...

    def answered(self, uid: str, asked_at: int, *, entered: bool, full: bool = False) -> None: ...

    def candidates(self, showroom: str | None) -> Iterator[str]: ...

    def free_places(self, showroom: str | None) -> int: ...


@dataclass(slots=True)
class _Known:
    state: RendererState
    lines: int = 0
    given: int = 0
    refused: bool = False

    @property
    def load(self) -> int:
        """Visits, as far as is known."""
        return self.state.visits + self.given

    @property
    def left(self) -> int:
        return 0 if self.refused else max(0, self.state.capacity - self.load)


class _Simple:
    """Keeps who seems to have a place by how many visits they seem to have."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._known: dict[str, _Known] = {}
        self._by_load: dict[int, DrawingList[str]] = {}
        self._left = 0

    def tell(self, uid: str, state: RendererState) -> None:
        before = self._known.get(uid)
        if before:
            self._enlist(uid, before, listed=False)
        known = self._known[uid] = _Known(state, before.lines + 1 if before else 0)
        self._enlist(uid, known, listed=True)

    def ask(self, uid: str) -> int:
        return self._known[uid].lines

    def answered(self, uid: str, asked_at: int, *, entered: bool, full: bool = False) -> None:
        known = self._known[uid]
        self._enlist(uid, known, listed=False)
        known.given += entered and known.lines == asked_at
        known.refused |= full
        self._enlist(uid, known, listed=True)

    def free_places(self, showroom: str | None) -> int:
        return self._left

    def candidates(self, showroom: str | None) -> Iterator[str]:
        seen: set[str] = set()
        while (uid := self._choose(seen)) is not None:
            seen.add(uid)
            yield uid

    def _enlist(self, uid: str, known: _Known, *, listed: bool) -> None:
        if left := known.left:
            self._left += left if listed else -left
            alike = self._by_load.setdefault(known.load, DrawingList())
            (alike.add if listed else alike.remove)(uid)

    def _choose(self, seen: set[str]) -> str | None:
        raise NotImplementedError


class LeastLoaded(_Simple):
    """The one that seems to be the least used; among equals, any."""

    def _choose(self, seen: set[str]) -> str | None:
        for load in sorted(self._by_load):
            if drawn := self._by_load[load].draw(1, seen, self._random):
                return drawn[0]
        return None


class AnyFree(_Simple):
    """Any that seems to have a place."""

    def _choose(self, seen: set[str]) -> str | None:
        loads = list(self._by_load)
        counts = [
            sum(uid not in seen for uid in self._by_load[load]) if seen else len(self._by_load[load]) for load in loads
        ]
        if not any(counts):
            return None
        (load,) = self._random.choices(loads, counts)
        return self._by_load[load].draw(1, seen, self._random)[0]


class RoundRobin(_Simple):
    """The next in turn that seems to have a place."""

    def __init__(self, random: Random) -> None:
        super().__init__(random)
        self._turn: list[str] = []
        self._at = 0

    def tell(self, uid: str, state: RendererState) -> None:
        if uid not in self._known:
            self._turn.append(uid)
        super().tell(uid, state)

    def _choose(self, seen: set[str]) -> str | None:
        for _ in self._turn:
            self._at = (self._at + 1) % len(self._turn)
            uid = self._turn[self._at]
            if uid not in seen and self._known[uid].left:
                return uid
        return None


POLICIES: dict[str, Callable[[Random], Policy]] = {
    "two choices": Choice,
    "least loaded": LeastLoaded,
    "round robin": RoundRobin,
    "random": AnyFree,
}
