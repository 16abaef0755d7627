"""Serves a node over HTTP until it ends."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable

import uvicorn
from uvicorn.lifespan.on import LifespanOn

from control.errors import ControlError, SceneTooLarge
from control.node.edge_http import create_app
from control.node.edge_node import EdgeNode
from control.settings import NodeSettings
from edge_render.errors import EdgeRenderError

StopFor = Callable[[EdgeRenderError | SceneTooLarge], None]
"""See EdgeNode's ``on_failure``."""


SWITCH_INTERVAL_S = 0.0005
"""How long a thread that works in Python keeps the others from it. The thread that draws gives the interpreter away
in each call of OpenGL, some thirty a picture: by the usual 5 ms, one scene that is read would cost others theirs."""


class NodeServer(uvicorn.Server):
    """Ends with the node: where one of its tasks fails, uvicorn alone would go on without it."""

    @property
    def has_failed(self) -> bool:
        """Whether a task of the node has failed; the log says why. All is closed then, and the process has to end, so
        that it is started anew."""
        return isinstance(self.lifespan, LifespanOn) and self.lifespan.error_occurred

    async def on_tick(self, counter: int) -> bool:
        """See uvicorn.Server: whether to stop; asked several times a second."""
        return await super().on_tick(counter) or self.has_failed


def serve(settings: NodeSettings, make_node: Callable[[StopFor], EdgeNode]) -> None:
    """Serve until a signal ends the process, the package turns out not to be usable, or a task of the node fails.
    Raises EdgeRenderError, ControlError and whatever ``make_node`` does."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    failures: list[EdgeRenderError | SceneTooLarge] = []

    def stop_for(error: EdgeRenderError | SceneTooLarge) -> None:
        failures.append(error)
        server.should_exit = True

    config = uvicorn.Config(
        create_app(make_node(stop_for)),
        host=settings.host,
        port=settings.port,
        log_level="warning",
        lifespan="on",
        timeout_graceful_shutdown=3,
        ws_max_size=65_536,
        server_header=False,
    )
    server = NodeServer(config)
    shown_host = "localhost" if settings.host in ("127.0.0.1", "0.0.0.0", "::") else settings.host
    sys.stderr.write(f"edge-render: open http://{shown_host}:{settings.port}/\n")
    server.run([socket.socket(fileno=settings.listen_fd)] if settings.listen_fd is not None else None)
    if failures:
        raise failures[0]
    if not server.started:
        raise ControlError("the server did not start; the reason is in the lines above")
    if server.has_failed:
        raise ControlError("a task of the node has failed, and ended it; the reason is in the lines above")
