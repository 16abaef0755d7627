"""The HTTP face of an edge node: the viewer's page, WHEP, the control WebSocket, metrics and health."""

from __future__ import annotations

from fastapi import APIRouter, FastAPI, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError

from control.errors import VisitNotFound
from control.fleet.errors import TokenRefused
from control.http_face.control_sockets import accept_own_page, close_unknown
from control.http_face.errors import bad_query
from control.http_face.operation import operation_routes
from control.http_face.page import PageHeaders, add_page
from control.node.edge_node import EdgeNode
from control.node.fleet_face import fleet_routes
from control.node.fleet_parts import FleetParts
from control.node.pass_check import refusal_reply
from control.node.whep import whep_routes
from control.visits.control_socket import ControlSocket


def create_app(node: EdgeNode, fleet: FleetParts | None = None) -> FastAPI:
    """The ASGI application of a node, which is open while it is served. With ``fleet`` it is entered through gateways
    alone, which have the page and passes."""
    passes = None if fleet is None else fleet.passes
    app = FastAPI(title="edge-render", docs_url=None, redoc_url=None, openapi_url=None)
    settings = node.settings
    app.add_middleware(PageHeaders, embedder=settings.editor_origin if settings.editing else None)

    app.include_router(operation_routes(lambda: (node.ready, node.readiness()), node.metrics.exposition))

    @app.websocket("/visits/{visit_id}/control")
    async def control(socket: WebSocket, visit_id: str) -> None:
        if passes is not None:
            try:
                passes.check(socket.headers.get("authorization"), "visit", visit_id)
            except TokenRefused as refusal:
                await socket.send_denial_response(refusal_reply(refusal))
                return
            await socket.accept()
        elif not await accept_own_page(socket):
            return
        try:
            visit = node.visit(visit_id)
        except VisitNotFound:
            await close_unknown(socket)
            return
        await ControlSocket(socket).serve(visit)

    app.add_exception_handler(RequestValidationError, bad_query)
    app.add_exception_handler(TokenRefused, _token_refused)
    app.include_router(whep_routes(node, passes))
    if fleet is None:
        app.include_router(_open_doors())
        add_page(app)
    else:
        app.include_router(fleet_routes(fleet.face, fleet.passes))
    return app


def _open_doors() -> APIRouter:
    routes = APIRouter()

    @routes.post("/join", status_code=204)
    async def join() -> None:
        """A page asks a gateway for a token first. Here is none, and none is needed."""

    return routes


async def _token_refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, TokenRefused), "registered for these alone"
    return refusal_reply(error)
