"""Long work on a thread."""

from __future__ import annotations

import asyncio
import threading

import pytest

from control.showroom.thread_work import OnProgress, WorkCancelled, in_thread
from tests.waiting import WAIT_S


async def test_progress_is_told_on_the_event_loop() -> None:
    threads: list[int] = []

    def work(tell: OnProgress) -> str:
        tell(0.5)
        return "done"

    assert await in_thread(work, lambda _done: threads.append(threading.get_ident())) == "done"
    await asyncio.sleep(0)
    assert threads == [threading.get_ident()]


async def test_work_that_nobody_waits_for_ends_where_it_tells_its_progress() -> None:
    begun, ended, go_on = asyncio.Event(), asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work(tell: OnProgress) -> None:
        tell(0.0)
        assert go_on.wait(WAIT_S)
        try:
            tell(0.5)
        except WorkCancelled:
            loop.call_soon_threadsafe(ended.set)
            raise

    waiting = asyncio.create_task(in_thread(work, lambda _done: begun.set()))
    async with asyncio.timeout(WAIT_S):
        await begun.wait()
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        go_on.set()
        await ended.wait()
