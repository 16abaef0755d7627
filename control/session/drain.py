"""How a renderer goes without cutting anybody off: it waits for its visits, then sends them elsewhere. Pure: it
decides, others tell visitors; the time is an argument, seconds of one clock.

Who leads a guided visit goes first; those who follow come after when that goes on elsewhere, as they find it by its
code. Visitors are told one after the other, so that they don't all come to the same place at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

TOLD_APART_MAX_S: Final = 0.5
TOLD_WITHIN: Final = 0.5
"""Of the time for handing over: the last to be told have the rest of it to leave."""


class DrainState(StrEnum):
    """SERVING -> DRAINING -> HANDING_OVER -> CLOSED; from any of them at once to CLOSED when nobody is left."""

    SERVING = "serving"
    DRAINING = "draining"
    HANDING_OVER = "handing-over"
    CLOSED = "closed"


class Role(StrEnum):
    """Who somebody is to the others."""

    VISITOR = "visitor"
    PRESENTER = "presenter"
    FOLLOWER = "follower"
    """Of a presenter who is here."""
    ORPHAN = "orphan"
    """A follower whose presenter has gone."""


@dataclass(frozen=True, slots=True)
class Occupant:
    """Somebody who is here."""

    id: str
    role: Role


@dataclass(frozen=True, slots=True)
class DrainStep:
    """What to do now."""

    move: tuple[str, ...] = ()
    """Who is to be told to go elsewhere, each once."""
    within_s: float = 0.0
    """How long those have."""
    again_in_s: float | None = None
    """Ask again by then, or when somebody has come or gone; None: only then."""


class Drain:
    """See the module. ``state`` changes in ``begin`` and ``step`` alone; CLOSED: whoever is still here is to be
    ended."""

    def __init__(self, wait_s: float, hand_over_s: float) -> None:
        """``wait_s``: how long visits may go on here; ``hand_over_s``: how long they have to go elsewhere then."""
        self._wait_s = wait_s
        self._hand_over_s = hand_over_s
        self.state = DrainState.SERVING
        self._deadline_s = 0.0
        """Of the state."""
        self._told: set[str] = set()
        self._told_apart_s = 0.0
        self._tell_next_s = 0.0

    @property
    def begun(self) -> bool:
        return self.state is not DrainState.SERVING

    def admits(self, *, follower: bool) -> bool:
        """Whether somebody new may come in: while it waits, only to follow who leads here, as nobody else can have
        them."""
        return self.state is DrainState.SERVING or (follower and self.state is DrainState.DRAINING)

    def begin(self, now_s: float) -> bool:
        """It is to go; False where that was said before."""
        if self.begun:
            return False
        self.state, self._deadline_s = DrainState.DRAINING, now_s + self._wait_s
        return True

    def step(self, here: Sequence[Occupant], now_s: float) -> DrainStep:
        """What to do now, with those who are here."""
        if self.begun and not here:
            self.state = DrainState.CLOSED
        if self.state is DrainState.DRAINING and now_s >= self._deadline_s:
            self._begin_hand_over(len(here), now_s)
        if self.state is DrainState.HANDING_OVER and now_s >= self._deadline_s:
            self.state = DrainState.CLOSED
        match self.state:
            case DrainState.DRAINING:
                # Their presenter has found a place elsewhere, or will in a moment: there is nothing to see here.
                orphans = tuple(occupant.id for occupant in self._untold(here, Role.ORPHAN))
                self._told.update(orphans)
                return DrainStep(orphans, self._hand_over_s, self._deadline_s - now_s)
            case DrainState.HANDING_OVER:
                return self._tell_some(here, now_s)
            case _:
                return DrainStep()

    def _begin_hand_over(self, here: int, now_s: float) -> None:
        self.state, self._deadline_s = DrainState.HANDING_OVER, now_s + self._hand_over_s
        self._told_apart_s = min(TOLD_APART_MAX_S, TOLD_WITHIN * self._hand_over_s / here)
        self._tell_next_s = now_s

    def _tell_some(self, here: Sequence[Occupant], now_s: float) -> DrainStep:
        waiting = self._untold(here, Role.PRESENTER, Role.ORPHAN, Role.VISITOR)
        move: list[str] = []
        while waiting and self._tell_next_s <= now_s:
            move.append(waiting.pop(0).id)
            self._tell_next_s += self._told_apart_s
        if not waiting:
            self._tell_next_s = max(self._tell_next_s, now_s)  # no pause is made up for
        self._told.update(move)
        left_s = self._deadline_s - now_s
        return DrainStep(tuple(move), left_s, min(left_s, self._tell_next_s - now_s) if waiting else left_s)

    def _untold(self, here: Sequence[Occupant], *roles: Role) -> list[Occupant]:
        untold = [occupant for occupant in here if occupant.role in roles and occupant.id not in self._told]
        return sorted(untold, key=lambda occupant: roles.index(occupant.role))
