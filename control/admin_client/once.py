"""Requests that must not be done twice, over connections that break before the answer comes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from control.admin_client.errors import Refused, Unreachable

_TRIES: Final = 5
Reply = TypeVar("Reply")


async def once(ask: Callable[[], Awaitable[Reply]], find: Callable[[], Awaitable[Reply | None]]) -> Reply:
    """The answer; where it was lost, what ``find`` has found of its being done, and else it is asked again. Raises what
    the two raise."""
    for _ in range(_TRIES - 1):
        try:
            return await ask()
        except (Unreachable, Refused) as error:
            if not _may_be_done(error):
                raise
        found = await find()
        if found is not None:
            return found
    return await ask()


def _may_be_done(error: Unreachable | Refused) -> bool:
    """The connection broke after the request was sent, or a proxy got no answer."""
    return error.sent if isinstance(error, Unreachable) else error.status in (502, 504)
