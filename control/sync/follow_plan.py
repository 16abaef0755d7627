"""What a follower does next, from what is ordered, what is there and what is shown. Pure.

Each release goes its way alone: manifest, blobs, folder, warm. Then all are shown at once. One that failed does not
keep the others waiting; one that waits for the network does.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final, TypeAlias

from control.content.release import OrderedRelease


class Reached(Enum):
    """How far a release is."""

    ORDERED = "ordered"
    KNOWN = "known"  # its manifest is here
    FETCHED = "fetched"  # and all its blobs
    LAID_OUT = "laid-out"  # and its folder
    WARM = "warm"


@dataclass(frozen=True, slots=True)
class Setback:
    """Why a release does not get on. ``retry_at``: on the follower's clock, in seconds; infinite: only when it is
    ordered anew. ``failed``: it is the release's own matter, and others need not wait for it."""

    message: str
    retry_at: float
    failed: bool
    times: int
    """How often in a row, without anything having moved."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Of an ordered release."""

    reached: Reached = Reached.ORDERED
    setback: Setback | None = None


@dataclass(frozen=True, slots=True)
class FetchManifest:
    ordered: OrderedRelease


@dataclass(frozen=True, slots=True)
class FetchBlobs:
    ordered: OrderedRelease


@dataclass(frozen=True, slots=True)
class LayOut:
    ordered: OrderedRelease


@dataclass(frozen=True, slots=True)
class Warm:
    ordered: OrderedRelease


@dataclass(frozen=True, slots=True)
class Show:
    """These, at once, and nothing else."""

    releases: tuple[OrderedRelease, ...]


@dataclass(frozen=True, slots=True)
class Rest:
    """Nothing can be done until then, on the follower's clock, or until something else is ordered."""

    until: float


Preparation: TypeAlias = FetchManifest | FetchBlobs | LayOut | Warm
Step: TypeAlias = Preparation | Show | Rest
_NEXT: Final[Mapping[Reached, type[Preparation]]] = {
    Reached.ORDERED: FetchManifest,
    Reached.KNOWN: FetchBlobs,
    Reached.FETCHED: LayOut,
    Reached.LAID_OUT: Warm,
}


def next_step(
    ordered: Sequence[OrderedRelease],
    standings: Mapping[str, Standing],
    shown: Sequence[OrderedRelease],
    now: float,
    *,
    warmed: bool = False,
) -> Step:
    """``standings``: by release; one that is not in it is only ordered. ``shown``: what new visits see, in order.
    ``warmed``: something was warmed since they were shown, though it may not be ordered any more: the stage lets go of
    it when it is told again what to show."""
    held_up = []
    for item in ordered:
        standing = standings.get(item.release, Standing())
        if standing.setback is not None and standing.setback.retry_at > now:
            held_up.append(standing.setback)
        elif standing.reached is not Reached.WARM:
            return _NEXT[standing.reached](item)
    rest = Rest(min((setback.retry_at for setback in held_up), default=math.inf))
    if not all(setback.failed for setback in held_up):
        return rest
    wanted = _wanted(ordered, standings, shown)
    return rest if wanted == tuple(shown) and not warmed else Show(wanted)


def _wanted(
    ordered: Sequence[OrderedRelease], standings: Mapping[str, Standing], shown: Sequence[OrderedRelease]
) -> tuple[OrderedRelease, ...]:
    now = {item.showroom: item for item in shown}
    wanted = []
    for item in ordered:
        standing = standings.get(item.release)
        if standing is not None and standing.reached is Reached.WARM:
            wanted.append(item)
        elif item.showroom in now:
            wanted.append(now[item.showroom])
    return tuple(wanted)
