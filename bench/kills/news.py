"""Waiting for something to become true, by what happens and not by time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from control.sync.progress import Signal

Found = TypeVar("Found")


class News:
    """Its owner fires it whenever something happened; who waits looks again each time."""

    def __init__(self) -> None:
        self._signal = Signal()

    def fire(self) -> None:
        self._signal.fire()

    async def when(self, found: Callable[[], Found | None], timeout_s: float = 90.0) -> Found:
        """What ``found`` finds, as soon as it is neither None nor False. Raises TimeoutError."""
        async with asyncio.timeout(timeout_s):
            while not (result := found()):
                await self._signal.wait()
            return result
