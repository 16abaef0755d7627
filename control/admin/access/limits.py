"""How often somebody may try: logins by address and by account, requests by who makes them."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from control.admin.errors import TooManyTries
from control.http_face.addresses import network_of


@dataclass(frozen=True, slots=True)
class LimitRules:
    """In the notation of ``limits``. A package of 10,000 new files takes 20,000 requests, hence the actor's."""

    login_by_address: str = "30/15 minutes"
    login_by_account: str = "10/15 minutes"
    bad_tokens_by_address: str = "30/15 minutes"
    requests_by_actor: str = "6000/minute"
    requests_by_address: str = "1200/minute"


class RequestLimits:
    """Counts in this process's memory, in a moving window. For threads."""

    def __init__(self, rules: LimitRules | None = None) -> None:
        rules = rules or LimitRules()
        self._login_by_address = parse(rules.login_by_address)
        self._login_by_account = parse(rules.login_by_account)
        self._bad_tokens = parse(rules.bad_tokens_by_address)
        self._by_actor = parse(rules.requests_by_actor)
        self._by_address = parse(rules.requests_by_address)
        self._window = MovingWindowRateLimiter(MemoryStorage())

    def try_login(self, address: str, name: str) -> None:
        """Before a password is checked. Counted before, so that many at once are no way around. Raises TooManyTries."""
        self._hit(self._login_by_address, "logins from this address", "login", network_of(address))
        self._hit(self._login_by_account, "logins of this account", "account", name.strip().lower())

    def logged_in(self, name: str) -> None:
        """The password was right: earlier mistakes of that account no longer count."""
        self._window.clear(self._login_by_account, "account", name.strip().lower())

    def try_secret(self, address: str) -> None:
        """Before a bearer token or a setup token is looked up. Raises TooManyTries once too many were wrong."""
        if not self._window.test(self._bad_tokens, "token", network_of(address)):
            self._refuse(self._bad_tokens, "wrong tokens from this address", "token", network_of(address))

    def wrong_secret(self, address: str) -> None:
        """It was wrong."""
        self._window.hit(self._bad_tokens, "token", network_of(address))

    def request_of(self, account_id: int) -> None:
        """A request of somebody who is known. Raises TooManyTries."""
        self._hit(self._by_actor, "requests", "actor", str(account_id))

    def request_from(self, address: str) -> None:
        """A request of nobody known. Raises TooManyTries."""
        self._hit(self._by_address, "requests from this address", "address", network_of(address))

    def _hit(self, item: RateLimitItem, what: str, *key: str) -> None:
        if not self._window.hit(item, *key):
            self._refuse(item, what, *key)

    def _refuse(self, item: RateLimitItem, what: str, *key: str) -> None:
        wait_s = max(1, math.ceil(self._window.get_window_stats(item, *key).reset_time - time.time()))
        raise TooManyTries(f"too many {what}; try again in {wait_s} s", wait_s)
