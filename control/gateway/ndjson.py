"""Reads a stream of JSON lines of another process of the fleet: bounded, and never waiting for one that is dead."""

from __future__ import annotations

from collections.abc import AsyncGenerator

import aiohttp
from aiohttp.http_exceptions import LineTooLong


class StreamBroken(Exception):
    """The stream can't be had, or has ended; the message says why, for people."""


async def lines(
    http: aiohttp.ClientSession,
    url: str,
    token: str,
    *,
    line_max_bytes: int,
    silence_s: float,
    connect_s: float | None = None,
) -> AsyncGenerator[bytes, None]:
    """Whole lines as they come, with their newlines. It only ends by StreamBroken: also after ``silence_s`` without a
    byte. ``connect_s``: so long it may take to connect.

    Use it by ``contextlib.aclosing``: it holds a connection."""
    # The timeout of the socket, not one around the reading: what has come while this process was busy counts first.
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_s or silence_s, sock_read=silence_s)
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with http.get(url, headers=headers, timeout=timeout, allow_redirects=False) as response:
            if response.status != 200:
                text = (await response.content.read(500)).decode(errors="replace")
                raise StreamBroken(f"it answers {response.status}: {text}")
            while line := await response.content.readline(max_line_length=line_max_bytes):
                if line.endswith(b"\n"):
                    yield line
    except LineTooLong as error:
        raise StreamBroken(f"a line is longer than {line_max_bytes} bytes") from error
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise StreamBroken(str(error) or type(error).__name__) from error
    raise StreamBroken("its stream has ended")
