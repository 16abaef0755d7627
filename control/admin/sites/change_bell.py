"""Tells those who wait on the event loop that a transaction of this process has changed what they look at."""

from __future__ import annotations

import asyncio
from types import TracebackType

from sqlalchemy import event
from sqlalchemy.orm import Session


class ChangeBell:
    """Rung from any thread, heard on the event loop that it was entered on. A ring while nobody listens is kept, many
    are heard as one. Before it is entered and after it is left, rings go nowhere."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None

    def __enter__(self) -> ChangeBell:
        self._loop = asyncio.get_running_loop()
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self._loop = None

    def ring_after(self, session: Session) -> None:
        """Ring when the session's transaction is committed; where it is rolled back, nothing is heard."""
        event.listen(session, "after_commit", lambda _session: self.ring(), once=True)

    def ring(self) -> None:
        """Ring now."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._rung.set)

    async def heard(self, timeout_s: float) -> bool:
        """Wait for a ring since the last call; False where none came in that time."""
        try:
            async with asyncio.timeout(timeout_s):
                await self._rung.wait()
        except TimeoutError:
            return False
        self._rung.clear()
        return True
