"""Connections share the sockets of a port."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from stream.webrtc import media_port
from stream.webrtc.media_demux import Address
from stream.webrtc.media_port import MediaPort, PortSocket

MEDIA = b"\x80 media"


@dataclass
class End:
    """A connection's end, which takes down what it gets."""

    transport: asyncio.DatagramTransport | None = None
    heard: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    lost: asyncio.Event = field(default_factory=asyncio.Event)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.DatagramTransport)
        self.transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set()

    def media_received(self, data: bytes) -> None:
        self.heard.put_nowait(data)

    def stun_received(self, data: bytes, address: Address) -> None:
        raise AssertionError("nobody sends checks here")


@pytest.fixture(params=["127.0.0.1", "::1"])
def port(request: pytest.FixtureRequest) -> Iterator[MediaPort]:
    with MediaPort([request.param], 0) as opened:
        yield opened


@pytest.fixture
def visitor(port: MediaPort) -> Iterator[socket.socket]:
    host = port.sockets[0].address[0]
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        one.bind((host, 0))
        one.setblocking(False)
        yield one


def connect(port: MediaPort, user: str, visitor: socket.socket) -> End:
    end = End()
    shared = port.sockets[0]
    shared.demux.prove(visitor.getsockname()[:2], shared.connect(user, end), 0.0)
    return end


async def test_datagrams_come_in_and_go_out(port: MediaPort, visitor: socket.socket) -> None:
    end = connect(port, "ann", visitor)
    assert end.transport is not None
    visitor.sendto(MEDIA, port.sockets[0].address)
    assert await end.heard.get() == MEDIA
    end.transport.sendto(b"pictures", visitor.getsockname()[:2])
    data, source = await asyncio.get_running_loop().sock_recvfrom(visitor, 100)
    assert (data, source[:2]) == (b"pictures", port.sockets[0].address)
    assert end.transport.get_extra_info("sockname") == port.sockets[0].address
    counts = port.counts()
    assert (counts.received, counts.sent, counts.connections) == (1, 1, 1)
    end.transport.close()


async def test_more_than_a_turn_reads_all_come(port: MediaPort, visitor: socket.socket) -> None:
    end = connect(port, "ann", visitor)
    sent = [MEDIA + bytes([number]) for number in range(3 * media_port.READ_MAX // 2)]
    for data in sent:
        visitor.sendto(data, port.sockets[0].address)
    assert [await end.heard.get() for _ in sent] == sent
    assert end.transport is not None
    end.transport.abort()


async def test_a_connection_that_ends_is_told_and_forgotten_and_the_others_go_on(
    port: MediaPort, visitor: socket.socket
) -> None:
    end, other = connect(port, "ann", visitor), End()
    port.sockets[0].connect("ben", other)
    assert end.transport is not None
    end.transport.close()
    end.transport.close()
    assert end.transport.is_closing()
    await end.lost.wait()
    assert port.sockets[0].demux.sizes == (1, 0, 0)
    again = connect(port, "ann", visitor)
    visitor.sendto(MEDIA, port.sockets[0].address)
    assert await again.heard.get() == MEDIA
    for one in (again, other):
        assert one.transport is not None
        one.transport.close()


async def test_what_no_kernel_takes_now_waits_in_order_and_is_bounded(
    port: MediaPort, visitor: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A loopback always takes all, so that fullness is pretended."""
    shared, end = port.sockets[0], connect(port, "ann", visitor)
    full = FullForNow(shared)
    monkeypatch.setattr(media_port, "WAITING_MAX", 5)
    for number in range(7):
        shared.send(bytes([number]), visitor.getsockname()[:2])
    full.full = False
    loop = asyncio.get_running_loop()
    assert [(await loop.sock_recvfrom(visitor, 100))[0] for _ in range(5)] == [bytes([number]) for number in range(5)]
    shared.send(b"next", visitor.getsockname()[:2])
    assert (await loop.sock_recvfrom(visitor, 100))[0] == b"next"
    assert port.counts().dropped["not-sent"] == 2
    assert end.transport is not None
    end.transport.close()


class FullForNow:
    """Stands before a socket, and takes nothing until it is told."""

    def __init__(self, shared: PortSocket) -> None:
        self._real = shared._socket
        self.full = True
        shared._socket = self  # type: ignore[assignment]

    def sendto(self, data: bytes, address: Address) -> int:
        if self.full:
            raise BlockingIOError
        return self._real.sendto(data, address)

    def __getattr__(self, name: str) -> object:
        return getattr(self._real, name)


async def test_an_address_that_no_way_leads_to_harms_nobody(port: MediaPort, visitor: socket.socket) -> None:
    end = connect(port, "ann", visitor)
    assert end.transport is not None
    end.transport.sendto(b"lost", ("2001:db8::1", 9) if port.sockets[0].address[0] == "127.0.0.1" else ("192.0.2.1", 9))
    assert port.counts().dropped["not-sent"] == 1
    visitor.sendto(MEDIA, port.sockets[0].address)
    assert await end.heard.get() == MEDIA
    end.transport.close()


async def test_what_overflows_the_kernel_s_buffer_is_told(port: MediaPort, visitor: socket.socket) -> None:
    end = connect(port, "ann", visitor)
    shared = port.sockets[0]
    shared._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    for _ in range(200):  # nothing is read until this test waits for something
        visitor.sendto(MEDIA * 20, shared.address)
    await end.heard.get()
    assert 0 < port.counts().dropped["kernel"] < 200
    assert end.transport is not None
    end.transport.close()


async def test_a_port_may_be_closed_before_its_connections(visitor: socket.socket, port: MediaPort) -> None:
    end = connect(port, "ann", visitor)
    port.close()
    assert end.transport is not None
    end.transport.sendto(b"late", visitor.getsockname()[:2])
    end.transport.close()
    await end.lost.wait()
