"""A TCP proxy that breaks connections in the midst of what they carry."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self


class CuttingProxy:
    """A context manager in front of a port of this machine. ``cuts``: after how many bytes from the client the first
    connections are cut, without a word; those after them live."""

    def __init__(self, port: int, cuts: Sequence[int]) -> None:
        self._port = port
        self._cuts = list(cuts)
        self._server: asyncio.Server | None = None
        self.url = ""

    @property
    def cuts_left(self) -> int:
        return len(self._cuts)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        left = self._cuts.pop(0) if self._cuts else None
        to_reader, to_writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            async with asyncio.TaskGroup() as group:
                back = group.create_task(_copy(to_reader, writer, None))
                await _copy(reader, to_writer, left)
                back.cancel()
        except* ConnectionError:
            pass  # one of the two went first
        finally:
            for end in (writer, to_writer):
                end.transport.abort()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, most_bytes: int | None) -> None:
    left = most_bytes
    while data := await reader.read(65536):
        writer.write(data if left is None else data[:left])
        await writer.drain()
        if left is not None:
            left -= len(data)
            if left <= 0:
                return
