"""Runs in a process of its own, patched as locust patches it: tries the bridge, and prints what came of it as JSON."""

from __future__ import annotations

from gevent import monkey

monkey.patch_all()

import asyncio  # noqa: E402
import json  # noqa: E402
import socket  # noqa: E402
import threading  # noqa: E402
from typing import Any  # noqa: E402

import gevent  # noqa: E402

from bench.visitors.samples import Sample, Tally, What  # noqa: E402
from bench.visitors.visitor_thread import VisitCancelled, VisitorThread  # noqa: E402


class Echo(asyncio.DatagramProtocol):
    """Keeps what comes."""

    def __init__(self) -> None:
        self.received: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    def datagram_received(self, data: bytes, addr: object) -> None:
        self.received.set_result(data)


async def native_ident() -> int:
    return monkey.get_original("_thread", "get_ident")()  # type: ignore[no-any-return]


async def datagram() -> dict[str, Any]:
    loop = asyncio.get_running_loop()
    receiving, echo = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    sending, _ = await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", 0))
    sending.sendto(b"over the plain socket", receiving.get_extra_info("sockname"))
    data = await asyncio.wait_for(echo.received, 5.0)
    sock = receiving.get_extra_info("socket")
    for transport in (sending, receiving):
        transport.close()
    return {"data": data.decode(), "plain": not isinstance(sock, gevent.socket.socket)}


async def fail() -> None:
    raise ValueError("as it was raised")


async def wait_forever(cancelled: list[str]) -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        await asyncio.sleep(0.05)  # what is to be freed takes its time
        cancelled.append("freed")
        raise


def main() -> None:
    result: dict[str, Any] = {"patched": socket.socket is gevent.socket.socket}
    heard: list[tuple[list[Sample], Tally, bool]] = []
    main_ident = monkey.get_original("_thread", "get_ident")()

    def on_samples(samples: list[Sample], tally: Tally) -> None:
        heard.append((samples, tally, monkey.get_original("_thread", "get_ident")() == main_ident))

    thread = VisitorThread(on_samples)
    result["real thread"] = thread.call(native_ident) != main_ident
    result["same thread"] = thread.call(native_ident) == thread.call(native_ident)
    result["datagram"] = thread.call(datagram)
    try:
        thread.call(fail)
    except ValueError as error:
        result["raised"] = str(error)

    ticks: list[int] = []
    ticking = gevent.spawn(lambda: [(ticks.append(n), gevent.sleep(0.01)) for n in range(5)])
    thread.call(asyncio.sleep, 0.3)
    ticking.join()
    result["other greenlets ran meanwhile"] = len(ticks)

    cancelled: list[str] = []
    waiting = gevent.spawn(thread.call, wait_forever, cancelled)
    thread.call(asyncio.sleep, 0.01)
    waiting.kill()
    result["killed greenlet's coroutine"] = list(cancelled)

    async def tell() -> None:
        thread.report([Sample(What.TAP, 5.0)] * 3, Tally(pictures=2))

    thread.call(tell)
    outcome: list[str] = []

    def call_and_note() -> None:
        try:
            thread.call(wait_forever, cancelled)
        except VisitCancelled as error:
            outcome.append(str(error))

    library_tasks: list[asyncio.Task[None]] = []

    async def begin_as_libraries_do() -> None:
        library_tasks.append(asyncio.create_task(wait_forever([])))

    thread.call(begin_as_libraries_do)
    left = gevent.spawn(call_and_note)
    thread.call(asyncio.sleep, 0.01)
    thread.close()
    left.join()
    result["left coroutine"] = [cancelled, outcome]
    result["a library's task"] = [task.cancelled() for task in library_tasks]
    result["samples"] = sum(len(samples) for samples, _, _ in heard)
    result["pictures"] = sum(tally.pictures for _, tally, _ in heard)
    result["on gevent's thread"] = all(on_main for _, _, on_main in heard)
    try:
        thread.call(native_ident)
    except RuntimeError as error:
        result["after closing"] = str(error)
    result["threads"] = threading.active_count()
    print(json.dumps(result))


if __name__ == "__main__":
    main()
