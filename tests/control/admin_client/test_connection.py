"""Requests to whoever answers at the admin's address."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest
from pydantic import SecretStr

from control.admin_client.connection import AdminConnection
from control.admin_client.errors import BadAddress, ClientError, Nonsense, Refused, Unreachable
from control.admin_client.replies import MissingBlobs

TOKEN = SecretStr("ert_a-token")


@asynccontextmanager
async def answering(*answers: bytes) -> AsyncIterator[tuple[str, list[bytes]]]:
    """A server that gives these answers, one for each connection, and closes it. Yields its address, and the requests
    that came."""
    requests: list[bytes] = []
    left = list(answers)

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        requests.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(left.pop(0))
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", requests


def reply(status: str, body: bytes = b"", headers: Sequence[str] = ()) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
    return "\r\n".join(lines).encode() + body


GOOD = reply("200 OK", b'{"missing": [], "of a newer version": 1}')


async def test_the_token_goes_with_each_request() -> None:
    async with answering(GOOD) as (url, requests), AdminConnection(url, TOKEN) as connection:
        assert await connection.ask("POST", "blobs/missing", MissingBlobs, {"digests": []}) == MissingBlobs(missing=())
    assert requests[0].startswith(b"POST /api/v1/blobs/missing HTTP/1.1\r\n")
    assert b"Authorization: Bearer ert_a-token\r\n" in requests[0]


async def test_what_was_not_done_is_asked_again() -> None:
    busy = reply("503 Service Unavailable", b'{"error": {"code": "unavailable", "message": "busy"}}')
    async with answering(busy, b"", GOOD) as (url, requests), AdminConnection(url, TOKEN) as connection:
        await connection.ask("GET", "x", MissingBlobs)
    assert len(requests) == 3


async def test_what_may_have_been_done_is_not_asked_again() -> None:
    async with answering(b"") as (url, requests), AdminConnection(url, TOKEN) as connection:
        with pytest.raises(Unreachable, match="broke") as raised:
            await connection.ask("POST", "x", MissingBlobs)
    assert raised.value.sent
    assert len(requests) == 1


async def test_nobody_there_is_told_when_patience_ends() -> None:
    async with answering() as (url, _):
        pass
    told: list[ClientError] = []
    async with AdminConnection(url, TOKEN, patience_s=1.0, on_failed_try=told.append) as connection:
        with pytest.raises(Unreachable, match="can't be reached"):
            await connection.ask("GET", "x", MissingBlobs)
    assert len(told) == 1, "a person hears of it at once, and once"


async def test_the_admin_s_words_are_told() -> None:
    answer = reply("409 Conflict", b'{"error": {"code": "conflict", "message": "somebody was quicker"}}')
    async with answering(answer) as (url, _), AdminConnection(url, TOKEN) as connection:
        with pytest.raises(Refused, match=r"^somebody was quicker$") as raised:
            await connection.ask("GET", "x", MissingBlobs)
    assert (raised.value.status, raised.value.code) == (409, "conflict")


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply("404 Not Found", b"<html>"), "answers 404 Not Found"),
        (reply("418 Teapot", b'{"error": 1}'), "answers 418 Teapot"),
        (reply("418 Teapot", b"[" * 10_000), "answers 418 Teapot"),
    ],
)
async def test_a_page_of_somebody_else_is_told_by_its_status(answer: bytes, told: str) -> None:
    async with answering(answer) as (url, _), AdminConnection(url, TOKEN) as connection:
        with pytest.raises(Refused, match=told):
            await connection.ask("GET", "x", MissingBlobs)


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (reply("200 OK", b"<html>"), "what its API does not have"),
        (reply("200 OK"), "what its API does not have"),
        (reply("302 Found", headers=["Location: https://login.example/"]), "give --admin as it really is"),
    ],
)
async def test_who_is_no_admin_is_told(answer: bytes, told: str) -> None:
    async with answering(answer) as (url, _), AdminConnection(url, TOKEN) as connection:
        with pytest.raises(Nonsense, match=told):
            await connection.ask("GET", "x", MissingBlobs)


@pytest.mark.parametrize("url", ["", "admin.example", "ftp://x", "http://", "http://a:b@x", "http://x?y", "http://[::"])
def test_what_is_no_address_is_refused(url: str) -> None:
    with pytest.raises(BadAddress, match="address"):
        AdminConnection(url, TOKEN)


@pytest.mark.parametrize(
    ("url", "in_the_clear"),
    [
        ("http://127.0.0.1:8090", False),
        ("http://localhost", False),
        ("http://[::1]:8090/", False),
        ("https://admin.example", False),
        ("http://admin.example", True),
        ("http://10.0.0.1", True),
    ],
)
def test_a_token_that_others_can_read_is_noticed(url: str, in_the_clear: bool) -> None:
    assert AdminConnection(url, TOKEN).sends_in_the_clear is in_the_clear
