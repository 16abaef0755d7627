"""Which scenes are on the GPU, within its budget of memory. Pure: it decides, others load and unload.

A scene that somebody is in stays. The others stay too until their memory is wanted, and then go in the order in which
they were left, longest ago first.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from control.errors import SceneTooLarge
from edge_render.room import Room, SharedRoom

_MIB = 1024 * 1024


DEVICE_SHARE = 0.75
"""Of a GPU's memory that scenes may take; pictures in the making, shadows and encoders need the rest."""
UNKNOWN_BUDGET_BYTES = 2 * 1024 * _MIB
"""Where the driver does not tell how much there is."""


def gpu_budget_bytes(memory_bytes: int | None) -> int:
    """What scenes may take of a device with so much memory."""
    return UNKNOWN_BUDGET_BYTES if memory_bytes is None else round(DEVICE_SHARE * memory_bytes)


@dataclass(slots=True, eq=False)
class _Resident:
    room: Room
    users: int = 0
    left: int = 0
    """Grows with each leaving; the smallest was left longest ago."""


class SceneResidency:
    """The account of the GPU's memory. A scene takes its room when its loading begins."""

    def __init__(self, budget_bytes: int) -> None:
        self.budget_bytes = budget_bytes
        self._kept: set[str] = set()
        self._residents: dict[str, _Resident] = {}
        self._leavings = itertools.count(1)

    @property
    def used_bytes(self) -> int:
        return _together(resident.room for resident in self._residents.values())

    def sizes(self) -> dict[str, int]:
        """What each scene takes, and what several share, by name, in bytes."""
        return _sizes({name: resident.room for name, resident in self._residents.items()})

    def keep(self, name: str) -> None:
        """A scene stays once it is loaded, though nobody is in it, as everybody begins there."""
        self._kept.add(name)

    def keep_no_more(self, name: str) -> None:
        """It may go like any other."""
        self._kept.discard(name)

    def make_room(self, name: str, room: Room, *, evict: bool = True) -> Sequence[str]:
        """Take room for a scene, which counts as used once until :meth:`leave`; returns those that must go for it.
        Raises SceneTooLarge, with the figures, where what may go is not enough; then nothing changes.

        ``evict``: False where it is only loaded in advance, for which nothing else goes."""
        self.check(name, room, evict=evict)
        staying = {other: resident.room for other, resident in self._residents.items()}
        going: list[str] = []
        idle = (other for other in self._residents if not self._held(other))
        for other in sorted(idle, key=lambda other: self._residents[other].left):
            if _together([room, *staying.values()]) <= self.budget_bytes:
                break
            del staying[other]
            going.append(other)
        for other in going:
            del self._residents[other]
        self._residents[name] = _Resident(room, users=1)
        return going

    def share(self, name: str, other: str) -> Room:
        """A scene shows the very same as a resident one: both have one room together, which the last of them gives
        back. It counts as used once; returns its room."""
        there = self._residents[other]
        if there.room.shared is None:
            there.room = Room(0, SharedRoom(f"content of '{other}'", there.room.own_bytes))
        self._residents[name] = _Resident(there.room, users=1)
        return there.room

    def check(self, name: str, room: Room, *, evict: bool = True) -> None:
        """Raises SceneTooLarge where :meth:`make_room` would."""
        staying = [resident.room for other, resident in self._residents.items() if not evict or self._held(other)]
        if _together([room, *staying]) > self.budget_bytes:
            raise SceneTooLarge(self._figures(name, room))

    def fits_alone(self, room: Room) -> bool:
        """Whether there would be room for a scene if there were no other."""
        return _together([room]) <= self.budget_bytes

    def fits_without(self, room: Room, leaving: str) -> bool:
        """Whether there would be room for a scene if one who is in another one left that, with all gone for it that
        may."""
        staying = [resident.room for other, resident in self._residents.items() if self._held(other, other == leaving)]
        return _together([room, *staying]) <= self.budget_bytes

    def resize(self, name: str, room: Room) -> None:
        """A resident scene takes more or less than was known. Where all take more than there is by that, nothing goes
        for it now, but nothing else comes either."""
        if name in self._residents:
            self._residents[name].room = room

    def _held(self, name: str, leavers: int = 0) -> bool:
        return name in self._kept or self._residents[name].users > leavers

    def enter(self, name: str) -> None:
        """One more uses a resident scene."""
        self._residents[name].users += 1

    def leave(self, name: str) -> None:
        """One less uses it."""
        resident = self._residents[name]
        resident.users -= 1
        resident.left = next(self._leavings)

    def forget(self, name: str) -> None:
        """Its loading came to nothing, or it is gone: its room is free."""
        del self._residents[name]

    def _figures(self, name: str, room: Room) -> str:
        held = _sizes({other: resident.room for other, resident in self._residents.items() if self._held(other)})
        needed_bytes = room.own_bytes
        if room.shared is not None and room.shared.name not in held:
            needed_bytes += room.shared.size_bytes
        text = f"scene '{name}' needs about {_mib(needed_bytes)} of GPU memory, the budget is {_mib(self.budget_bytes)}"
        if held:
            scenes = ", ".join(f"'{other}' {_mib(size)}" for other, size in held.items())
            text += f", of which {_mib(sum(held.values()))} can't be freed now ({scenes})"
        return f"{text}: give --gpu-memory-mib more, or make its pictures smaller"


def _sizes(rooms: Mapping[str, Room]) -> dict[str, int]:
    sizes = {name: room.own_bytes for name, room in rooms.items()}
    return sizes | {room.shared.name: room.shared.size_bytes for room in rooms.values() if room.shared is not None}


def _together(rooms: Iterable[Room]) -> int:
    return sum(_sizes({str(number): room for number, room in enumerate(rooms)}).values())


def _mib(size_bytes: int) -> str:
    return f"{max(1, round(size_bytes / _MIB))} MiB"
