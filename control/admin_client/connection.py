"""Requests to the admin: its address, the token, tries again, and what its answers mean."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import random
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import httpx2
from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError

from control.admin_client.errors import BadAddress, ClientError, Nonsense, Refused, Unreachable
from control.admin_client.patience import Patience

CONNECT_TIMEOUT_S: Final = 10.0
ANSWER_TIMEOUT_S: Final = 120.0
"""Unpacking an archive, or checking a large blob's digest, takes its time."""
_REPEATABLE: Final = ("GET", "HEAD", "PUT", "DELETE")
Reply = TypeVar("Reply")


class AdminConnection:
    """A context manager: holds the connections."""

    def __init__(
        self,
        url: str,
        token: SecretStr,
        patience_s: float = 300.0,
        on_failed_try: Callable[[ClientError], None] | None = None,
    ) -> None:
        """``patience_s``: a request that fails for want of a connection is made again for so long;
        ``on_failed_try`` hears of the first try of each that failed so. Raises BadAddress."""
        self.origin = _origin(url)
        self.patience_s = patience_s
        self._on_failed_try = on_failed_try
        self.jitter = random.Random()
        self._client = httpx2.AsyncClient(
            base_url=f"{self.origin}/api/v1/",
            headers={"Authorization": f"Bearer {token.get_secret_value()}"},
            timeout=httpx2.Timeout(ANSWER_TIMEOUT_S, connect=CONNECT_TIMEOUT_S, pool=None),
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    @property
    def sends_in_the_clear(self) -> bool:
        """Whether others on the way can read the token."""
        url = httpx2.URL(self.origin)
        return url.scheme == "http" and not _is_here(url.host)

    async def ask(
        self,
        method: str,
        path: str,
        reply: type[Reply],
        body: BaseModel | Mapping[str, Any] | None = None,
        *,
        repeatable: bool | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        """The answer, after as many tries as patience allows. ``repeatable``: whether doing it twice is as good as
        once; None: as HTTP says of the method. Raises ClientError."""
        if isinstance(body, BaseModel):
            body = body.model_dump(mode="json", exclude_none=True)
        patience = Patience(self.patience_s, self.jitter)
        again = method in _REPEATABLE if repeatable is None else repeatable
        tell = self._on_failed_try
        while True:
            try:
                response = await self.send(method, path, json=body, headers=dict(headers or {}))
                return self.parsed(response, reply)
            except ClientError as error:
                wait_s = patience.wait_s(error, asyncio.get_running_loop().time(), repeatable=again)
                if wait_s is None:
                    raise
                if tell is not None:
                    tell(error)
                    tell = None
            await asyncio.sleep(wait_s)

    async def send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        """One try; the answer is a success. Raises Unreachable, Refused and Nonsense."""
        try:
            response = await self._client.request(method, path, **request)
        except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError) as error:
            raise Unreachable(f"{self.origin} can't be reached: {_reason(error)}", sent=False) from error
        except httpx2.TimeoutException as error:
            raise Unreachable(f"{self.origin} did not answer in time", sent=True) from error
        except httpx2.RequestError as error:
            raise Unreachable(f"the connection to {self.origin} broke: {_reason(error)}", sent=True) from error
        if not response.is_success:
            raise self._error(response)
        return response

    def parsed(self, response: httpx2.Response, reply: type[Reply]) -> Reply:
        """What an answer says. Raises Nonsense."""
        try:
            return TypeAdapter(reply).validate_json(response.content or b"null")
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False)[0]
            place = ".".join(str(part) for part in first["loc"])
            raise Nonsense(f"{self.origin} answers what its API does not have: {place} {first['msg']}") from error

    def _error(self, response: httpx2.Response) -> Refused | Nonsense:
        status = response.status_code
        if response.is_redirect:
            target = response.headers.get("Location", "")[:200]
            return Nonsense(f"{self.origin} sends on to {target!r}: give --admin as it really is")
        code, message = "failed", f"{self.origin} answers {status} {response.reason_phrase}"
        try:
            told = json.loads(response.content)["error"]
            code, message = str(told["code"])[:64], str(told["message"])[:1000]
        except (ValueError, LookupError, TypeError, RecursionError):
            pass  # a proxy's page, brackets without an end, or nothing: the status says enough
        return Refused(message, status, code, _seconds(response.headers.get("Retry-After")))


def _origin(url: str) -> str:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL as error:
        raise BadAddress(f"the admin's address can't be understood: {error}") from error
    # What is before an @ may be a secret: it is neither sent nor repeated.
    if parsed.scheme not in ("http", "https") or not parsed.host or parsed.userinfo or parsed.query:
        raise BadAddress("the admin's address must look like https://admin.example, without a name or a query")
    return f"{parsed.scheme}://{parsed.netloc.decode('ascii')}{parsed.path.rstrip('/')}"


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def _seconds(header: str | None) -> float | None:
    return float(header) if header is not None and header.isdecimal() and len(header) < 6 else None
