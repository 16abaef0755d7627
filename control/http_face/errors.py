"""Answers that are errors: a code for programs, a text for people in both languages, a detail for those who look."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fastapi import Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from control.http_face.bodies import SDP, SDP_FRAGMENT, BodyRefused

RETRY_AFTER_FULL_S: Final = 5
RETRY_AFTER_STARTING_S: Final = 1
RETRY_AFTER_DRAINING_S: Final = 1
RETRY_AFTER_ATTEMPTS_S: Final = 60
RETRY_AFTER_NO_SHOWROOM_S: Final = 15
"""It may be ordered for this site, or may only have been left out for a while: screens on a wall come back."""

_TEXTS: Final[Mapping[str, tuple[str, str]]] = {
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
        "Too many attempts. Please wait a minute.",
        "尝试次数过多，请稍等一分钟。",
    ),
    "starting": ("The showroom is just opening. One moment, please.", "展厅正在准备，请稍候。"),
    "not-found": ("This visit has ended. Please enter again.", "本次参观已结束，请重新进入。"),
    "bad-query": ("A field of the address can't be used.", "请求地址中的参数无效。"),
    "bad-sdp": ("The browser's connection request can't be used.", "无法使用浏览器的连接请求。"),
    "bad-type": (
        f"The body must be {SDP} or, for PATCH, {SDP_FRAGMENT}.",
        f"请求正文类型必须为 {SDP}；PATCH 也可为 {SDP_FRAGMENT}。",
    ),
    "bad-join": ("A field of the request to join can't be used.", "加入请求中的字段无效。"),
    "bad-token": (
        "This link can't be used. Please open it again from where it came.",
        "链接无效，请从来源处重新打开。",
    ),
    "expired-token": (
        "This link is too old. Please open it again from where it came.",
        "链接已过期，请从来源处重新打开。",
    ),
    "used-token": (
        "This link was used already. Please open it again from where it came.",
        "链接已使用，请从来源处重新打开。",
    ),
    "wrong-audience": ("This request is for another server.", "该请求应发往其他服务器。"),
    "invitation-needed": (
        "This showroom is entered by invitation. Please come by the link that you were given.",
        "此展厅需凭邀请进入，请使用收到的链接。",
    ),
    "unreachable": ("The showroom can't be reached at the moment. One moment, please.", "暂时无法连接展厅，请稍候。"),
    "draining": (
        "This server is about to stop and takes nobody new. Please enter again.",
        "该服务器即将停止，不再接受新的访客，请重新进入。",
    ),
    "too-many-watchers": ("Too many gateways watch this server.", "监听该服务器的网关过多。"),
    "too-slow": ("The request did not come in time. Please try again.", "请求超时，请重试。"),
    "too-large": ("The request is too large.", "请求正文过大。"),
}


def is_code(text: str) -> bool:
    """Whether it is one of our errors' codes."""
    return text in _TEXTS


def error_content(code: str, detail: str = "") -> dict[str, Any]:
    """What an answer says of an error."""
    en, zh = _TEXTS[code]
    return {"error": {"code": code, "message": {"en": en, "zh": zh}, "detail": detail}}


def error_reply(status: int, code: str, detail: str = "", headers: Mapping[str, str] | None = None) -> JSONResponse:
    """An answer that says no more than the error."""
    return JSONResponse(error_content(code, detail), status, headers)


def body_refused(refused: BodyRefused) -> JSONResponse:
    """What is said of a body that can't be used."""
    return error_reply(refused.status, refused.code, refused.detail, refused.headers)


async def bad_query(_request: Request, error: Exception) -> Response:
    """What is said of a query that does not fit; FastAPI's own answer would have another shape."""
    assert isinstance(error, RequestValidationError), "registered for these alone"
    parts = [f"{'.'.join(str(part) for part in item['loc'][1:])}: {item['msg']}" for item in error.errors()]
    return error_reply(422, "bad-query", "; ".join(parts))
