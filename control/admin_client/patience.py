"""When a request that failed is made again, and when no more. Pure."""

from __future__ import annotations

import random
from collections.abc import Container
from typing import Final

from control.admin_client.errors import ClientError, Refused, Unreachable

FIRST_WAIT_S: Final = 0.5
LONGEST_WAIT_S: Final = 20.0
_BUSY: Final = (429, 503)
"""It was not done: too many requests, or the database or the store was away."""
_PROXY: Final = (502, 504)
"""A proxy does not know whether it was done."""


class Patience:
    """For one request, or for an upload as long as it gets on. Seconds on the caller's clock."""

    def __init__(self, patience_s: float, jitter: random.Random) -> None:
        """``patience_s``: after so long without success it is given up."""
        self._patience_s = patience_s
        self._jitter = jitter
        self._failures = 0
        self._failing_since: float | None = None

    def worked(self) -> None:
        """Something got on: earlier failures count no more."""
        self._failures, self._failing_since = 0, None

    def wait_s(self, error: ClientError, now: float, *, repeatable: bool, also: Container[int] = ()) -> float | None:
        """How long to wait before the next try; None: give up. ``repeatable``: doing it twice is as good as once.
        ``also``: further statuses that are not the last word."""
        if not _may_work_later(error, repeatable, also):
            return None
        since = now if self._failing_since is None else self._failing_since
        self._failing_since = since
        self._failures += 1
        longest_s = min(LONGEST_WAIT_S, FIRST_WAIT_S * 2.0 ** min(self._failures - 1, 16))
        wait_s = longest_s * self._jitter.uniform(0.5, 1.0)
        if isinstance(error, Refused) and error.retry_after_s is not None:
            wait_s = max(wait_s, error.retry_after_s)
        return None if now + wait_s - since > self._patience_s else wait_s


def _may_work_later(error: ClientError, repeatable: bool, also: Container[int]) -> bool:
    match error:
        case Unreachable(sent=sent):
            return repeatable or not sent
        case Refused(status=status):
            return status in _BUSY or status in also or (repeatable and status in _PROXY)
        case _:
            return False
