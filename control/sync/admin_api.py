"""What an edge asks of the admin (``control.content.edge_api``), over HTTP.

Every answer is bounded in size and time, redirects are not followed, and the token goes nowhere but to the admin.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx2
from pydantic import BaseModel, SecretStr, ValidationError

from control.content.blob_batch import HEAD_BYTES
from control.content.edge_api import NodeReport, OrderReply, VisitReport, WantedBlobs
from control.content.envelope import Envelope
from control.content.signing import ENVELOPE_MAX_BYTES
from control.sync.errors import Nonsense, Refused, Unreachable

CONNECT_TIMEOUT_S: Final = 10.0
SILENCE_S: Final = 20.0
"""An answer during which nothing comes for so long is given up."""
ANSWER_S: Final = 60.0
"""A message, which is no blob, has come as a whole by then."""
ERROR_MAX_BYTES: Final = 16 * 1024
_CONTENT_RANGE = re.compile(r"bytes (\d{1,16})-(\d{1,16})/(\d{1,16})")
Message = TypeVar("Message", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Moved:
    """A message, and how many bytes its body took on the network."""

    envelope: Envelope
    size_bytes: int


@dataclass(frozen=True, slots=True)
class BlobBody:
    """A blob's bytes from ``offset_bytes`` on."""

    offset_bytes: int
    chunks: AsyncIterator[bytes]


class AdminApi:
    """A context manager: holds the connections."""

    def __init__(self, admin_url: str, site_token: SecretStr) -> None:
        """Raises ValueError where the address is none of http or https."""
        url = httpx2.URL(admin_url)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError(f"the admin's address must be http://… or https://…: {admin_url!r}")
        self._origin = f"{url.scheme}://{url.netloc.decode('ascii')}"
        self._client = httpx2.AsyncClient(
            base_url=self._origin + "/edge/v1/",
            headers={"Authorization": f"Bearer {site_token.get_secret_value()}", "Accept-Encoding": "identity"},
            timeout=httpx2.Timeout(SILENCE_S, connect=CONNECT_TIMEOUT_S, pool=None),
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def order(self, after: int, wait_s: float) -> OrderReply | None:
        """The site's order, once there is one after that serial; None where there was none for ``wait_s``. Raises
        ApiError."""
        query = {"after": str(after), "wait_s": f"{wait_s:g}"}
        async with (
            self._limited(wait_s),
            self._request("GET", "order", params=query, timeout_s=wait_s + SILENCE_S) as response,
        ):
            if response.status_code == 204:
                return None
            return await self._message(response, OrderReply, 2 * ENVELOPE_MAX_BYTES)

    async def release(self, release: str) -> Moved:
        """A release's envelope; its signatures are for others to check. Raises ApiError."""
        async with self._limited(), self._request("GET", f"releases/{release}") as response:
            data = await self._body(response, ENVELOPE_MAX_BYTES)
            return Moved(self._parsed(data, Envelope), len(data))

    @asynccontextmanager
    async def blob(self, digest: str, offset_bytes: int, size_bytes: int) -> AsyncIterator[BlobBody]:
        """A blob of that size from an offset within it, or from its beginning where the admin does not do ranges. Its
        bytes are for others to check. Raises ApiError, also while it is read."""
        headers = {"Range": f"bytes={offset_bytes}-"} if offset_bytes else {}
        async with self._request("GET", f"blobs/{digest}", headers=headers) as response:
            if response.headers.get("Content-Encoding", "identity") != "identity":
                raise Nonsense(f"{self._origin} compresses blobs, which was not asked for")
            start = self._start(response, offset_bytes, size_bytes)
            yield BlobBody(start, response.aiter_raw())

    async def blobs(self, digests: Sequence[str], size_bytes: int) -> bytes:
        """Blobs of so many bytes together, as ``control.content.blob_batch`` has them; they are for others to check.
        Raises ApiError."""
        content = WantedBlobs(digests=tuple(digests)).model_dump_json().encode()
        headers = {"Content-Type": "application/json"}
        async with self._limited(), self._request("POST", "blobs", content=content, headers=headers) as response:
            return await self._body(response, size_bytes + HEAD_BYTES * len(digests))

    async def report(self, report: NodeReport) -> None:
        """Tell how this node is. Raises ApiError."""
        await self._post("reports", report)

    async def visits(self, report: VisitReport) -> None:
        """Tell what was counted. Raises ApiError."""
        await self._post("visits", report)

    async def _post(self, path: str, message: BaseModel) -> None:
        content = message.model_dump_json().encode()
        headers = {"Content-Type": "application/json"}
        async with self._limited(), self._request("POST", path, content=content, headers=headers):
            pass

    @asynccontextmanager
    async def _limited(self, more_s: float = 0.0) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(ANSWER_S + more_s):
                yield
        except TimeoutError as error:
            raise Unreachable(f"{self._origin} did not answer in time") from error

    @asynccontextmanager
    async def _request(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, str] | None = None,
        headers: dict[str, str] | None = None,
        content: bytes | None = None,
        timeout_s: float = SILENCE_S,
    ) -> AsyncIterator[httpx2.Response]:
        timeout = httpx2.Timeout(SILENCE_S, connect=CONNECT_TIMEOUT_S, read=timeout_s, pool=None)
        stream = self._client.stream(method, path, params=params, headers=headers, content=content, timeout=timeout)
        try:
            async with stream as response:
                if not response.is_success:
                    raise await self._error(response)
                yield response
        except httpx2.TimeoutException as error:
            raise Unreachable(f"{self._origin} did not answer in time") from error
        except httpx2.TransportError as error:
            raise Unreachable(f"{self._origin} can't be reached: {str(error) or type(error).__name__}") from error

    async def _error(self, response: httpx2.Response) -> Refused | Nonsense:
        status = response.status_code
        if response.is_redirect:
            target = response.headers.get("Location", "")[:200]
            return Nonsense(f"{self._origin} sends on to {target!r}: give --admin-url as it really is")
        body = await self._body(response, ERROR_MAX_BYTES)
        try:
            told = str(json.loads(body)["error"]["message"])[:500]
        except (ValueError, LookupError, TypeError, RecursionError):
            # RecursionError: a few kilobytes of brackets are enough, and would end the node.
            told = response.reason_phrase
        return Refused(f"{self._origin} answers {status}: {told}", status)

    async def _message(self, response: httpx2.Response, model: type[Message], max_bytes: int) -> Message:
        return self._parsed(await self._body(response, max_bytes), model)

    def _parsed(self, data: bytes, model: type[Message]) -> Message:
        try:
            return model.model_validate_json(data)
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise Nonsense(f"{self._origin} answers what is no {model.__name__}: {place} {first['msg']}") from error

    async def _body(self, response: httpx2.Response, max_bytes: int) -> bytes:
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > max_bytes:
                raise Nonsense(f"{self._origin} answers with more than {max_bytes} bytes")
        return bytes(body)

    def _start(self, response: httpx2.Response, offset_bytes: int, size_bytes: int) -> int:
        if response.status_code == 200:
            return 0
        told = response.headers.get("Content-Range", "")
        match = _CONTENT_RANGE.fullmatch(told)
        if response.status_code != 206 or match is None:
            raise Nonsense(f"{self._origin} answers {response.status_code} to a request for a part of a blob")
        first, _, whole = map(int, match.groups())
        if (first, whole) != (offset_bytes, size_bytes):
            raise Nonsense(f"{self._origin} sends {told!r}, where bytes {offset_bytes}- of {size_bytes} were asked for")
        return first
