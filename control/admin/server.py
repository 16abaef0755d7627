"""Serves the admin over HTTP until a signal comes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from control.admin.admin_node import open_parts
from control.admin.app import create_admin_app
from control.admin.parts import AdminParts
from control.admin.settings import AdminSettings
from control.http_face.serving import Server

STOP_WITHIN_S = 10
"""Longer downloads are broken off when the admin stops; edges go on with them elsewhere, or when it is back."""


class AdminServer(Server):
    """When it stops it lets those go who wait for an order: else it would wait for them, as they wait for half a
    minute."""

    def __init__(self, settings: AdminSettings) -> None:
        """Serving raises AdminError where the database or the blob store can't be used."""
        self._settings = settings
        self._opened: AdminParts | None = None
        app = create_admin_app(self._opened_parts)
        super().__init__(
            app,
            self._open(),
            host=settings.host,
            port=settings.port,
            stop_within_s=STOP_WITHIN_S,
            let_go=self._let_waiting_go,
        )

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[None]:
        async with open_parts(self._settings) as self._opened:
            yield

    @asynccontextmanager
    async def _opened_parts(self) -> AsyncIterator[AdminParts]:
        yield self.parts

    @property
    def parts(self) -> AdminParts:
        """While it serves."""
        assert self._opened is not None, "they are opened before it serves"
        return self._opened

    def _let_waiting_go(self) -> None:
        if self._opened is not None:
            self._opened.sites.order_watch.close()
