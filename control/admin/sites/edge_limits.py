"""How much the nodes of a site may ask: far above what they need, so that only one that runs wild meets it."""

from __future__ import annotations

import time
from enum import Enum
from math import ceil

from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from control.admin.errors import TooManyTries


class Traffic(Enum):
    """A kind of request, with how many a site may make of it."""

    MESSAGE = RateLimitItemPerMinute(1200)
    """Orders, reports, visits: of 64 nodes some 20 a minute each."""
    BLOB = RateLimitItemPerMinute(30_000)
    """A release has up to 10,000 files, which several nodes may fetch at once."""


class EdgeLimits:
    """Counts the requests of each site in this process."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, site: str, traffic: Traffic) -> None:
        """Raises TooManyTries."""
        item: RateLimitItem = traffic.value
        if not self._limiter.hit(item, traffic.name, site):
            wait_s = self._limiter.get_window_stats(item, traffic.name, site).reset_time - time.time()
            raise TooManyTries(f"the nodes of {site} ask more than {item.amount} times a minute", max(1, ceil(wait_s)))
