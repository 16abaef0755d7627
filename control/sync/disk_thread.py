"""The one thread that touches the content folder: of low priority, as drawing comes first."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Final, ParamSpec, Self, TypeVar

_NICENESS: Final = 10
Given = ParamSpec("Given")
Result = TypeVar("Result")


class DiskThread:
    """A context manager. Work is done one after the other, in the order in which it was asked for."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="content", initializer=_give_way)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown()

    async def do(self, work: Callable[Given, Result], /, *args: Given.args, **kwargs: Given.kwargs) -> Result:
        """Do work on the thread; raises what it raises. Who is cancelled meanwhile leaves only once it is done, so that
        whoever comes next finds the files at rest; keep each piece of work short."""
        loop = asyncio.get_running_loop()
        future = loop.run_in_executor(self._executor, lambda: work(*args, **kwargs))
        cancelled: asyncio.CancelledError | None = None
        while not future.done():
            try:
                await asyncio.wait([future])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            if (failed := future.exception()) is not None:
                raise cancelled from failed
            raise cancelled
        return future.result()


def _give_way() -> None:
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _NICENESS)
