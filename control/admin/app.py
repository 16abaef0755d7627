"""The admin's HTTP face: API, edge API and pages. The composition root is ``control.admin.admin_node``."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final, TypeAlias

from fastapi import FastAPI
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from control.admin.api import (
    accounts,
    audit,
    blobs,
    edge,
    health,
    keys,
    previews,
    rollouts,
    session,
    showrooms,
    sites,
    tokens,
    uploads,
    versions,
    visits,
)
from control.admin.http_errors import ErrorReply, add_error_handlers
from control.admin.large_bodies import LARGE_BODY_BYTES, LargeBodies
from control.admin.pages.headers import SecurityHeaders
from control.admin.pages.routes import add_pages
from control.admin.parts import AdminParts
from control.admin.request_counts import CountRequests, RequestCounts

_ERROR_CONTENT: Final = {"application/json": {"schema": {"$ref": f"#/components/schemas/{ErrorReply.__name__}"}}}
MakeParts: TypeAlias = Callable[[], AbstractAsyncContextManager[AdminParts]]


def create_admin_app(open_parts: MakeParts) -> FastAPI:
    """The ASGI application; the parts live as long as its lifespan."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_parts() as parts:
            app.state.parts = parts
            yield

    app = FastAPI(
        title="edge-render admin",
        version="1",
        lifespan=lifespan,
        # FastAPI's pages of it load scripts from elsewhere, which the pages' policy forbids.
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        # By its name, as FastAPI makes a model's schema anew for each status of each route: most of the first request.
        responses={code: {"content": _ERROR_CONTENT} for code in (400, 401, 403, 404, 409, 413, 422, 429, 503)},
    )
    add_error_handlers(app)
    app.add_middleware(RequestBodyLimitMiddleware, max_body_size=LARGE_BODY_BYTES)
    app.add_middleware(LargeBodies)
    app.add_middleware(SecurityHeaders)
    app.state.request_counts = RequestCounts()
    app.add_middleware(CountRequests, counts=app.state.request_counts)
    for module in (
        health,
        session,
        accounts,
        tokens,
        audit,
        keys,
        blobs,
        uploads,
        edge,
        sites,
        rollouts,
        showrooms,
        versions,
        previews,
        visits,
    ):
        app.include_router(module.router)
    add_pages(app)
    return app
