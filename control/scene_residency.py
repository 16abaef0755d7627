"""Which scenes are on the GPU, within its budget of memory. Pure: it decides, others load and unload.

A scene that somebody is in stays. The others stay too until their memory is wanted, and then go in the order in which
they were left, longest ago first.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

from control.errors import SceneTooLarge

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
    size_bytes: int
    users: int = 0
    left: int = 0
    """Grows with each leaving; the smallest was left longest ago."""


class SceneResidency:
    """The account of the GPU's memory. A scene takes its room when its loading begins."""

    def __init__(self, budget_bytes: int, kept: frozenset[str]) -> None:
        """``kept``: scenes that stay once they are loaded, as everybody begins there."""
        self.budget_bytes = budget_bytes
        self._kept = kept
        self._residents: dict[str, _Resident] = {}
        self._leavings = itertools.count(1)

    @property
    def used_bytes(self) -> int:
        return sum(resident.size_bytes for resident in self._residents.values())

    def sizes(self) -> dict[str, int]:
        """What each scene takes, by name, in bytes."""
        return {name: resident.size_bytes for name, resident in self._residents.items()}

    def make_room(self, name: str, size_bytes: int, *, evict: bool = True) -> Sequence[str]:
        """Take room for a scene, which counts as used once until :meth:`leave`; returns those that must go for it.
        Raises SceneTooLarge, with the figures, where what may go is not enough; then nothing changes.

        ``evict``: False where it is only loaded in advance, for which nothing else goes."""
        free_bytes = self.budget_bytes - self.used_bytes
        going: list[str] = []
        idle = [item for item in self._residents.items() if item[1].users == 0 and item[0] not in self._kept]
        for other, resident in sorted(idle, key=lambda item: item[1].left) if evict else ():
            if free_bytes >= size_bytes:
                break
            going.append(other)
            free_bytes += resident.size_bytes
        if free_bytes < size_bytes:
            raise SceneTooLarge(self._figures(name, size_bytes))
        for other in going:
            del self._residents[other]
        self._residents[name] = _Resident(size_bytes, users=1)
        return going

    def fits(self, size_bytes: int, leaving: str | None = None) -> bool:
        """Whether there would be room for a scene, with all that may go for it gone; ``leaving``: and after one who is
        in that scene has left it."""
        users = {name: resident.users - (name == leaving) for name, resident in self._residents.items()}
        held = sum(self._residents[name].size_bytes for name in users if users[name] > 0 or name in self._kept)
        return held + size_bytes <= self.budget_bytes

    def enter(self, name: str) -> None:
        """One more uses a resident scene."""
        self._residents[name].users += 1

    def leave(self, name: str) -> None:
        """One less uses it."""
        resident = self._residents[name]
        resident.users -= 1
        resident.left = next(self._leavings)

    def forget(self, name: str) -> None:
        """Its loading came to nothing: its room is free."""
        del self._residents[name]

    def _figures(self, name: str, size_bytes: int) -> str:
        held = {
            other: resident.size_bytes
            for other, resident in self._residents.items()
            if resident.users > 0 or other in self._kept
        }
        text = f"scene '{name}' needs about {_mib(size_bytes)} of GPU memory, the budget is {_mib(self.budget_bytes)}"
        if held:
            scenes = ", ".join(f"'{other}' {_mib(size)}" for other, size in held.items())
            text += f", of which {_mib(sum(held.values()))} can't be freed now ({scenes})"
        return f"{text}: give --gpu-memory-mib more, or make its pictures smaller"


def _mib(size_bytes: int) -> str:
    return f"{max(1, round(size_bytes / _MIB))} MiB"
