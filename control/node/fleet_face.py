"""Tells the gateways how this renderer is: ``GET /fleet/state``, a line on each change and as a sign of life.

A change is told at once where the last was a while ago, else with those that follow it soon: a crowd that comes in
makes a few lines. All watchers are told the same line, which is made once. Who does not take lines in time is told only
the newest one, and after a while none.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import structlog
from fastapi import APIRouter, Request, Response
from starlette.types import Receive, Scope, Send

from control.fleet.states import SIGN_OF_LIFE_S, RendererState
from control.http_face.errors import RETRY_AFTER_FULL_S, error_reply
from control.node.pass_check import PassCheck

log = structlog.get_logger(__name__)

TOLD_APART_S: Final = 0.02
WATCHERS_MAX: Final = 64
"""A site has a few gateways; each also watches anew while its broken stream is not known to be broken."""
SLOW_S: Final = 5.0
"""Who has not taken a line by then is no gateway that could let anybody in."""


class FleetFace:
    """Of one renderer, on the event loop. ``read`` gives how it is now. Who has not taken a line after ``slow_s`` is
    dropped."""

    def __init__(self, read: Callable[[], RendererState], slow_s: float = SLOW_S) -> None:
        self._read = read
        self.slow_s = slow_s
        self._watchers: set[asyncio.Event] = set()
        """Each is set when there is a new line, or none will come any more."""
        self._told_s = 0.0
        self._due: asyncio.TimerHandle | None = None
        self.line = b""
        """How it is, as it was told last."""
        self.closed = False

    def changed(self) -> None:
        """Something may be otherwise than it was told; called as often as one likes."""
        if self._due is None and self._watchers and not self.closed:
            loop = asyncio.get_running_loop()
            self._due = loop.call_at(max(loop.time(), self._told_s + TOLD_APART_S), self._tell)

    def _tell(self) -> None:
        self._due = None
        self.renew()

    def renew(self) -> None:
        """Have the line say how it is now; all watchers are told where that is something else."""
        before, self.line = self.line, self._read().model_dump_json().encode() + b"\n"
        if self.line != before:
            self._told_s = asyncio.get_running_loop().time()
            self._wake()

    def _wake(self) -> None:
        for watcher in self._watchers:
            watcher.set()

    def close(self) -> None:
        """End all streams: the renderer stops. May be called again."""
        self.closed = True
        if self._due is not None:
            self._due.cancel()
        self._wake()

    @property
    def full(self) -> bool:
        """Whether there are as many watchers as may be."""
        return len(self._watchers) >= WATCHERS_MAX

    @contextmanager
    def watched(self) -> Iterator[asyncio.Event]:
        """Watch while the context lasts."""
        news = asyncio.Event()
        self._watchers.add(news)
        try:
            yield news
        finally:
            self._watchers.remove(news)


class StateStream(Response):
    """An answer that goes on while both the watcher and the renderer are there."""

    media_type = "application/x-ndjson"

    def __init__(self, face: FleetFace) -> None:
        super().__init__()
        del self.headers["content-length"]
        self._face = face

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        async with asyncio.TaskGroup() as tasks:
            telling = tasks.create_task(self._tell(send), name="tell-state")
            leaving = tasks.create_task(_until_left(receive), name="state-watcher-leaves")
            await asyncio.wait((telling, leaving), return_when=asyncio.FIRST_COMPLETED)
            for task in (telling, leaving):
                task.cancel()

    async def _tell(self, send: Send) -> None:
        face = self._face
        with face.watched() as news:
            await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
            face.renew()
            while not face.closed:
                news.clear()
                try:
                    async with asyncio.timeout(face.slow_s):
                        await send({"type": "http.response.body", "body": face.line, "more_body": True})
                except TimeoutError:
                    log.warning("state_watcher_dropped", reason=f"it took no line for {face.slow_s:g} s")
                    return
                try:
                    async with asyncio.timeout(SIGN_OF_LIFE_S):
                        await news.wait()
                except TimeoutError:
                    face.renew()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _until_left(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def fleet_routes(face: FleetFace, passes: PassCheck) -> APIRouter:
    """The route by which gateways watch a renderer."""
    routes = APIRouter()

    @routes.get("/fleet/state")
    async def state(request: Request) -> Response:
        passes.check(request.headers.get("authorization"), "state")
        if face.full:
            return error_reply(503, "too-many-watchers", headers={"Retry-After": str(RETRY_AFTER_FULL_S)})
        return StateStream(face)

    return routes
