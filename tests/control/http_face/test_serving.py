"""How a process that serves ends: by signals, real ones, and by what fails."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from control.errors import TaskFailed
from control.http_face.serving import Server
from tests.waiting import WAIT_S


class Life:
    """What an application works with: one task, and a note of what happened."""

    def __init__(self) -> None:
        self.broken = asyncio.Event()
        self.asked = asyncio.Event()
        self.closed = False

    async def _work(self) -> None:
        await self.broken.wait()
        raise LookupError("a defect")

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as tasks:
            work = tasks.create_task(self._work())
            try:
                yield
            finally:
                self.closed = True
                work.cancel()


def app_of(life: Life) -> Starlette:
    async def wait(_request: Request) -> PlainTextResponse:
        life.asked.set()
        await asyncio.Event().wait()
        return PlainTextResponse("never")

    return Starlette(routes=[Route("/wait", wait)])


@asynccontextmanager
async def started(server: Server) -> AsyncIterator[asyncio.Task[None]]:
    serving = asyncio.create_task(server.serve())
    async with asyncio.timeout(WAIT_S):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
        yield serving


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_closes_what_was_open_and_is_over_then(number: signal.Signals) -> None:
    life, let_go = Life(), asyncio.Event()
    handler = signal.getsignal(number)
    async with started(Server(app_of(life), life.opened(), stop_within_s=3, let_go=let_go.set)) as serving:
        os.kill(os.getpid(), number)
        await serving
    assert (life.closed, let_go.is_set()) == (True, True)
    assert signal.getsignal(number) is handler


async def test_a_second_signal_waits_for_nobody() -> None:
    life = Life()
    server = Server(app_of(life), life.opened(), stop_within_s=3600)
    async with started(server) as serving:
        _, writer = await asyncio.open_connection("127.0.0.1", server.listens_at)
        writer.write(b"GET /wait HTTP/1.1\r\nHost: here\r\n\r\n")
        await life.asked.wait()
        os.kill(os.getpid(), signal.SIGTERM)
        while not server.should_exit:  # noqa: ASYNC110 - seen from outside
            await asyncio.sleep(0.02)
        os.kill(os.getpid(), signal.SIGTERM)
        await serving
        writer.close()
    assert life.closed


async def test_it_ends_where_a_task_of_what_it_works_with_fails() -> None:
    life = Life()
    async with started(Server(app_of(life), life.opened(), stop_within_s=3)) as serving:
        life.broken.set()
        with pytest.raises(TaskFailed):
            await serving
    assert life.closed


async def test_what_can_not_be_opened_is_told_as_it_is() -> None:
    @asynccontextmanager
    async def locked() -> AsyncIterator[None]:
        raise PermissionError("locked")
        yield

    with pytest.raises(PermissionError, match="locked"):
        await Server(app_of(Life()), locked(), stop_within_s=3).serve()
