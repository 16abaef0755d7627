"""What of a preview's process comes through the admin: WHEP and the control channel's WebSocket, and nothing else.

The process reads what others have made. So the page and its scripts come from the admin itself, and of the process's
answers only those headers and media types are passed on that WHEP has: it can't put a page of its own here.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Final

import httpx2
from fastapi import Response, WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException

from control.admin.errors import Unavailable

BODY_MAX_BYTES: Final = 65_536
"""Of an SDP; as a node takes."""
_ANSWER_MAX_BYTES: Final = 1024 * 1024
_MESSAGE_MAX_BYTES: Final = 65_536
_PASSED: Final = ("retry-after", "etag", "accept-patch", "accept-post")
_TYPES: Final = ("application/sdp", "application/json")
_VISIT: Final = re.compile(r"/whep/[A-Za-z0-9_-]{1,64}")
_GONE: Final = 1014
"""Bad gateway (IANA WebSocket close codes)."""


async def pass_whep(
    client: httpx2.AsyncClient, prefix: str, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes
) -> Response:
    """Have the node answer a request of WHEP; addresses in the answer are below ``prefix``. Raises
    Unavailable where the node does not answer."""
    sent = {"Content-Type": headers["content-type"]} if "content-type" in headers else {}
    try:
        async with client.stream(method, path, params=query, headers=sent, content=body) as answer:
            content = bytearray()
            async for chunk in answer.aiter_bytes():
                content += chunk
                if len(content) > _ANSWER_MAX_BYTES:
                    raise Unavailable("the preview's answer is too long")
    except httpx2.HTTPError as error:
        raise Unavailable("the preview is just starting, or has ended; try again") from error
    passed = {name: answer.headers[name] for name in _PASSED if name in answer.headers}
    location = answer.headers.get("location", "")
    if _VISIT.fullmatch(location):
        passed["Location"] = f"{prefix}{location}"
    media_type = answer.headers.get("content-type", "").partition(";")[0]
    if content and media_type not in _TYPES:
        raise Unavailable("the preview's answer is not one of WHEP")
    return Response(bytes(content), answer.status_code, passed, media_type if content else None)


async def pass_socket(browser: WebSocket, port: int, visit_id: str) -> None:
    """Join an accepted WebSocket with the node's of a visit, until either ends."""
    address = f"ws://127.0.0.1:{port}/visits/{visit_id}/control"
    try:
        async with connect(address, max_size=_MESSAGE_MAX_BYTES, proxy=None) as node:
            to_node = asyncio.create_task(_to_node(browser, node), name="preview-to-node")
            to_browser = asyncio.create_task(_to_browser(node, browser), name="preview-to-browser")
            try:
                await asyncio.wait((to_node, to_browser), return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (to_node, to_browser):
                    task.cancel()
                await asyncio.gather(to_node, to_browser, return_exceptions=True)
            if not to_node.cancelled() and to_node.exception() is None:
                return  # the browser has left
            code, reason = node.close_code, node.close_reason
    except (OSError, WebSocketException):
        code, reason = _GONE, "the preview has ended"
    await browser.close(code or 1000, reason or "")


async def _to_node(browser: WebSocket, node: ClientConnection) -> None:
    while True:
        try:
            await node.send(await browser.receive_text())
        except WebSocketDisconnect:
            return


async def _to_browser(node: ClientConnection, browser: WebSocket) -> None:
    try:
        async for message in node:
            await browser.send_text(message if isinstance(message, str) else message.decode())
    except ConnectionClosed:
        return
