"""Serves the admin over HTTP until a signal comes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import FrameType

import uvicorn

from control.admin.admin_node import open_parts
from control.admin.app import create_admin_app
from control.admin.parts import AdminParts
from control.admin.settings import AdminSettings

STOP_WITHIN_S = 10
"""Longer downloads are broken off when the admin stops; edges go on with them elsewhere, or when it is back."""


class AdminServer(uvicorn.Server):
    """On a signal it lets those go who wait for an order: else it would wait for them, as they wait for half a
    minute."""

    def __init__(self, settings: AdminSettings) -> None:
        self._settings = settings
        self._app = create_admin_app(self._opened_parts)
        self._opened: AdminParts | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        super().__init__(
            uvicorn.Config(
                self._app,
                host=settings.host,
                port=settings.port,
                log_level="warning",
                lifespan="on",
                server_header=False,
                timeout_graceful_shutdown=STOP_WITHIN_S,
            )
        )

    async def _serve(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn.Server. Raises AdminError where the database or the blob store can't be used: of what is raised
        within the application's lifespan uvicorn prints a traceback, and goes on where a task fails later. Not
        ``serve``: at its end that raises a signal again, before the parts were closed."""
        async with open_parts(self._settings) as self._opened:
            await super()._serve(sockets)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """See uvicorn.Server."""
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)

    @asynccontextmanager
    async def _opened_parts(self) -> AsyncIterator[AdminParts]:
        assert self._opened is not None, "serve has opened them"
        yield self._opened

    @property
    def parts(self) -> AdminParts:
        """While it serves."""
        parts: AdminParts = self._app.state.parts
        return parts

    def stop(self) -> None:
        """As at a signal; on the event loop."""
        self.should_exit = True
        self.parts.sites.order_watch.close()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """See uvicorn.Server: called at a signal, at any moment. Before it serves there is nobody to let go."""
        super().handle_exit(sig, frame)
        if self._loop is not None and self.started:
            self._loop.call_soon_threadsafe(self.stop)
