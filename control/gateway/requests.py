"""What the gateway's routes read of a request, and how they say no."""

from __future__ import annotations

from fastapi import Request, Response
from fastapi.security.utils import get_authorization_scheme_param
from pydantic import ValidationError
from starlette.requests import HTTPConnection

from control.fleet.tokens import TOKEN_MAX_BYTES
from control.gateway.errors import Refused
from control.gateway.metrics import GatewayMetrics
from control.gateway.whep_proxy import RefusedByRenderer
from control.http_face.errors import error_reply


def address_of(connection: HTTPConnection) -> str:
    """The visitor's, as far as it is known (see --trusted-proxies)."""
    return connection.client.host if connection.client else ""


def bearer_of(request: Request) -> str | None:
    """The bearer token of a request, if there is one. Raises Refused where it is too long."""
    scheme, token = get_authorization_scheme_param(request.headers.get("authorization"))
    if scheme.lower() != "bearer" or not token:
        return None
    if len(token) > TOKEN_MAX_BYTES:
        raise Refused(401, "bad-token", "it is too long to be one of ours")
    return token


def unreadable(code: str, error: ValidationError) -> Refused:
    """What is said of fields that can't be used."""
    parts = (f"{'.'.join(str(part) for part in item['loc'])}: {item['msg']}" for item in error.errors())
    return Refused(422, code, "; ".join(parts)[:500])


def refused_reply(refused: Refused, metrics: GatewayMetrics) -> Response:
    """Say no, and count it."""
    metrics.refusals.labels(refused.code or str(refused.status)).inc()
    if isinstance(refused, RefusedByRenderer):
        answer = refused.answer
        kept = ("Retry-After", "Accept-Post")
        headers = {name: answer.headers[name] for name in kept if name in answer.headers}
        return Response(answer.body, answer.status, headers, "application/json")
    return error_reply(refused.status, refused.code, refused.detail, refused.headers)
