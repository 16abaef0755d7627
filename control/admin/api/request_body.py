"""Bodies of requests that are bytes and no JSON."""

from __future__ import annotations

from fastapi import Request
from starlette.requests import ClientDisconnect

from control.admin.errors import BadRequest, TooLarge


async def whole_body(request: Request, max_bytes: int, what: str) -> bytes:
    """Raises TooLarge as soon as it is, and BadRequest where the client went away. ``what``: it is, for messages."""
    length = request.headers.get("Content-Length", "0")
    if length.isdecimal() and int(length) > max_bytes:
        raise TooLarge(f"{what} has at most {max_bytes} bytes")
    data = bytearray()
    try:
        async for chunk in request.stream():
            data += chunk
            if len(data) > max_bytes:
                raise TooLarge(f"{what} has at most {max_bytes} bytes")
    except ClientDisconnect as error:
        raise BadRequest(f"{what} has ended early") from error
    return bytes(data)
