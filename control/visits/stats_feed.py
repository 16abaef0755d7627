"""Tells a visitor's page once a second what the node knows of the stream, while the page asks for it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

INTERVAL_S = 1.0


class StatsFeed:
    """Of one visit; ``run`` is a task of the visit's."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._watched = asyncio.Event()

    def watch(self, on: bool) -> None:
        """Begin at once, or end."""
        if on:
            self._watched.set()
        else:
            self._watched.clear()

    async def run(self) -> None:
        """Ends by cancellation."""
        while True:
            await self._watched.wait()
            self._tell()
            await asyncio.sleep(INTERVAL_S)
