"""What operators and clusters ask of any of our servers: whether it is alive, whether it is ready, and its figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_PLAIN_0_0_4


def operation_routes(readiness: Callable[[], tuple[bool, dict[str, Any]]], figures: Callable[[], bytes]) -> APIRouter:
    """``/healthz``, ``/readyz`` and ``/metrics``. ``readiness``: whether it can be used, and what is said of that."""
    routes = APIRouter()

    @routes.get("/healthz")
    async def health() -> JSONResponse:
        return JSONResponse({"status": "alive"})

    @routes.get("/readyz")
    async def ready() -> JSONResponse:
        is_ready, told = readiness()
        return JSONResponse(told, 200 if is_ready else 503)

    @routes.get("/metrics")
    async def metrics() -> Response:
        return Response(figures(), media_type=CONTENT_TYPE_PLAIN_0_0_4)

    return routes
