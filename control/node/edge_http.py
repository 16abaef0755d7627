"""The HTTP face of an edge node: the viewer's page, WHEP, the control WebSocket, metrics and health."""

from __future__ import annotations

from fastapi import FastAPI, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4

from control.errors import VisitNotFound
from control.http_face.control_sockets import accept_own_page, close_unknown
from control.http_face.errors import bad_query
from control.http_face.page import PageHeaders, add_page
from control.node.edge_node import EdgeNode
from control.node.whep import whep_routes
from control.visits.control_socket import ControlSocket


def create_app(node: EdgeNode) -> FastAPI:
    """The ASGI application of a node, which is open while it is served."""
    app = FastAPI(title="edge-render", docs_url=None, redoc_url=None, openapi_url=None)
    settings = node.settings
    app.add_middleware(PageHeaders, embedder=settings.editor_origin if settings.editing else None)

    @app.get("/healthz")
    async def health() -> JSONResponse:
        return JSONResponse({"status": "alive"})

    @app.get("/readyz")
    async def readiness() -> JSONResponse:
        return JSONResponse(node.readiness(), 200 if node.ready else 503)

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(node.metrics.exposition(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    @app.websocket("/visits/{visit_id}/control")
    async def control(socket: WebSocket, visit_id: str) -> None:
        if not await accept_own_page(socket):
            return
        try:
            visit = node.visit(visit_id)
        except VisitNotFound:
            await close_unknown(socket)
            return
        await ControlSocket(socket).serve(visit)

    app.add_exception_handler(RequestValidationError, bad_query)
    app.include_router(whep_routes(node))
    add_page(app)
    return app
