"""Which renderer a visitor is sent to. Pure: what is known goes in, renderers come out, best first.

Those come first that have the wanted scene on the GPU, then those that show the showroom. Among equals it is the less
used one of two that are drawn at random (M. Mitzenmacher, "The power of two choices in randomized load balancing",
IEEE TPDS 12(10), 2001). With knowledge that is a little old, and many who choose by it, all would run down the least
used one at once, while the better one of two spreads visits nearly as evenly as if everything were known exactly.

Nothing is searched: lists by showroom, scene and whether there is room are kept up to date with each line of a
renderer, so that a choice costs the same with ten renderers and with thousands.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from enum import Enum, auto
from random import Random
from typing import Final

from control.fleet.states import RendererState
from control.kube.drawing_list import DrawingList

_Key = tuple[str | None, str | None]
"""Showroom and scene; None: whichever."""
ANYWHERE: Final[_Key] = (None, None)


class _Room(Enum):
    FREE = auto()
    """By all that is known, somebody can enter."""
    DOUBTFUL = auto()
    """It has a place, but somebody is asking for that just now; they may not get or not want it."""
    FULL = auto()


@dataclass(slots=True)
class _Known:
    state: RendererState
    keys: frozenset[_Key]
    asked: int = 0
    """Places that somebody is asking for just now."""
    entered: int = 0
    """Places that were asked for and given since its last line, which does not know of them."""
    refused: bool = False
    """It said since its last line that it is full, which is newer."""
    lines: int = 1
    room: _Room = _Room.FULL
    left: int = 0


@dataclass(slots=True)
class _Group:
    """Renderers that have the same to offer."""

    free: DrawingList[str] = field(default_factory=DrawingList)
    doubtful: DrawingList[str] = field(default_factory=DrawingList)
    left: int = 0
    members: int = 0


class Choice:
    """Holds what is known of those that can be entered; see the module."""

    def __init__(self, random: Random) -> None:
        self._random = random
        self._known: dict[str, _Known] = {}
        self._groups: dict[_Key, _Group] = {}

    def __contains__(self, uid: str) -> bool:
        return uid in self._known

    def tell(self, uid: str, state: RendererState) -> None:
        """A line of a renderer. One that can't be entered is forgotten until it says otherwise."""
        if not state.ready or state.draining:
            self.forget(uid)
            return
        before = self._known.get(uid)
        keys = before.keys if before and before.state.showrooms == state.showrooms else _keys(state)
        known = _Known(state, keys)
        if before:
            known.asked, known.lines = before.asked, before.lines + 1
            self._take_out(uid, before, before.keys - keys)
            known.room, known.left = before.room, before.left
        self._known[uid] = known
        self._put_in(uid, known, keys - before.keys if before else keys)
        self._settle(uid, known)

    def forget(self, uid: str) -> None:
        """It is going, or gone, or can't be entered."""
        known = self._known.pop(uid, None)
        if known is not None:
            self._take_out(uid, known, known.keys)

    def ask(self, uid: str) -> int:
        """Somebody is sent there: the place is counted as taken until it is known whether they got it. What comes back
        is for ``answered``."""
        known = self._known.get(uid)
        if known is None:
            return 0
        known.asked += 1
        self._settle(uid, known)
        return known.lines

    def answered(self, uid: str, asked_at: int, *, entered: bool, full: bool = False) -> None:
        """The end of one ``ask``. ``full``: it has refused them, as it has no place."""
        if known := self._known.get(uid):
            known.asked = max(0, known.asked - 1)
            # A line that came meanwhile counts them already, or tells of a place that has come free since. If it does
            # not, the renderer will say so itself.
            if known.lines == asked_at:
                known.entered += entered
                known.refused |= full
            self._settle(uid, known)

    def candidates(
        self,
        showroom: str | None,
        scene: str | None = None,
        prefer: str | None = None,
        avoid: Set[str] = frozenset(),
    ) -> Iterator[str]:
        """Each renderer that may have a place, best first, once. It is lazy: what is learned in between counts.

        ``prefer`` comes first, even if it is full: it may know the visitor. ``showroom`` None: any will do.
        """
        seen = set(avoid)
        place = (showroom, None)
        if prefer is not None and prefer not in seen:
            known = self._known.get(prefer)
            if known is not None and place in known.keys:
                seen.add(prefer)
                yield prefer
        for key in ((showroom, scene), place) if scene is not None else (place,):
            yield from self._drawn(key, _Room.FREE, seen)
        yield from self._drawn(place, _Room.DOUBTFUL, seen)

    def free_places(self, showroom: str | None) -> int:
        """Places for visits that nobody has or is asking for."""
        group = self._groups.get((showroom, None))
        return group.left if group else 0

    def shown(self, showroom: str | None) -> int:
        """How many renderers show it, full or not."""
        group = self._groups.get((showroom, None))
        return group.members if group else 0

    def _drawn(self, key: _Key, room: _Room, seen: set[str]) -> Iterator[str]:
        while (drawn := self._draw(key, room, seen)) is not None:
            seen.add(drawn)
            yield drawn

    def _draw(self, key: _Key, room: _Room, seen: Set[str]) -> str | None:
        group = self._groups.get(key)
        if group is None:
            return None
        two = (group.free if room is _Room.FREE else group.doubtful).draw(2, seen, self._random)
        return min(two, key=self._load_with_one_more) if two else None

    def _load_with_one_more(self, uid: str) -> float:
        known = self._known[uid]
        return (known.state.visits + known.asked + known.entered + 1) / known.state.capacity

    def _settle(self, uid: str, known: _Known) -> None:
        """Move it where its room says, and keep the sums."""
        free = 0 if known.refused else max(0, known.state.free - known.entered)
        left = max(0, free - known.asked)
        room = _Room.FREE if left else _Room.DOUBTFUL if free else _Room.FULL
        if left == known.left and room is known.room:
            return
        for key in known.keys:
            group = self._groups[key]
            group.left += left - known.left
            if room is not known.room:
                _enlist(group, known.room, room, uid)
        known.left, known.room = left, room

    def _put_in(self, uid: str, known: _Known, keys: Set[_Key]) -> None:
        for key in keys:
            group = self._groups.setdefault(key, _Group())
            group.members += 1
            group.left += known.left
            _enlist(group, _Room.FULL, known.room, uid)

    def _take_out(self, uid: str, known: _Known, keys: Set[_Key]) -> None:
        for key in keys:
            group = self._groups[key]
            group.members -= 1
            group.left -= known.left
            _enlist(group, known.room, _Room.FULL, uid)
            if not group.members:
                del self._groups[key]


def _enlist(group: _Group, before: _Room, now: _Room, uid: str) -> None:
    for room, listed in ((_Room.FREE, group.free), (_Room.DOUBTFUL, group.doubtful)):
        if room is now and room is not before:
            listed.add(uid)
        elif room is before and room is not now:
            listed.remove(uid)


def _keys(state: RendererState) -> frozenset[_Key]:
    keys: set[_Key] = {ANYWHERE}
    scenes = Counter(scene for shown in state.showrooms for scene in shown.scenes)
    for shown in state.showrooms:
        keys.add((shown.name, None))
        keys.update((shown.name, scene) for scene in shown.scenes)
    keys.update((None, scene) for scene in scenes)
    return frozenset(keys)
