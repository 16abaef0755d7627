"""What a gateway says of renderers that do not answer as one does."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest

from control.gateway.renderer_client import reason_of


async def test_logs_do_not_say_which_visit_was_asked_for() -> None:
    async def nonsense(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"nonsense\r\n\r\n")
        await writer.drain()
        writer.close()

    listening = await asyncio.start_server(nonsense, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}/whep/visit-of-somebody"
    async with aiohttp.ClientSession() as http:
        async with listening:
            with pytest.raises(aiohttp.ClientResponseError, match="visit-of-somebody") as answered:
                await http.get(address)
        with pytest.raises(aiohttp.ClientConnectorError) as away:
            await http.get(address)
    assert reason_of(answered.value).startswith("ClientResponseError: 400 Bad status line")
    assert "visit-of-somebody" not in reason_of(answered.value)
    assert reason_of(away.value).startswith("ClientConnectorError: [Errno 111]")
    assert reason_of(aiohttp.ConnectionTimeoutError(f"to {address}")) == "ConnectionTimeoutError"
