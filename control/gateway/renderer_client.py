"""Asks a renderer something over HTTP, for a visitor: with a pass, a bounded answer, and no longer than it is there."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp
from multidict import CIMultiDictProxy

from control.fleet.tokens import Pass
from control.gateway.errors import RendererUnreachable
from control.gateway.renderer import Renderer
from control.gateway.signer import Signer
from control.http_face.errors import is_code

CONNECT_S: Final = 1.0
"""Within a site; who does not answer by then is as good as gone."""
ANSWER_S: Final = 5.0
"""An answer takes a tenth of a second, and longer where many enter at once."""
ANSWER_MAX_BYTES: Final = 262_144


@dataclass(frozen=True, slots=True)
class Answer:
    """What a renderer answered."""

    status: int
    headers: CIMultiDictProxy[str]
    body: bytes
    media_type: str

    @property
    def code(self) -> str:
        """Of an error that we know, in the usual shape; else empty: figures are kept by it, and who has a pod's old
        address may say anything."""
        try:
            code = json.loads(self.body)["error"]["code"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return ""
        return code if isinstance(code, str) and is_code(code) else ""


class RendererClient:
    """See the module."""

    def __init__(self, http: aiohttp.ClientSession, signer: Signer) -> None:
        self.http = http
        self._signer = signer

    def authorization(self, may: Pass, now_s: float) -> dict[str, str]:
        """The header that a renderer asks for."""
        return {"Authorization": f"Bearer {may.sign(self._signer.key, now_s)}"}

    async def ask(
        self,
        renderer: Renderer,
        may: Pass,
        method: str,
        path: str,
        now_s: float,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str | None = None,
        body: str = "",
    ) -> Answer:
        """Its answer. Raises RendererUnreachable, at once when it is known to be gone."""
        headers = self.authorization(may, now_s)
        if content_type is not None:
            headers["Content-Type"] = content_type
        asking = asyncio.create_task(
            self._ask(method, renderer.url + path, headers, query, body), name=f"ask-{renderer.member.name}"
        )
        watching = asyncio.create_task(renderer.wait_gone(), name=f"watch-{renderer.member.name}")
        try:
            await asyncio.wait((asking, watching), return_when=asyncio.FIRST_COMPLETED)
            if not asking.done():
                raise RendererUnreachable(f"{renderer.member.name} has gone meanwhile")
            return asking.result()
        finally:
            asking.cancel()
            watching.cancel()
            await asyncio.gather(asking, watching, return_exceptions=True)

    async def _ask(
        self, method: str, url: str, headers: Mapping[str, str], query: Mapping[str, str] | None, body: str
    ) -> Answer:
        timeout = aiohttp.ClientTimeout(total=ANSWER_S, sock_connect=CONNECT_S)
        try:
            async with self.http.request(
                method, url, params=query, headers=headers, data=body.encode(), timeout=timeout, allow_redirects=False
            ) as answer:
                content = bytearray()
                async for chunk in answer.content.iter_any():
                    content += chunk
                    if len(content) > ANSWER_MAX_BYTES:
                        raise RendererUnreachable("its answer is too long to be one of a renderer's")
                return Answer(answer.status, answer.headers, bytes(content), answer.content_type)
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            raise RendererUnreachable(reason_of(error)) from error


def reason_of(error: Exception) -> str:
    """What went wrong, for logs: without the address that was asked, as who knows a visit's can steer the visit."""
    match error:
        case aiohttp.ClientConnectorError():
            return f"{type(error).__name__}: {error.os_error}"
        case aiohttp.ClientResponseError():
            return f"{type(error).__name__}: {error.status} {error.message}"
        case _:
            return type(error).__name__
