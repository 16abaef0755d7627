"""Serves an application while what it works with lives: one way in which nodes, gateways and the admin end.

- By a signal: who waits for news is let go, answers that are under way get a while, then all is closed; the process
  ends with status 0. A second signal waits for nobody.
- Where what the application works with fails, by itself or in one of its tasks: uvicorn alone would go on without it.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
import threading
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Final

import structlog
import uvicorn
from starlette.types import ASGIApp

from control.errors import TaskFailed

log = structlog.get_logger(__name__)

_WEBSOCKET_MAX_BYTES: Final = 65_536
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


def _nothing() -> None:
    pass


class Server(uvicorn.Server):
    """See the module. ``run`` or ``serve`` is its whole life."""

    def __init__(
        self,
        app: ASGIApp,
        life: AbstractAsyncContextManager[object],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        stop_within_s: int,
        let_go: Callable[[], None] = _nothing,
        trusted_proxies: Sequence[str] | None = None,
    ) -> None:
        """``life`` is entered before the first request and left after the last. It may have a TaskGroup that it was
        entered with: where a task of it fails, all ends. ``let_go`` is called when it stops, on the event loop, once or
        more: it ends the answers that would go on for ever. Others are broken off after ``stop_within_s``.
        ``trusted_proxies``: networks whose word is taken for where a request comes from (X-Forwarded-For); None: that
        of this machine, or of those that FORWARDED_ALLOW_IPS names."""
        self._life = life
        self._let_go = let_go
        self._sockets: list[socket.socket] | None = None
        super().__init__(
            uvicorn.Config(
                app,
                host=host,
                port=port,
                log_level="warning",
                lifespan="on",
                server_header=False,
                timeout_graceful_shutdown=stop_within_s,
                ws_max_size=_WEBSOCKET_MAX_BYTES,
                forwarded_allow_ips=None if trusted_proxies is None else list(trusted_proxies),
            )
        )

    @property
    def listens_at(self) -> int:
        """The TCP port, while it serves."""
        return int(self.servers[0].sockets[0].getsockname()[1])

    def stop(self) -> None:
        """End as at a signal; on the event loop."""
        self.should_exit = True
        self._let_go()

    def signalled(self) -> None:
        """A signal came; called on the event loop."""
        if self.should_exit:
            self.force_exit = True
        self.stop()

    async def _serve(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn.Server. Raises TaskFailed, and what entering the life raises: of what is raised within an
        application's lifespan uvicorn prints a traceback instead, and it goes on where a task fails later."""
        self._sockets = sockets
        try:
            async with self._life:
                await super()._serve(sockets)
        except ExceptionGroup as defects:
            log.exception("task_failed")
            raise TaskFailed("a task has failed, and ended the process; the reason is in the lines above") from defects

    async def main_loop(self) -> None:
        """See uvicorn.Server, which leaves all open where it is cancelled: by who runs it, or as a task has failed."""
        try:
            await super().main_loop()
        except asyncio.CancelledError:
            self.stop()
            await self.shutdown(self._sockets)
            raise

    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None, None, None]:
        """See uvicorn.Server, which raises each signal again at the end: that is no way to end as one was asked to."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        loop = asyncio.get_running_loop()
        before = {number: signal.getsignal(number) for number in _SIGNALS}
        for number in _SIGNALS:
            loop.add_signal_handler(number, self.signalled)
        try:
            yield
        finally:
            for number, handler in before.items():
                loop.remove_signal_handler(number)
                signal.signal(number, handler)
