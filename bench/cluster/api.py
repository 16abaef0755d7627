"""Requests to the API server and watches, on plain dictionaries.

On purpose not the client that gateways use: a bench that shares it would share its faults.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp

from bench.cluster.control_plane import ControlPlane
from bench.cluster.errors import RequestRefused

Object = dict[str, Any]

RETRY_S: Final = 0.3
"""After an answer failed to come: the API server is restarted, say."""
_LINE_MAX_BYTES: Final = 4 * 1024 * 1024
_NOT_NOW: Final = frozenset({401, 429, 500, 503, 504})
"""What an API server says while it starts or ends."""


@dataclass(frozen=True, slots=True)
class Present:
    """An object as it is now."""

    object: Object


@dataclass(frozen=True, slots=True)
class Deleted:
    """An object as it was last."""

    object: Object


class Api:
    """As the admin. Made by ``open_api()``."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def request(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        *,
        patch: str | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Object:
        """Raises RequestRefused, and aiohttp's ClientError or TimeoutError where there is no answer."""
        headers = {"Content-Type": f"application/{patch}-patch+json" if patch else "application/json"}
        data = None if body is None else json.dumps(body)
        async with self._http.request(method, path, data=data, headers=headers, params=query) as response:
            text = await response.text()
            if response.status >= 400:
                raise RequestRefused(response.status, text)
            answer: Object = json.loads(text)
            return answer

    async def insist(
        self, method: str, path: str, body: Mapping[str, Any] | None = None, *, patch: str | None = None
    ) -> Object:
        """The same, again and again while the API server is away. Raises RequestRefused where it says a real no."""
        while True:
            try:
                return await self.request(method, path, body, patch=patch)
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(RETRY_S)
            except RequestRefused as refused:
                if refused.status not in _NOT_NOW:
                    raise
                await asyncio.sleep(RETRY_S)

    async def watch(self, path: str, query: Mapping[str, str] | None = None) -> AsyncIterator[Present | Deleted]:
        """What there is, and each change, for ever: goes on through restarts of the API server."""
        known: dict[str, Object] = {}
        while True:
            try:
                listed = await self.request("GET", path, query=query)
                there = {item["metadata"]["uid"]: item for item in listed["items"]}
                for uid in known.keys() - there.keys():
                    yield Deleted(known.pop(uid))
                for uid, item in there.items():
                    before, known[uid] = known.get(uid), item
                    if before is None or _version(before) != _version(item):
                        yield Present(item)
                async with aclosing(self._changes(path, query, _version(listed))) as changes:
                    async for change in changes:
                        uid = change.object["metadata"]["uid"]
                        if isinstance(change, Deleted):
                            known.pop(uid, None)
                        else:
                            known[uid] = change.object
                        yield change
            except (aiohttp.ClientError, TimeoutError):
                await asyncio.sleep(RETRY_S)
            except RequestRefused as refused:
                if refused.status not in _NOT_NOW:
                    raise
                await asyncio.sleep(RETRY_S)

    async def _changes(
        self, path: str, query: Mapping[str, str] | None, version: str
    ) -> AsyncGenerator[Present | Deleted]:
        """Until the server ends the watch, or has forgotten what came after ``version``."""
        asked = {**(query or {}), "watch": "true", "resourceVersion": version}
        endless = aiohttp.ClientTimeout(total=None, sock_connect=5)
        async with self._http.get(path, params=asked, timeout=endless, read_bufsize=_LINE_MAX_BYTES) as response:
            if response.status != 200:
                raise RequestRefused(response.status, await response.text())
            async for line in response.content:
                event: Object = json.loads(line)
                match event["type"]:
                    case "ADDED" | "MODIFIED":
                        yield Present(event["object"])
                    case "DELETED":
                        yield Deleted(event["object"])
                    case "ERROR":
                        return


def _version(item: Object) -> str:
    return str(item["metadata"]["resourceVersion"])


@asynccontextmanager
async def open_api(plane: ControlPlane) -> AsyncIterator[Api]:
    """A client of the control plane."""
    connector = aiohttp.TCPConnector(ssl=plane.tls, limit=0)
    async with aiohttp.ClientSession(plane.url, connector=connector, timeout=aiohttp.ClientTimeout(10)) as http:
        yield Api(http)
