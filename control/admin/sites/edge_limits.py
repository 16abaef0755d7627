"""How much nodes may ask: far above what they need, so that only those that run wild meet it."""

from __future__ import annotations

import time
from enum import Enum
from math import ceil
from typing import Final

from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from control.admin.errors import TooManyTries
from control.http_face.addresses import network_of


class Traffic(Enum):
    """A kind of request, with how many a site may make of it."""

    MESSAGE = RateLimitItemPerMinute(1200)
    """Orders, reports, visits: of 64 nodes some 20 a minute each."""
    BLOB = RateLimitItemPerMinute(30_000)
    """A release has up to 10,000 files, which several nodes may fetch at once."""
    CATCH_UP = RateLimitItemPerHour(30)
    """For newer orders than there are: after a backup was restored, a node asks for that once. Each is a new order for
    all nodes of the site, and an entry in the audit log."""


_WRONG_TOKENS: Final = RateLimitItemPerMinute(300)
"""From one address. Nobody guesses a token; this keeps forgotten nodes from the database, and others at their address
may go on."""


class EdgeLimits:
    """Counts in this process's memory. For threads."""

    def __init__(self) -> None:
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())

    def count(self, site: str, traffic: Traffic) -> None:
        """A request of a site. Raises TooManyTries."""
        item: RateLimitItem = traffic.value
        if not self._limiter.hit(item, traffic.name, site):
            what = " for orders that are not there" if traffic is Traffic.CATCH_UP else ""
            self._refuse(f"the nodes of {site} ask{what}", item, traffic.name, site)

    def check(self, address: str) -> None:
        """Before a token is looked up. Raises TooManyTries where too many from there were wrong."""
        key = ("wrong-token", network_of(address))
        if not self._limiter.test(_WRONG_TOKENS, *key):
            self._refuse("nodes at this address ask with a wrong token", _WRONG_TOKENS, *key)

    def wrong_token(self, address: str) -> None:
        """It was wrong, or that of a site that is retired."""
        self._limiter.hit(_WRONG_TOKENS, "wrong-token", network_of(address))

    def _refuse(self, who: str, item: RateLimitItem, *key: str) -> None:
        wait_s = max(1, ceil(self._limiter.get_window_stats(item, *key).reset_time - time.time()))
        span = item.GRANULARITY.name
        raise TooManyTries(f"{who} more than {item.amount} times in a {span}; try again in {wait_s} s", wait_s)
