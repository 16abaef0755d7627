"""Streams of lines of JSON (NDJSON) over HTTP, to readers who must keep up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from fastapi import Response
from starlette.types import Receive, Scope, Send

NDJSON: Final = "application/x-ndjson"
SLOW_READER_S: Final = 10.0
"""Who has not taken a line by then is dropped: its network has gone, or it holds on to us on purpose."""


class LineResponse(Response):
    """A stream of lines. Ends ``lines`` when the reader leaves, or does not keep up."""

    media_type = NDJSON

    def __init__(self, lines: AsyncGenerator[Mapping[str, Any], None], slow_reader_s: float = SLOW_READER_S) -> None:
        self.status_code = 200
        self.background = None
        self._lines = lines
        self._slow_reader_s = slow_reader_s
        # Proxies that collect answers before they pass them on would keep the reader waiting.
        self.init_headers({"Cache-Control": "no-store", "X-Accel-Buffering": "no"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        async with asyncio.TaskGroup() as group:
            sending = group.create_task(self._send_all(send), name="line-stream")
            leaving = group.create_task(_disconnected(receive), name="line-stream-reader")
            await asyncio.wait((sending, leaving), return_when=asyncio.FIRST_COMPLETED)
            sending.cancel()
            leaving.cancel()

    async def _send_all(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._lines) as lines:
            async for line in lines:
                text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
                try:
                    async with asyncio.timeout(self._slow_reader_s):
                        await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
                except TimeoutError:
                    return
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
