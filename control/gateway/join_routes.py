"""``POST /join`` and ``POST /queue``: how visitors get the token with which they enter, and wait for one."""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final, TypeVar

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, ValidationError

from control.fleet.tokens import JoinToken, Ticket
from control.gateway.errors import Refused
from control.gateway.gateway_node import GatewayNode
from control.gateway.joining import Granted, JoinRequest, Queued, SignedText, waiting_of
from control.gateway.line_stream import LineResponse
from control.gateway.requests import address_of, bearer_of, refused_reply, unreadable
from control.gateway.waiting_room import Again, Elsewhere, Position, Turn
from control.http_face.bodies import BodyRefused, bounded_body
from control.http_face.errors import body_refused, error_content

ABody = TypeVar("ABody", bound=BaseModel)
BODY_MAX_BYTES: Final = 16_384
"""Of a request to join: three signed texts at most."""


class QueueRequest(BaseModel):
    """The body of ``POST /queue``."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    ticket: SignedText


def join_routes(node: GatewayNode) -> APIRouter:
    """The routes by which visitors join."""
    routes = APIRouter()

    @routes.post("/join")
    async def join(request: Request) -> Response:
        try:
            asked = _read(JoinRequest, await bounded_body(request, BODY_MAX_BYTES))
            began = time.monotonic()
            found = await node.joining.join(asked, address_of(request), bearer_of(request))
            if asked.resume is None:  # followers who come back may have waited for their guide
                node.metrics.allocation.labels("join").observe(time.monotonic() - began)
        except BodyRefused as refused:
            return body_refused(refused)
        except Refused as refused:
            return refused_reply(refused, node.metrics)
        if isinstance(found, Granted):
            return JSONResponse(granted_content(node, found.token))
        node.metrics.queued.inc()
        return JSONResponse(queued_content(node, found), 202)

    @routes.post("/queue")
    async def queue(request: Request) -> Response:
        try:
            asked = _read(QueueRequest, await bounded_body(request, BODY_MAX_BYTES))
            ticket = node.joining.unused_ticket(asked.ticket)
        except BodyRefused as refused:
            return body_refused(refused)
        except Refused as refused:
            return refused_reply(refused, node.metrics)
        return LineResponse(_queue_lines(node, ticket, address_of(request)))

    return routes


async def _queue_lines(node: GatewayNode, ticket: Ticket, address: str) -> AsyncGenerator[Mapping[str, Any], None]:
    try:
        async with aclosing(node.room.steps(waiting_of(ticket), address)) as steps:
            async for step in steps:
                match step:
                    case Position(position):
                        yield {"position": position}
                    case Turn(renderer):
                        yield granted_content(node, node.joining.turn(ticket, renderer))
                    case Again(position):
                        yield {"position": position, "again": True}
                    case Elsewhere():
                        yield error_content("used-token", "this ticket waits on another connection now")
    except Refused as refused:
        node.metrics.refusals.labels(refused.code).inc()
        yield error_content(refused.code, refused.detail)


def granted_content(node: GatewayNode, token: JoinToken) -> dict[str, Any]:
    """What who may enter is told."""
    now_s = time.time()
    token = token.dated(now_s)
    return {
        "token": token.sign(node.signer.key, now_s),
        "expires_in_ms": max(0, round(1000 * (token.exp - now_s))),
        "ice_servers": node.ice.of(token.visitor, now_s),
        "ice_transport_policy": node.ice.policy,
    }


def queued_content(node: GatewayNode, queued: Queued) -> dict[str, Any]:
    """What who has to wait is told."""
    return {"ticket": queued.ticket.sign(node.signer.key, time.time()), "position": queued.position}


def _read(kind: type[ABody], body: bytes) -> ABody:
    try:
        return kind.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise unreadable("bad-join", error) from error
