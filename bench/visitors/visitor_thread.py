"""The bridge between locust's greenlets and the visitors' asyncio loop.

The loop runs on a real thread (gevent's ThreadPool of one, whose result a greenlet can wait for). Into it go
coroutines, by asyncio's ``call_soon_threadsafe``; out of it come results and samples, by the one call of gevent's
loop that other threads may use, ``run_callback_threadsafe``. Nothing else is shared: locust's objects are touched on
gevent's thread only, and the visits on the other.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

import gevent
from gevent.event import AsyncResult, Event
from gevent.threadpool import ThreadPool

from bench.visitors.native_loop import NativeEventLoop
from bench.visitors.samples import Sample, Tally

T = TypeVar("T")

REPORT_INTERVAL_S = 0.2
"""Samples cross in batches: a crossing costs more than a sample."""


class VisitorThread:
    """Owns the thread, its loop and its tasks. Made, used and closed on gevent's thread, but for ``report``."""

    def __init__(self, on_samples: Callable[[list[Sample], Tally], None]) -> None:
        """``on_samples`` is called on gevent's thread, with what came since the last call."""
        self._on_samples = on_samples
        self._hub = gevent.get_hub()
        self._pool = ThreadPool(1, self._hub)
        self._ready = Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event | None = None
        self._tasks: set[asyncio.Task[Any]] = set()
        self._samples: list[Sample] = []
        self._tally = Tally()
        self._finished = self._pool.spawn(self._run)
        self._ready.wait()
        if self._loop is None:
            self._finished.get()  # raises what kept the loop from starting

    # --- on gevent's thread --------------------------------------------------------------------------

    def call(self, function: Callable[..., Coroutine[Any, Any, T]], *values: object) -> T:
        """Run a coroutine function on the loop; the calling greenlet alone waits. Raises what it raises.

        Where the waiting greenlet is killed, the coroutine is cancelled, and its end is waited for.
        """
        outcome: AsyncResult = AsyncResult()
        running: list[asyncio.Task[T]] = []
        loop = self._loop
        if loop is None or loop.is_closed():
            raise RuntimeError("the visitors' thread has ended")

        def begin() -> None:
            task = loop.create_task(function(*values))
            running.append(task)
            self._tasks.add(task)
            task.add_done_callback(finish)

        def finish(task: asyncio.Task[T]) -> None:
            self._tasks.discard(task)
            if task.cancelled():
                self._on_gevent(outcome.set_exception, VisitCancelled("the visit was cancelled"))
            elif (error := task.exception()) is not None:
                self._on_gevent(outcome.set_exception, error)
            else:
                self._on_gevent(outcome.set, task.result())

        def cancel() -> None:
            for task in running:
                task.cancel()

        loop.call_soon_threadsafe(begin)
        try:
            result: T = outcome.get()
        except BaseException:
            if not outcome.ready():
                loop.call_soon_threadsafe(cancel)
                outcome.wait()
            raise
        return result

    def close(self) -> None:
        """Cancel what still runs, wait for it, tell the last samples and end the thread."""
        if self._loop is not None and self._closing is not None:
            self._loop.call_soon_threadsafe(self._closing.set)
        self._finished.get()
        self._loop = None
        self._pool.kill()

    # --- on the visitors' thread ---------------------------------------------------------------------

    def report(self, samples: list[Sample], tally: Tally | None = None) -> None:
        """Tell what a visit has noticed. On the visitors' thread."""
        self._samples += samples
        if tally is not None:
            self._tally.add(tally)

    def _run(self) -> None:
        """The thread's whole life."""
        try:
            loop = NativeEventLoop()
        except BaseException:
            self._on_gevent(self._ready.set)
            raise
        try:
            loop.run_until_complete(self._serve(loop))
        finally:
            loop.run_until_complete(loop.shutdown_asyncgens())
            loop.close()

    async def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        self._closing = asyncio.Event()
        self._loop = loop
        self._on_gevent(self._ready.set)
        try:
            while not self._closing.is_set():
                try:
                    async with asyncio.timeout(REPORT_INTERVAL_S):
                        await self._closing.wait()
                except TimeoutError:
                    self._flush()
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            # What they raise goes to who called them.
            await asyncio.gather(*tasks, return_exceptions=True)
            # Libraries leave tasks of a connection that was ended early. They would be complained of at the process's
            # end, when nothing can write that down any more.
            left = asyncio.all_tasks() - {asyncio.current_task()}
            for task in left:
                task.cancel()
            await asyncio.gather(*left, return_exceptions=True)
            self._flush()

    def _flush(self) -> None:
        if self._samples or self._tally != Tally():
            self._on_gevent(self._on_samples, self._samples, self._tally)
            self._samples, self._tally = [], Tally()

    def _on_gevent(self, function: Callable[..., object], *values: object) -> None:
        self._hub.loop.run_callback_threadsafe(function, *values)


class VisitCancelled(Exception):
    """The coroutine was cancelled: its thread is being closed."""


def now_s() -> float:
    """The one clock of both threads."""
    return time.monotonic()
