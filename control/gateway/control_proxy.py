"""Passes control messages on by WebSocket, both ways, for visitors who have no data channels.

Nothing queues up here: a message is read when the one before it was taken, so that who does not keep up is noticed at
the other end, as it would be without a gateway between.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, Final

import aiohttp
import structlog
from fastapi import WebSocket, WebSocketDisconnect

from control.fleet.tokens import Pass
from control.gateway.fleet_view import FleetView
from control.gateway.references import VisitReference
from control.gateway.renderer import Phase, Renderer
from control.gateway.renderer_client import ANSWER_S, RendererClient, reason_of
from control.http_face.control_sockets import close_unknown

log = structlog.get_logger(__name__)

MESSAGE_MAX_BYTES: Final = 65_536
SOCKETS_BY_VISIT: Final = 4
"""A page has one, and for a moment that of before a loss."""
NORMAL: Final = 1000
TRY_AGAIN_LATER: Final = 1013
BAD_GATEWAY: Final = 1014
"""Both of IANA's registry of WebSocket close codes."""
NEVER_SENT: Final = frozenset({1004, 1005, 1006, 1015})
"""These say that a socket ended without a code (RFC 6455, section 7.4.1), as that of a renderer that was killed."""


class ControlProxy:
    """See the module. ``most``: sockets at a time."""

    def __init__(
        self, client: RendererClient, fleet: FleetView, most: int, clock: Callable[[], float] = time.time
    ) -> None:
        self._client = client
        self._fleet = fleet
        self._most = most
        self._clock = clock
        self._open: Counter[VisitReference] = Counter()

    @property
    def open(self) -> int:
        """Sockets at present."""
        return self._open.total()

    async def serve(self, browser: WebSocket, reference: VisitReference) -> int | None:
        """Join an accepted WebSocket with the renderer's of that visit, until either ends. Returns the code by
        which the renderer closed it; None where none was asked."""
        renderer = self._fleet.find(reference.renderer)
        if renderer is None:
            await close_unknown(browser)
            return None
        if self.open >= self._most or self._open[reference] >= SOCKETS_BY_VISIT:
            await browser.close(TRY_AGAIN_LATER, "too many control channels")
            return None
        self._open[reference] += 1
        try:
            code, reason = await self._join(browser, renderer, reference)
        finally:
            self._open[reference] -= 1
            if not self._open[reference]:
                del self._open[reference]
        with suppress(RuntimeError, WebSocketDisconnect):  # it has left by itself
            await browser.close(code, reason)
        return code

    async def _join(self, browser: WebSocket, renderer: Renderer, reference: VisitReference) -> tuple[int, str]:
        may = Pass(aud=renderer.uid, act="visit", visit=reference.visit)
        url = f"{renderer.url}/visits/{reference.visit}/control"
        headers = self._client.authorization(may, self._clock())
        try:
            async with asyncio.timeout(ANSWER_S):
                node = await self._client.http.ws_connect(url, headers=headers, max_msg_size=MESSAGE_MAX_BYTES)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            log.warning("control_not_passed_on", pod=renderer.member.name, error=reason_of(error))
            return BAD_GATEWAY, "the renderer does not answer"
        async with node:
            await _first_of(
                to_node=_to_node(browser, node),
                to_browser=_to_browser(node, browser),
                until_gone=renderer.wait_gone(),
            )
            if renderer.phase is Phase.GONE:
                return BAD_GATEWAY, "the renderer has gone"
            code = node.close_code or NORMAL
            return (BAD_GATEWAY, "the renderer has broken off") if code in NEVER_SENT else (code, "")


async def _first_of(**works: Coroutine[Any, Any, None]) -> None:
    """Until one has ended; the others are cancelled and waited for."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(work, name=f"control-proxy-{name}") for name, work in works.items()]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()


async def _to_node(browser: WebSocket, node: aiohttp.ClientWebSocketResponse) -> None:
    while True:
        message = await browser.receive()
        if message["type"] == "websocket.disconnect":
            return
        text: str | None = message.get("text")
        try:
            if text is None:
                await node.send_bytes(message.get("bytes") or b"")
            else:
                await node.send_str(text)
        except (aiohttp.ClientError, OSError):
            return  # it has ended; the other direction sees why


async def _to_browser(node: aiohttp.ClientWebSocketResponse, browser: WebSocket) -> None:
    async for message in node:
        try:
            if message.type is aiohttp.WSMsgType.TEXT:
                await browser.send_text(message.data)
            elif message.type is aiohttp.WSMsgType.BINARY:
                await browser.send_bytes(message.data)
        except (WebSocketDisconnect, RuntimeError):
            return
