"""WHEP signalling (draft-ietf-wish-whep): the HTTP side of beginning and ending a visit.

``POST /whep`` with an SDP offer is answered with 201 and the answer; without a body, with 201 and an offer
of ours, whose answer comes by PATCH. ``Location`` names the visit: PATCH trickles candidates, DELETE ends it.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from control.errors import (
    FollowersFull,
    GuideNotFound,
    NodeFull,
    NodeNotReady,
    ShowroomNotFound,
    TooManyAttempts,
    VisitNotFound,
)
from control.node.edge_node import EdgeNode
from control.visits.entry import Entry
from stream.errors import PeerClosed, SignallingError

SDP = "application/sdp"
SDP_FRAGMENT = "application/trickle-ice-sdpfrag"
BODY_MAX_BYTES = 65_536
RETRY_AFTER_FULL_S = 5
RETRY_AFTER_STARTING_S = 1
RETRY_AFTER_ATTEMPTS_S = 60
RETRY_AFTER_NO_SHOWROOM_S = 15
"""It may be ordered for this site, or may only have been left out for a while: screens on a wall come back."""

_TEXTS = {
    "full": (
        "All places in this showroom are taken at the moment. Please try again shortly.",
        "展厅当前访客已满，请稍后再试。",
    ),
    "followers-full": (
        "All places of those who follow are taken at the moment. Please try again shortly.",
        "跟随参观的人数已满，请稍后再试。",
    ),
    "no-showroom": (
        "There is no showroom of this name here.",
        "此处没有该名称的展厅。",
    ),
    "no-guide": (
        "There is no guided visit with this code; it may have ended.",
        "没有使用此代码的导览，或导览已结束。",
    ),
    "too-many-attempts": (
        "Too many wrong codes. Please wait a minute.",
        "错误代码次数过多，请稍等一分钟。",
    ),
    "starting": ("The showroom is just opening. One moment, please.", "展厅正在准备，请稍候。"),
    "not-found": ("This visit has ended. Please enter again.", "本次参观已结束，请重新进入。"),
    "bad-query": ("A field of the address can't be used.", "请求地址中的参数无效。"),
    "bad-sdp": ("The browser's connection request can't be used.", "无法使用浏览器的连接请求。"),
    "bad-type": (
        f"The body must be {SDP} or, for PATCH, {SDP_FRAGMENT}.",
        f"请求正文类型必须为 {SDP}；PATCH 也可为 {SDP_FRAGMENT}。",
    ),
    "too-large": (f"The body is larger than {BODY_MAX_BYTES} bytes.", f"请求正文超过 {BODY_MAX_BYTES} 字节。"),
}


def _error(status: int, code: str, detail: str = "", headers: dict[str, str] | None = None) -> JSONResponse:
    en, zh = _TEXTS[code]
    content = {"error": {"code": code, "message": {"en": en, "zh": zh}, "detail": detail}}
    return JSONResponse(content, status, headers)


async def bad_query(_request: Request, error: Exception) -> Response:
    """What is said of a query that does not fit; FastAPI's own answer would have another shape."""
    assert isinstance(error, RequestValidationError), "registered for these alone"
    parts = [f"{'.'.join(str(part) for part in item['loc'][1:])}: {item['msg']}" for item in error.errors()]
    return _error(422, "bad-query", "; ".join(parts))


class _Refused(Exception):
    def __init__(self, response: Response) -> None:
        super().__init__()
        self.response = response


async def _sdp_body(request: Request, *types: str, may_be_empty: bool = False) -> tuple[str, str]:
    """The content type and the text of the body. Raises _Refused with the answer where it is not acceptable."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > BODY_MAX_BYTES:
            raise _Refused(_error(413, "too-large"))
    if not body and may_be_empty:
        return SDP, ""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in types:
        raise _Refused(
            _error(415, "bad-type", headers={"Accept-Post" if may_be_empty else "Accept-Patch": ", ".join(types)})
        )
    try:
        return content_type, body.decode()
    except UnicodeDecodeError as error:
        raise _Refused(_error(400, "bad-sdp", "the body is not UTF-8")) from error


def whep_routes(node: EdgeNode) -> APIRouter:
    """The routes under ``/whep`` of a node."""
    routes = APIRouter()

    @routes.post("/whep")
    async def enter(request: Request, entry: Annotated[Entry, Query()]) -> Response:
        try:
            _, offer = await _sdp_body(request, SDP, may_be_empty=True)
            visit = node.admit(entry, request.client.host if request.client else "")
        except _Refused as refused:
            return refused.response
        except NodeFull as full:
            return _error(503, "full", str(full), {"Retry-After": str(RETRY_AFTER_FULL_S)})
        except FollowersFull as full:
            return _error(503, "followers-full", str(full), {"Retry-After": str(RETRY_AFTER_FULL_S)})
        except ShowroomNotFound as missing:
            return _error(404, "no-showroom", str(missing), {"Retry-After": str(RETRY_AFTER_NO_SHOWROOM_S)})
        except GuideNotFound as missing:
            return _error(404, "no-guide", str(missing))
        except TooManyAttempts:
            return _error(429, "too-many-attempts", headers={"Retry-After": str(RETRY_AFTER_ATTEMPTS_S)})
        except NodeNotReady as starting:
            return _error(503, "starting", str(starting), {"Retry-After": str(RETRY_AFTER_STARTING_S)})
        try:
            answer = await (visit.peer.answer(offer) if offer else visit.peer.offer())
        except SignallingError as error:
            visit.end("bad-sdp")
            return _error(400, "bad-sdp", str(error))
        except PeerClosed:
            return _error(404, "not-found")
        except BaseException:
            visit.end("signalling-failed")
            raise
        headers = {"Location": f"/whep/{visit.id}", "Accept-Patch": f"{SDP_FRAGMENT}, {SDP}", "ETag": f'"{visit.id}"'}
        return Response(answer, 201, headers, SDP)

    @routes.patch("/whep/{visit_id}")
    async def amend(visit_id: str, request: Request) -> Response:
        try:
            content_type, text = await _sdp_body(request, SDP, SDP_FRAGMENT)
            peer = node.visit(visit_id).peer
            if content_type == SDP:
                await peer.accept(text)
            else:
                await peer.add_candidates(text)
        except _Refused as refused:
            return refused.response
        except (VisitNotFound, PeerClosed):
            return _error(404, "not-found")
        except SignallingError as error:
            return _error(400, "bad-sdp", str(error))
        return Response(status_code=204)

    @routes.delete("/whep/{visit_id}")
    async def leave(visit_id: str, lost: bool = False) -> Response:
        try:
            node.visit(visit_id).end("lost" if lost else "goodbye")
        except VisitNotFound:
            return _error(404, "not-found")
        return Response(status_code=200)

    return routes
