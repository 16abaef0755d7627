"""Counts requests for Prometheus: by route, so that the count of series is bounded whatever is asked for."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_METHODS: Final = frozenset(("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"))
_BROKEN_OFF: Final = "none"
"""As the status where nothing was answered."""


class RequestCounts:
    """The figures of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "edge_render_admin_http_requests_total",
            "Requests answered, by the route's path and the status",
            ["method", "route", "status"],
            registry=self.registry,
        )

    def count(self, scope: Scope, status: int | None) -> None:
        """A request that has ended."""
        method = scope["method"] if scope["method"] in _METHODS else "other"
        route = getattr(scope.get("route"), "path_format", "unknown")
        self._requests.labels(method, route, _BROKEN_OFF if status is None else str(status)).inc()


class CountRequests:
    """Middleware: counts each request when it has ended."""

    def __init__(self, app: ASGIApp, counts: RequestCounts) -> None:
        self._app = app
        self._counts = counts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status: int | None = None

        async def note_status(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, note_status)
        finally:
            self._counts.count(scope, status)
