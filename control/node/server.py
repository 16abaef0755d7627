"""Serves a node over HTTP until it ends."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable

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


def node_server(node: EdgeNode) -> Server:
    """Serves a node as its settings say. Raises StartError."""
    settings, fleet = node.settings, FleetParts.of(node)
    return Server(
        create_app(node, fleet),
        node,
        host=settings.host,
        port=settings.port,
        stop_within_s=STOP_WITHIN_S,
        let_go=(lambda: None) if fleet is None else fleet.face.close,
    )


def serve(settings: NodeSettings, make_node: Callable[[StopFor], EdgeNode]) -> None:
    """Serve until a signal ends the process, the package turns out not to be usable, or a task of the node fails.
    Raises EdgeRenderError, ControlError and whatever ``make_node`` does."""
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    failures: list[EdgeRenderError | SceneTooLarge] = []

    def stop_for(error: EdgeRenderError | SceneTooLarge) -> None:
        failures.append(error)
        server.stop()

    server = node_server(make_node(stop_for))
    shown_host = "localhost" if settings.host in ("127.0.0.1", "0.0.0.0", "::") else settings.host
    sys.stderr.write(f"edge-render: open http://{shown_host}:{settings.port}/\n")
    server.run([socket.socket(fileno=settings.listen_fd)] if settings.listen_fd is not None else None)
    if failures:
        raise failures[0]
    if not server.started:
        raise ControlError("the server did not start; the reason is in the lines above")
