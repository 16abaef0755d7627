"""How the API tells what went wrong: one shape for all, ``{"error": {"code", "message", "field"?}}``."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException
from starlette.middleware.body_limit import MAX_BODY_SIZE_SCOPE_KEY
from starlette.routing import Match

from control.admin.access.authentication import by_cookie
from control.admin.errors import AdminError, BadRequest, NotFound, TooLarge, TooManyTries
from control.admin.pages.error_pages import error_page, wants_page


class ErrorBody(BaseModel):
    """What was wrong: ``code`` for machines, ``message`` for people, ``field`` where it was one of the request's."""

    code: str
    message: str
    field: str | None = None


class ErrorReply(BaseModel):
    """The body of every answer that is an error."""

    error: ErrorBody


def error_reply(status: int, body: ErrorBody, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer."""
    return JSONResponse(ErrorReply(error=body).model_dump(exclude_none=True), status, headers)


def admin_error_reply(error: AdminError) -> JSONResponse:
    """The answer to an error that was raised on purpose."""
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyTries) else None
    return error_reply(error.status, ErrorBody(code=error.code, message=str(error)), headers)


def add_error_handlers(app: FastAPI) -> None:
    """Answer errors that are raised on purpose, and requests that do not fit: programs in that shape, people with a
    page."""

    @app.exception_handler(AdminError)
    def _known(request: Request, error: AdminError) -> Response:
        return error_page(request, error) if wants_page(request) else admin_error_reply(error)

    @app.exception_handler(RequestValidationError)
    def _invalid(request: Request, error: RequestValidationError) -> Response:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        message = f"{field}: {first['msg']}"
        if wants_page(request):
            return error_page(request, BadRequest(message))
        return error_reply(422, ErrorBody(code="bad-request", message=message, field=field))

    @app.exception_handler(HTTPException)
    def _routing(request: Request, error: HTTPException) -> Response:
        if wants_page(request) and error.status_code == NotFound.status:
            try:  # no route has looked who asks, and without that the page's forms are not taken
                request.state.signed_in = by_cookie(request, request.app.state.parts)
            except AdminError as away:
                return _known(request, away)
            return error_page(request, NotFound("there is no such page", text="error.no-page"))
        if error.status_code == TooLarge.status:
            # Starlette's, where a body becomes larger than is taken.
            return _known(request, TooLarge(f"at most {request.scope[MAX_BODY_SIZE_SCOPE_KEY]} bytes are taken here"))
        headers = dict(error.headers or {})
        if error.status_code == 405:
            headers["Allow"] = ", ".join(_allowed(request))
        code = str(error.detail).lower().replace(" ", "-")
        return error_reply(error.status_code, ErrorBody(code=code, message=str(error.detail)), headers)


def _allowed(request: Request) -> list[str]:
    """The methods that some route takes at the request's path (RFC 9110, section 15.5.6). Starlette tells those of the
    first route alone."""
    asked = {"type": "http", "path": request.scope["path"], "root_path": request.scope["root_path"], "headers": []}
    routes = request.app.routes
    return [
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**asked, "method": method})[0] is Match.FULL for route in routes)
    ]
