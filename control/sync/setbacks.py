"""What becomes of a release that does not get on: whether others wait for it, and when it is tried again. Pure."""

from __future__ import annotations

import math
from random import Random
from typing import Final

from control.content.errors import SignatureRefused
from control.content.stage import EditionRefused, EditionWaits
from control.sync.errors import ApiError, NoRoom, Refused, ReleaseRefused, WrongBytes
from control.sync.follow_plan import Setback

NETWORK_S: Final = (0.5, 60.0)
"""Waits for the network: the first and the longest, in seconds."""
MENDING_S: Final = (30.0, 600.0)
"""Waits for people: a disk, a store or a signature has to be mended, or visitors have to leave."""
WRONG_BYTES_MAX: Final = 3
"""So often what came is thrown away and fetched again at once."""
Failure = ApiError | NoRoom | WrongBytes | ReleaseRefused | SignatureRefused | EditionRefused | OSError
FAILURES: Final = (ApiError, NoRoom, WrongBytes, ReleaseRefused, SignatureRefused, EditionRefused, OSError)


def delay_s(times: int, random: Random, bounds_s: tuple[float, float] = NETWORK_S) -> float:
    """How long to wait after so many setbacks in a row (1 …): twice as long each time, at a random place in the second
    half of it, so that a hundred edges do not come back at the same moment."""
    first_s, most_s = bounds_s
    return min(most_s, first_s * 2.0 ** min(times - 1, 30)) * random.uniform(0.5, 1.0)


def setback_of(error: Failure, before: Setback | None, moved: bool, now: float, random: Random) -> Setback:
    """``before``: the release's last setback; ``moved``: bytes came since then. ``now`` in seconds on the follower's
    clock."""
    times = 1 if before is None else before.times + 1
    message = _message(error)
    match error:
        case EditionRefused() if not isinstance(error, EditionWaits):
            return Setback(message, math.inf, True, times)
        case WrongBytes() if times <= WRONG_BYTES_MAX:
            return Setback(message, now + delay_s(times, random), False, times)
        case Refused(passes=False):
            return Setback(message, now + delay_s(times, random, MENDING_S), True, times)
        case ApiError():
            times = 1 if moved else times
            return Setback(message, now + delay_s(times, random), False, times)
        case _:
            return Setback(message, now + delay_s(times, random, MENDING_S), True, times)


def _message(error: Failure) -> str:
    if isinstance(error, OSError):
        return f"the content folder can't be written or read: {error}"
    return str(error)
