"""The HTTP face of an edge node: the viewer's page, WHEP, the control WebSocket, metrics and health."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import resources
from pathlib import Path
from urllib.parse import urlsplit

from fastapi import FastAPI, Request, Response, WebSocket
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.base import RequestResponseEndpoint

from control.errors import VisitNotFound
from control.node.edge_node import EdgeNode
from control.node.whep import bad_query, whep_routes
from control.visits.control_socket import ControlSocket

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"
FOREIGN_ORIGIN = 4403
NO_SUCH_VISIT = 4404

_CONTENT_POLICY = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), xr-spatial-tracking=(self)",
    # The page must fit the server that it talks to; ETags keep a revisit cheap.
    "Cache-Control": "no-cache",
}


def create_app(node: EdgeNode) -> FastAPI:
    """The ASGI application of a node; its lifespan is the node's."""

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with node:
            yield

    app = FastAPI(title="edge-render", docs_url=None, redoc_url=None, openapi_url=None, lifespan=lifespan)
    settings = node.settings
    editor = f" {settings.editor_origin}" if settings.editing and settings.editor_origin is not None else ""
    headers = _HEADERS | {"Content-Security-Policy": _CONTENT_POLICY + editor}
    web = Path(str(resources.files("control").joinpath("web")))

    @app.middleware("http")
    async def add_headers(request: Request, call_next: RequestResponseEndpoint) -> Response:
        response = await call_next(request)
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response

    @app.get("/")
    async def page() -> FileResponse:
        return FileResponse(web / "index.html")

    @app.get("/healthz")
    async def health() -> JSONResponse:
        return JSONResponse({"status": "alive"})

    @app.get("/readyz")
    async def readiness() -> JSONResponse:
        return JSONResponse(node.readiness(), 200 if node.ready else 503)

    @app.get("/metrics")
    async def metrics() -> Response:
        return Response(node.metrics.exposition(), headers={"Content-Type": METRICS_TYPE})

    @app.websocket("/visits/{visit_id}/control")
    async def control(socket: WebSocket, visit_id: str) -> None:
        # Accepted first, as a browser shows a page no reason for a refused handshake.
        await socket.accept()
        origin = socket.headers.get("origin")
        if origin is not None and urlsplit(origin).netloc != socket.headers.get("host"):
            await socket.close(FOREIGN_ORIGIN, "foreign origin")
            return
        try:
            visit = node.visit(visit_id)
        except VisitNotFound:
            await socket.close(NO_SUCH_VISIT, "no such visit")
            return
        await ControlSocket(socket).serve(visit)

    app.add_exception_handler(RequestValidationError, bad_query)
    app.include_router(whep_routes(node))
    app.mount("/web", StaticFiles(directory=web), name="web")
    return app
