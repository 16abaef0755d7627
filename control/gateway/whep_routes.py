"""``/whep`` of a gateway: as a node's, whichever renderer the visit is at; and what is known of that renderer."""

from __future__ import annotations

import time
from typing import Final

from fastapi import APIRouter, Request, Response, WebSocket
from fastapi.responses import JSONResponse
from pydantic import ValidationError

from control.fleet.tokens import JoinToken
from control.gateway.control_proxy import TRY_AGAIN_LATER
from control.gateway.errors import Refused
from control.gateway.gateway_node import GatewayNode
from control.gateway.join_routes import queued_content
from control.gateway.joining import Granted, JoinRequest, Queued
from control.gateway.references import read_reference
from control.gateway.renderer import Phase
from control.gateway.renderer_client import Answer
from control.gateway.requests import address_of, bearer_of, refused_reply, unreadable
from control.gateway.whep_proxy import AllFull, Entered, Offer
from control.http_face.bodies import SDP, SDP_FRAGMENT, BodyRefused, sdp_body
from control.http_face.control_sockets import NO_SUCH_VISIT, accept_own_page, close_unknown
from control.http_face.errors import RETRY_AFTER_FULL_S, body_refused, error_content

QUERY_MAX_BYTES: Final = 4096


def whep_routes(node: GatewayNode) -> APIRouter:
    """The routes of visits."""
    routes = APIRouter()

    @routes.post("/whep")
    async def enter(request: Request) -> Response:
        try:
            query = _query(request)
            _, sdp = await sdp_body(request, SDP, may_be_empty=True)
            began = time.monotonic()
            offer = Offer(query, sdp, SDP if sdp else None, address_of(request))
            found = await _token(node, request, offer)
            if isinstance(found, Queued):
                return _full(node, found)
            try:
                entered = await node.whep.enter(found.token, offer)
            except AllFull:
                placed = node.joining.place_later(node.joining.again(found.token), offer.address)
                return _full(node, placed)
            finally:
                node.metrics.allocation.labels("whep").observe(time.monotonic() - began - offer.waited_s)
        except BodyRefused as refused:
            return body_refused(refused)
        except Refused as refused:
            return refused_reply(refused, node.metrics)
        return _entered(node, entered, found.token)

    @routes.patch("/whep/{reference}")
    async def amend(reference: str, request: Request) -> Response:
        try:
            content_type, text = await sdp_body(request, SDP, SDP_FRAGMENT)
            return _passed(await _pass_on(reference, request, content_type, text))
        except BodyRefused as refused:
            return body_refused(refused)
        except Refused as refused:
            return refused_reply(refused, node.metrics)

    @routes.delete("/whep/{reference}")
    async def leave(reference: str, request: Request) -> Response:
        try:
            return _passed(await _pass_on(reference, request, None, ""))
        except Refused as refused:
            return refused_reply(refused, node.metrics)

    async def _pass_on(text: str, request: Request, content_type: str | None, body: str) -> Answer:
        reference = read_reference(text)
        if reference is None:
            raise Refused(404, "not-found")
        address = address_of(request)
        if wait_s := node.vain_requests.wait_s(address, time.time()):
            raise Refused(429, "too-many-attempts", retry_after_s=int(wait_s) + 1)
        answer = await node.whep.pass_on(reference, request.method, _query(request), content_type, body)
        if answer.status == 404:
            node.vain_requests.count(address, time.time())
        return answer

    @routes.get("/visits/{text}")
    async def visit_state(text: str) -> Response:
        if not node.fleet.known:
            return refused_reply(Refused(503, "starting", retry_after_s=1), node.metrics)
        reference = read_reference(text)
        renderer = node.fleet.find(reference.renderer) if reference is not None else None
        if renderer is None:
            return JSONResponse({"state": "gone"})
        return JSONResponse({"state": "draining" if renderer.phase is Phase.DRAINING else "alive"})

    @routes.websocket("/visits/{text}/control")
    async def control(socket: WebSocket, text: str) -> None:
        if not await accept_own_page(socket):
            return
        reference, address = read_reference(text), address_of(socket)
        if reference is None:
            await close_unknown(socket)
        elif node.vain_requests.wait_s(address, time.time()):
            await socket.close(TRY_AGAIN_LATER, "too many requests for visits that are not there")
        elif await node.control.serve(socket, reference) == NO_SUCH_VISIT:
            node.vain_requests.count(address, time.time())

    return routes


async def _token(node: GatewayNode, request: Request, offer: Offer) -> Granted | Queued:
    """What the visitor brings; a player that knows nothing of joining joins by this. Raises Refused."""
    bearer = bearer_of(request)
    if bearer is not None:
        return Granted(node.joining.read(JoinToken, bearer))
    try:
        asked = JoinRequest(
            showroom=offer.query.get("showroom"), follow=offer.query.get("follow"), guide=offer.query.get("guide")
        )
    except ValidationError as error:
        raise unreadable("bad-query", error) from error
    return await node.joining.join(asked, offer.address)


def _entered(node: GatewayNode, entered: Entered, token: JoinToken) -> Response:
    headers = {
        "Location": f"/whep/{entered.reference}",
        "Edge-Render-Resume": entered.resume,
        "ETag": f'"{entered.reference.visit}"',
        "Accept-Patch": f"{SDP_FRAGMENT}, {SDP}",
    }
    response = Response(entered.answer.body, 201, headers, SDP)
    for link in node.ice.links(token.visitor, time.time()):
        response.headers.append("Link", link)
    return response


def _full(node: GatewayNode, queued: Queued) -> Response:
    """Somebody without a place is told where in the line they are."""
    node.metrics.queued.inc()
    node.metrics.refusals.labels("full").inc()
    content = error_content("full") | queued_content(node, queued)
    return JSONResponse(content, 503, {"Retry-After": str(RETRY_AFTER_FULL_S)})


def _passed(answer: Answer) -> Response:
    """A renderer's answer about a visit: of it only what WHEP has."""
    headers = {name: answer.headers[name] for name in ("Retry-After", "ETag") if name in answer.headers}
    media_type = answer.media_type if answer.media_type in (SDP, "application/json") else None
    return Response(answer.body if media_type else b"", answer.status, headers, media_type if answer.body else None)


def _query(request: Request) -> dict[str, str]:
    """Raises Refused where it is longer than any that a page sends."""
    if len(request.url.query) > QUERY_MAX_BYTES:
        raise Refused(422, "bad-query", f"at most {QUERY_MAX_BYTES} bytes are taken")
    return dict(request.query_params)
