"""Serves a node over HTTP until it ends."""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from control.errors import ControlError, SceneTooLarge
from control.http_face.serving import Server
from control.node.edge_http import create_app
from control.node.edge_node import EdgeNode
from control.node.fleet_parts import FleetParts
from control.settings import NodeSettings
from edge_render.errors import EdgeRenderError

StopFor = Callable[[EdgeRenderError | SceneTooLarge], None]
"""See EdgeNode's ``on_failure``."""


SWITCH_INTERVAL_S = 0.0005
"""How long a thread that works in Python keeps the others from it. The thread that draws gives the interpreter away
in each call of OpenGL, some thirty a picture: by the usual 5 ms, one scene that is read would cost others theirs."""
STOP_WITHIN_S = 3


class NodeServer(Server):
    """Ends with the node; one that is entered through gateways hands its visitors over first."""

    def __init__(self, node: EdgeNode) -> None:
        """Raises StartError."""
        settings = node.settings
        self._node = node
        self._fleet = FleetParts.of(node)
        super().__init__(
            create_app(node, self._fleet),
            self._living(),
            host=settings.host,
            port=settings.port,
            stop_within_s=STOP_WITHIN_S,
            let_go=self._close_streams,
        )

    @asynccontextmanager
    async def _living(self) -> AsyncIterator[None]:
        async with self._node, asyncio.TaskGroup() as tasks:
            drain = tasks.create_task(self._drain(), name="drain")
            try:
                yield
            finally:
                drain.cancel()

    async def _drain(self) -> None:
        if self._fleet is not None:
            await self._fleet.draining.run()
            self.stop()

    def _close_streams(self) -> None:
        if self._fleet is not None:
            self._fleet.face.close()

    def signalled(self) -> None:
        """See Server: the first signal has visitors go elsewhere, the next one waits for nobody."""
        if self._fleet is None or not self._fleet.draining.begin():
            super().signalled()


def serve(settings: NodeSettings, make_node: Callable[[StopFor], EdgeNode]) -> None:
    """Serve until a signal ends the process, the package turns out not to be usable, or a task of the node fails.
    Raises EdgeRenderError, ControlError and whatever ``make_node`` does."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    failures: list[EdgeRenderError | SceneTooLarge] = []

    def stop_for(error: EdgeRenderError | SceneTooLarge) -> None:
        failures.append(error)
        server.stop()

    server = NodeServer(make_node(stop_for))
    shown_host = "localhost" if settings.host in ("127.0.0.1", "0.0.0.0", "::") else settings.host
    what = "open" if settings.fleet_name is None else f"renderer {settings.fleet_name}, entered through gateways, at"
    sys.stderr.write(f"edge-render: {what} http://{shown_host}:{settings.port}/\n")
    server.run([socket.socket(fileno=settings.listen_fd)] if settings.listen_fd is not None else None)
    if failures:
        raise failures[0]
    if not server.started:
        raise ControlError("the server did not start; the reason is in the lines above")
