"""The second way for control messages: a WebSocket beside the video, with a bounded outbox."""

from __future__ import annotations

import asyncio

from fastapi import WebSocket, WebSocketDisconnect

from control.visits.stay import Stay
from control.wire import MESSAGE_MAX_BYTES

OUTBOX_MAX = 64
"""Two seconds of frame messages: a socket that is further behind has lost the race with the data channel."""
CLOSED_BY_VISIT = 1000


class ControlSocket:
    """Carries one visit's messages over one accepted WebSocket."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket
        self._outbox: asyncio.Queue[str] = asyncio.Queue(OUTBOX_MAX)

    def offer(self, text: str) -> bool:
        """Send soon; False, and nothing is sent, where the visitor does not keep up."""
        try:
            self._outbox.put_nowait(text)
        except asyncio.QueueFull:
            return False
        return True

    async def serve(self, visit: Stay) -> None:
        """Carry messages both ways until the socket or the visit ends."""
        visit.attach_outlet(self)
        try:
            async with asyncio.TaskGroup() as tasks:
                receiving = tasks.create_task(self._receive_all(visit))
                sending = tasks.create_task(self._send_all())
                ending = tasks.create_task(visit.wait_ended())
                await asyncio.wait((receiving, sending, ending), return_when=asyncio.FIRST_COMPLETED)
                if ending.done():
                    await self._say_last_words(visit.end_reason)
                for task in (receiving, sending, ending):
                    task.cancel()
        finally:
            visit.detach_outlet(self)

    async def _receive_all(self, visit: Stay) -> None:
        while True:
            message = await self._socket.receive()
            if message["type"] == "websocket.disconnect":
                return
            data: str | bytes = message.get("text") or message.get("bytes") or ""
            # A message past the limit is cut to just over it, so that the decoder refuses it as too long.
            visit.receive(data[: MESSAGE_MAX_BYTES + 1])

    async def _send_all(self) -> None:
        try:
            while True:
                text = await self._outbox.get()
                await self._socket.send_text(text)
        except WebSocketDisconnect:
            return  # the receiving side sees the same and ends the socket

    async def _say_last_words(self, reason: str) -> None:
        """Send what still waits, the visit's goodbye among it, and close."""
        try:
            while not self._outbox.empty():
                await self._socket.send_text(self._outbox.get_nowait())
            await self._socket.close(CLOSED_BY_VISIT, reason)
        except WebSocketDisconnect:
            return
