"""The control channel's WebSocket, as a browser's page opens it: who may, and how a refusal is told."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

from fastapi import WebSocket

FOREIGN_ORIGIN: Final = 4403
NO_SUCH_VISIT: Final = 4404


async def accept_own_page(socket: WebSocket) -> bool:
    """Accept it; False, and it is closed again, where the page of another server opens it. Accepted first, as a browser
    shows a page no reason for a refused handshake."""
    await socket.accept()
    origin = socket.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != socket.headers.get("host"):
        await socket.close(FOREIGN_ORIGIN, "foreign origin")
        return False
    return True


async def close_unknown(socket: WebSocket) -> None:
    """There is no such visit."""
    await socket.close(NO_SUCH_VISIT, "no such visit")
