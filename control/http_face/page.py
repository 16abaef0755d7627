"""The viewer's page and its scripts, and the headers that go with every answer."""

from __future__ import annotations

from importlib import resources
from pathlib import Path
from typing import Final

from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_CONTENT_POLICY: Final = (
    "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'self'"
)
_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), xr-spatial-tracking=(self)",
    # The page must fit the server that it talks to; ETags keep a revisit cheap.
    "Cache-Control": "no-cache",
}


class PageHeaders:
    """Middleware that adds the headers; streams pass through it as they come. ``embedder``: an origin whose pages may
    embed ours, beside our own."""

    def __init__(self, app: ASGIApp, embedder: str | None = None) -> None:
        self._app = app
        policy = _CONTENT_POLICY if embedder is None else f"{_CONTENT_POLICY} {embedder}"
        self._headers = _HEADERS | {"Content-Security-Policy": policy}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, send_with_headers if scope["type"] == "http" else send)


def add_page(app: FastAPI) -> None:
    """Serve the page at ``/`` and its files below ``/web``."""
    web = Path(str(resources.files("control").joinpath("web")))

    @app.get("/")
    async def page() -> FileResponse:
        return FileResponse(web / "index.html")

    app.mount("/web", StaticFiles(directory=web), name="web")
