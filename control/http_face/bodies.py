"""Bodies of requests, bounded while they are read: nobody fills the memory with one."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from fastapi import Request

SDP: Final = "application/sdp"
SDP_FRAGMENT: Final = "application/trickle-ice-sdpfrag"
BODY_MAX_BYTES: Final = 65_536
BODY_WITHIN_S: Final = 15.0
"""Who sends it more slowly has no network for a picture, or holds on to us on purpose."""


class BodyRefused(Exception):
    """The body can't be used: what ``error_reply`` says of it."""

    def __init__(self, status: int, code: str, detail: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(code)
        self.status, self.code, self.detail, self.headers = status, code, detail, headers


async def bounded_body(request: Request, most_bytes: int = BODY_MAX_BYTES) -> bytes:
    """All of the body. Raises BodyRefused as soon as more has come, or where it does not come; the rest is not read."""
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            async for chunk in request.stream():
                body += chunk
                if len(body) > most_bytes:
                    raise BodyRefused(413, "too-large", f"at most {most_bytes} bytes are taken here")
    except TimeoutError as error:
        raise BodyRefused(408, "too-slow", f"a body has to come within {BODY_WITHIN_S:.0f} s") from error
    return bytes(body)


async def sdp_body(request: Request, *types: str, may_be_empty: bool = False) -> tuple[str, str]:
    """The content type and the text of the body. Raises BodyRefused."""
    body = await bounded_body(request)
    if not body and may_be_empty:
        return SDP, ""
    content_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type not in types:
        accepted = {"Accept-Post" if may_be_empty else "Accept-Patch": ", ".join(types)}
        raise BodyRefused(415, "bad-type", headers=accepted)
    try:
        return content_type, body.decode()
    except UnicodeDecodeError as error:
        raise BodyRefused(400, "bad-sdp", "the body is not UTF-8") from error
