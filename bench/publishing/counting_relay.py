"""Passes TCP connections on and counts their bytes: what really moves, with all that protocols add."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

CHUNK_BYTES = 256 * 1024


class CountingRelay:
    """A context manager on an event loop. ``up_bytes`` went to the server, ``down_bytes`` came from it."""

    def __init__(self, port: int) -> None:
        self._target_port = port
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None
        self.up_bytes = self.down_bytes = 0

    @property
    def url(self) -> str:
        assert self._server is not None, "it was entered"
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    @property
    def moved_bytes(self) -> int:
        return self.up_bytes + self.down_bytes

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None, "it was entered"
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "the server runs it in one"
        self._tasks.add(task)
        try:
            there, back = await asyncio.open_connection("127.0.0.1", self._target_port)
            async with asyncio.TaskGroup() as group:
                group.create_task(self._pass(reader, back, up=True), name="relay-up")
                group.create_task(self._pass(there, writer, up=False), name="relay-down")
        except (OSError, ExceptionGroup):
            pass  # whoever is at either end notices by itself
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, up: bool) -> None:
        try:
            while chunk := await reader.read(CHUNK_BYTES):
                if up:
                    self.up_bytes += len(chunk)
                else:
                    self.down_bytes += len(chunk)
                writer.write(chunk)
                await writer.drain()
        finally:
            writer.close()
