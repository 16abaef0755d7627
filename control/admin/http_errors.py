"""How the API tells what went wrong: one shape for all, ``{"error": {"code", "message", "field"?}}``."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from control.admin.errors import AdminError, TooManyTries


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


def add_error_handlers(app: FastAPI) -> None:
    """Answer errors that are raised on purpose, and requests that do not fit, in that shape."""

    @app.exception_handler(AdminError)
    async def _known(_request: Request, error: AdminError) -> JSONResponse:
        headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, TooManyTries) else None
        return error_reply(error.status, ErrorBody(code=error.code, message=str(error)), headers)

    @app.exception_handler(RequestValidationError)
    async def _invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"][1:])
        return error_reply(422, ErrorBody(code="bad-request", message=f"{field}: {first['msg']}", field=field))

    @app.exception_handler(HTTPException)
    async def _routing(_request: Request, error: HTTPException) -> JSONResponse:
        code = str(error.detail).lower().replace(" ", "-")
        return error_reply(error.status_code, ErrorBody(code=code, message=str(error.detail)), error.headers)
