"""``make bench-media-port``: what one UDP port for all visits costs beside one for each, as ratios within one run.

Real sockets on the loopback, aioice's connections, no encryption and no pictures: what is told is CPU time of this
process from the kernel to aioice's connection, or from there to the kernel, with the kernel's own part.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import socket
import statistics
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import structlog

from stream.webrtc.ice_network import NetworkConnection, SharedStunProtocol
from stream.webrtc.media_network import MediaNetwork
from stream.webrtc.media_port import MediaPort

HOST = "127.0.0.1"
VISITS = (1, 20, 200)
FEEDBACK = b"\x81\xcd" + bytes(98)
"""As large as a browser's RTCP with transport-wide feedback."""
PICTURE = b"\x80\x66" + bytes(1198)
STRANGER = b"\x81\xcd" + bytes(98)
IN_BUFFER = 300
"""Datagrams that are put into the kernel's buffers before they are read: as many as the smallest of them holds."""
ROUNDS = 31


@dataclass
class Visits:
    """Connections of one kind, with their visitors' sockets."""

    connections: list[NetworkConnection]
    visitors: list[socket.socket]
    port: MediaPort | None
    received: int = 0
    all_came: asyncio.Event = field(default_factory=asyncio.Event)
    wanted: int = 0

    def take(self, data: bytes, component: int) -> None:
        """In the place of the connection's queue, which is the same for both."""
        self.received += 1
        if self.received == self.wanted:
            self.all_came.set()

    async def receive_ns(self) -> float:
        """CPU time for each datagram that came in."""
        each = max(1, IN_BUFFER // len(self.visitors))
        for index, visitor in enumerate(self.visitors):
            address = self.connections[index]._protocols[0].transport.get_extra_info("sockname")
            for _ in range(each):
                visitor.sendto(FEEDBACK, address)
        self.received, self.wanted = 0, each * len(self.visitors)
        self.all_came.clear()
        began = time.process_time_ns()
        async with asyncio.timeout(10):  # what a kernel's small buffers lose never comes
            await self.all_came.wait()
        return (time.process_time_ns() - began) / self.wanted

    async def send_ns(self) -> float:
        """CPU time for each datagram that went out."""
        each = max(1, IN_BUFFER // len(self.visitors))
        addresses = [visitor.getsockname()[:2] for visitor in self.visitors]
        began = time.process_time_ns()
        for connection, address in zip(self.connections, addresses, strict=True):
            protocol = connection._protocols[0]
            for _ in range(each):
                await protocol.send_data(PICTURE, address)
        took = time.process_time_ns() - began
        for visitor in self.visitors:
            drain(visitor)
        return took / (each * len(self.visitors))

    async def close(self) -> None:
        for connection in self.connections:
            await connection.close()
        for visitor in self.visitors:
            visitor.close()
        if self.port is not None:
            self.port.close()


def drain(visitor: socket.socket) -> None:
    while True:
        try:
            visitor.recv(2048)
        except BlockingIOError:
            return


def bound_socket() -> socket.socket:
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.bind((HOST, 0))
    one.setblocking(False)
    return one


async def open_visits(count: int, *, shared: bool) -> Visits:
    port = MediaPort([HOST], 0) if shared else None
    network = MediaNetwork(lambda: (HOST,), port)
    visits = Visits([], [bound_socket() for _ in range(count)], port)
    for visitor in visits.visitors:
        connection = NetworkConnection(network, ice_controlling=False)
        await connection.gather_candidates()
        connection.data_received = visits.take  # type: ignore[method-assign]
        protocol = connection._protocols[0]
        if port is not None and isinstance(protocol, SharedStunProtocol):
            port.sockets[0].demux.prove(visitor.getsockname()[:2], protocol.member, 0.0)
        visits.connections.append(connection)
    return visits


async def measured(count: int, measure: Callable[[Visits], Awaitable[float]]) -> tuple[float, float]:
    """Medians for visits with ports of their own, and with a shared one; measured in turns."""
    both = [await open_visits(count, shared=shared) for shared in (False, True)]
    taken: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for values, visits in zip(taken, both, strict=True):
            values.append(await measure(visits))
    for visits in both:
        await visits.close()
    own, shared = (statistics.median(values[1:]) for values in taken)  # the first warms up
    return own, shared


async def visit_us(*, shared: bool, count: int = 100) -> float:
    """CPU time to begin and end a connection's use of the network."""
    with MediaPort([HOST], 0) as port:
        network = MediaNetwork(lambda: (HOST,), port if shared else None)
        began = time.process_time_ns()
        connections = []
        for _ in range(count):
            connection = NetworkConnection(network, ice_controlling=False)
            await connection.gather_candidates()
            connections.append(connection)
        for connection in connections:
            await connection.close()
        return (time.process_time_ns() - began) / count / 1e3


async def stranger_ns() -> float:
    """CPU time for a datagram that belongs to nobody, beside 200 visits."""
    visits = await open_visits(200, shared=True)
    assert visits.port is not None
    shared, hostile = visits.port.sockets[0], bound_socket()
    taken = []
    for _ in range(ROUNDS):
        for _ in range(IN_BUFFER):
            hostile.sendto(STRANGER, shared.address)
        visits.visitors[0].sendto(FEEDBACK, shared.address)
        visits.received, visits.wanted = 0, 1
        visits.all_came.clear()
        began = time.process_time_ns()
        await visits.all_came.wait()
        taken.append((time.process_time_ns() - began) / IN_BUFFER)
    hostile.close()
    await visits.close()
    return statistics.median(taken[1:])


async def run(counts: Sequence[int]) -> None:
    print(f"{os.cpu_count()} cores; CPU time of a datagram in ns, medians of {ROUNDS - 1} rounds in turns\n")
    print(f"{'':<44}{'own':>9}{'shared':>9}{'ratio':>9}")
    for what, measure in (("received", Visits.receive_ns), ("sent", Visits.send_ns)):
        for count in counts:
            own, shared = await measured(count, measure)
            label = f"{what}, {count} visit{'s' if count > 1 else ''}"
            print(f"{label:<44}{own:>9.0f}{shared:>9.0f}{shared / own:>9.2f}")
    print(f"{'received, from a stranger beside 200 visits':<44}{'':>9}{await stranger_ns():>9.0f}")
    taken = [(await visit_us(shared=False), await visit_us(shared=True)) for _ in range(ROUNDS)]
    own, shared = (statistics.median(values) for values in zip(*taken, strict=True))
    print(f"\n{'to begin and end a visit, µs':<44}{own:>9.0f}{shared:>9.0f}{shared / own:>9.2f}")
    print(f"{'sockets of 200 visits, for each local address':<44}{200:>9}{1:>9}{1 / 200:>9.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.media_port", description=sys.modules[__name__].__doc__)
    parser.add_argument("--visits", type=int, nargs="+", default=VISITS, help="how many share the port")
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    asyncio.run(run(parser.parse_args().visits))


if __name__ == "__main__":
    main()
