"""The HTTP face of a gateway: the viewer's page, joining, WHEP, what gateways tell each other, metrics and health."""

from __future__ import annotations

import time

from fastapi import FastAPI, Request, Response
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from control.fleet.errors import TokenRefused
from control.fleet.tokens import Pass
from control.gateway.errors import Refused
from control.gateway.gateway_node import GatewayNode
from control.gateway.join_routes import join_routes
from control.gateway.line_stream import LineResponse
from control.gateway.peers import waiting_lines
from control.gateway.requests import bearer_of, refused_reply
from control.gateway.whep_routes import whep_routes
from control.http_face.operation import operation_routes
from control.http_face.page import PageHeaders, add_page


def create_gateway_app(node: GatewayNode) -> FastAPI:
    """The ASGI application of a gateway that is open."""
    app = FastAPI(title="edge-render gateway", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(PageHeaders)
    app.add_middleware(_LetGo, node=node)

    app.include_router(operation_routes(lambda: (node.ready, node.readiness()), node.metrics.exposition))

    @app.get("/fleet/waiting")
    async def waiting(request: Request) -> Response:
        try:
            _check_peer(request)
        except Refused as refused:
            return refused_reply(refused, node.metrics)
        return LineResponse(waiting_lines(node.room))

    def _check_peer(request: Request) -> None:
        try:
            may = Pass.read(bearer_of(request) or "", node.signer.keys, time.time())
            may.check_audience(node.settings.fleet_name)
        except TokenRefused as refused:
            status = 421 if refused.code == "wrong-audience" else 401
            raise Refused(status, refused.code, str(refused)) from refused
        if may.act != "state":
            raise Refused(401, "bad-token", "the pass is for something else")

    app.include_router(join_routes(node))
    app.include_router(whep_routes(node))
    add_page(app)
    return app


class _LetGo:
    """Middleware: while the gateway stops, connections are not kept, so that the next request goes to another one."""

    def __init__(self, app: ASGIApp, node: GatewayNode) -> None:
        self._app = app
        self._node = node

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_last(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message)["Connection"] = "close"
            await send(message)

        stopping = scope["type"] == "http" and self._node.stopping
        await self._app(scope, receive, send_last if stopping else send)
