"""Long work on a thread, for the event loop: its progress is told, and it ends soon after nobody waits for it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")
OnProgress = Callable[[float], None]
"""Told how much is done, from 0 to 1."""


class WorkCancelled(Exception):
    """Nobody waits for this work any more. Raised on its thread where it tells its progress; nobody sees it else."""


async def in_thread(work: Callable[[OnProgress], Result], on_progress: OnProgress) -> Result:
    """Do work on a thread. ``work`` gets what it tells its progress to, which raises WorkCancelled once this is
    cancelled; ``on_progress`` is called on the event loop. Raises what ``work`` raises."""
    loop, cancelled = asyncio.get_running_loop(), threading.Event()

    def tell(done: float) -> None:
        if cancelled.is_set():
            raise WorkCancelled
        loop.call_soon_threadsafe(on_progress, done)

    try:
        return await asyncio.to_thread(work, tell)
    except asyncio.CancelledError:
        cancelled.set()
        raise
