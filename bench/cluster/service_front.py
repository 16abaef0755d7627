"""The one address of a Service, as an ingress makes it: connections go to its ready pods in turn."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from typing import Final

from bench.cluster.api import Api, Deleted
from bench.cluster.pod_status import is_ready

_CHUNK_BYTES: Final = 65_536


class ServiceFront:
    """Made by ``service_front()``."""

    def __init__(self, api: Api, namespace: str, selector: str, port: int) -> None:
        self.url = ""
        self._api = api
        self._namespace = namespace
        self._selector = selector
        self._port = port
        self._ready: dict[str, str] = {}
        """Addresses of pods that are ready and not told to end, by UID."""
        self._turn = 0
        self._somebody = asyncio.Event()

    async def wait_for_somebody(self) -> None:
        """Until there is a ready pod."""
        await self._somebody.wait()

    async def watch(self) -> None:
        """Follow the pods, for ever."""
        pods = f"/api/v1/namespaces/{self._namespace}/pods"
        async for seen in self._api.watch(pods, {"labelSelector": self._selector}):
            uid = seen.object["metadata"]["uid"]
            leaves = isinstance(seen, Deleted) or "deletionTimestamp" in seen.object["metadata"]
            if not leaves and is_ready(seen.object):
                self._ready[uid] = seen.object["status"]["podIP"]
                self._somebody.set()
            else:
                self._ready.pop(uid, None)
                if not self._ready:
                    self._somebody.clear()

    async def take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, until it ends. Those that can't be made are tried at the next pod."""
        with closing(writer):
            for address in self._in_turn():
                try:
                    pod_reader, pod_writer = await asyncio.open_connection(address, self._port)
                except OSError:
                    continue
                with closing(pod_writer):
                    async with asyncio.TaskGroup() as tasks:
                        tasks.create_task(_pass_on(reader, pod_writer), name="front-in")
                        tasks.create_task(_pass_on(pod_reader, writer), name="front-out")
                return

    def _in_turn(self) -> list[str]:
        addresses = list(self._ready.values())
        self._turn += 1
        first = self._turn % max(1, len(addresses))
        return addresses[first:] + addresses[:first]


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):  # the other direction ends by the same
        while chunk := await reader.read(_CHUNK_BYTES):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
        return
    writer.close()


@asynccontextmanager
async def service_front(
    api: Api, namespace: str, selector: str, port: int, address: str
) -> AsyncIterator[ServiceFront]:
    """Listens at ``address``, at a port that the system chooses."""
    front = ServiceFront(api, namespace, selector, port)
    taken: set[asyncio.Task[None]] = set()

    def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(front.take(reader, writer), name="front-connection")
        taken.add(task)
        task.add_done_callback(taken.discard)

    server = await asyncio.start_server(take, address, 0)
    front.url = f"http://{address}:{server.sockets[0].getsockname()[1]}"
    watching = asyncio.create_task(front.watch(), name="front-watch")
    try:
        yield front
    finally:
        server.close()
        ending = [watching, *taken]
        for task in ending:
            task.cancel()
        await asyncio.gather(*ending, return_exceptions=True)
