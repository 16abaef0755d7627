"""WHEP signalling (draft-ietf-wish-whep): the HTTP side of beginning and ending a visit.

``POST /whep`` with an SDP offer is answered with 201 and the answer; without a body, with 201 and an offer
of ours, whose answer comes by PATCH. ``Location`` names the visit: PATCH trickles candidates, DELETE ends it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from control.errors import (
    FollowersFull,
    GuideNotFound,
    NodeDraining,
    NodeFull,
    NodeNotReady,
    ShowroomNotFound,
    TooManyAttempts,
    VisitNotFound,
)
from control.fleet.tokens import Pass
from control.http_face.bodies import SDP, SDP_FRAGMENT, BodyRefused, sdp_body
from control.http_face.errors import (
    RETRY_AFTER_ATTEMPTS_S,
    RETRY_AFTER_DRAINING_S,
    RETRY_AFTER_FULL_S,
    RETRY_AFTER_NO_SHOWROOM_S,
    RETRY_AFTER_STARTING_S,
    body_refused,
    error_reply,
)
from control.node.edge_node import EdgeNode
from control.node.pass_check import PassCheck
from control.node.reception import Newcomer
from control.visits.entry import Entry
from control.visits.presenter import Presenter
from control.visits.stay import Stay
from stream.errors import PeerClosed, SignallingError


def whep_routes(node: EdgeNode, passes: PassCheck | None = None) -> APIRouter:
    """The routes under ``/whep`` of a node. With ``passes``, each request needs one, and TokenRefused is raised."""
    routes = APIRouter()

    def check(request: Request, visit_id: str) -> None:
        if passes is not None:
            passes.check(request.headers.get("authorization"), "visit", visit_id)

    @routes.post("/whep")
    async def enter(request: Request, entry: Annotated[Entry, Query()]) -> Response:
        granted = None if passes is None else passes.check(request.headers.get("authorization"), "enter")
        try:
            _, offer = await sdp_body(request, SDP, may_be_empty=True)
            if passes is None or granted is None:
                visit = node.admit(Newcomer(entry, request.client.host if request.client else ""))
            else:
                passes.spend(granted)
                visit = node.admit(newcomer(entry, granted))
        except BodyRefused as refused:
            return body_refused(refused)
        except NodeDraining as draining:
            return error_reply(503, "draining", str(draining), {"Retry-After": str(RETRY_AFTER_DRAINING_S)})
        except NodeFull as full:
            return error_reply(503, "full", str(full), {"Retry-After": str(RETRY_AFTER_FULL_S)})
        except FollowersFull as full:
            return error_reply(503, "followers-full", str(full), {"Retry-After": str(RETRY_AFTER_FULL_S)})
        except ShowroomNotFound as missing:
            return error_reply(404, "no-showroom", str(missing), {"Retry-After": str(RETRY_AFTER_NO_SHOWROOM_S)})
        except GuideNotFound as missing:
            return error_reply(404, "no-guide", str(missing))
        except TooManyAttempts:
            return error_reply(429, "too-many-attempts", headers={"Retry-After": str(RETRY_AFTER_ATTEMPTS_S)})
        except NodeNotReady as starting:
            return error_reply(503, "starting", str(starting), {"Retry-After": str(RETRY_AFTER_STARTING_S)})
        try:
            answer = await (visit.peer.answer(offer) if offer else visit.peer.offer())
        except SignallingError as error:
            visit.end("bad-sdp")
            return error_reply(400, "bad-sdp", str(error))
        except PeerClosed:
            return error_reply(404, "not-found")
        except BaseException:
            visit.end("signalling-failed")
            raise
        headers = {"Location": f"/whep/{visit.id}", "Accept-Patch": f"{SDP_FRAGMENT}, {SDP}", "ETag": f'"{visit.id}"'}
        if granted is not None:
            headers |= told_gateway(visit)
        return Response(answer, 201, headers, SDP)

    @routes.patch("/whep/{visit_id}")
    async def amend(visit_id: str, request: Request) -> Response:
        check(request, visit_id)
        try:
            content_type, text = await sdp_body(request, SDP, SDP_FRAGMENT)
            peer = node.visit(visit_id).peer
            if content_type == SDP:
                await peer.accept(text)
            else:
                await peer.add_candidates(text)
        except BodyRefused as refused:
            return body_refused(refused)
        except (VisitNotFound, PeerClosed):
            return error_reply(404, "not-found")
        except SignallingError as error:
            return error_reply(400, "bad-sdp", str(error))
        return Response(status_code=204)

    @routes.delete("/whep/{visit_id}")
    async def leave(visit_id: str, request: Request, lost: bool = False) -> Response:
        check(request, visit_id)
        try:
            node.visit(visit_id).end("lost" if lost else "goodbye")
        except VisitNotFound:
            return error_reply(404, "not-found")
        return Response(status_code=200)

    return routes


def newcomer(entry: Entry, granted: Pass) -> Newcomer:
    """Who comes by a pass: what that says goes before what the visitor's page asked for."""
    if granted.showroom is not None:
        entry = entry.model_copy(update={"showroom": granted.showroom})
    return Newcomer(entry, granted.address, granted.supersedes, granted.visitor, granted.guide)


def told_gateway(visit: Stay) -> dict[str, str]:
    """Headers of what the gateway keeps, so that the visitor can come back: here, or elsewhere when this node is
    gone."""
    headers = {"Edge-Render-Visit": visit.id}
    if isinstance(visit, Presenter):
        headers |= {"Edge-Render-Guide": visit.hold.code, "Edge-Render-Guide-Key": visit.hold.key}
    return headers
