"""One UDP port for all connections: a socket for each local address, shared by as many as there are.

A connection's end is a transport as asyncio's, so that aioice notices nothing. The socket is read while anybody uses
it: many datagrams at each turn of the event loop, as one at a turn, which is what asyncio's own transport takes, would
make every visitor's packets wait for all others'.
"""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import struct
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Protocol, Self

import structlog

from stream.errors import MediaNetworkError
from stream.webrtc.media_demux import Address, Demultiplexer, DropReason, Member, Receiver

log = structlog.get_logger(__name__)

BUFFER_BYTES: Final = 4 * 1024 * 1024
"""Asked for, in both directions; the kernel gives as much as net.core.rmem_max and wmem_max allow. A second's feedback
of a thousand visitors is a tenth of it: room for turns of the event loop that take long."""
DATAGRAM_MAX_BYTES: Final = 4096
"""More than any that a visitor sends, as DTLS and WebRTC keep below 1,500 bytes; the rest of a longer one is cut off,
and what is left proves nothing."""
READ_MAX: Final = 64
"""Datagrams at a turn: in a flood all else of the node still gets its turns."""
WAITING_MAX: Final = 512
"""Datagrams that wait until the kernel takes some again; more are dropped, as the network would."""
_SO_MEMINFO: Final = 55
"""Linux: what a socket holds, nine numbers of 32 bits; the last is what it has dropped (SK_MEMINFO_DROPS)."""
_MEMINFO: Final = struct.Struct("=9I")


class PortReceiver(Receiver, Protocol):
    """A connection's end: also a DatagramProtocol, as far as it is used here."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See asyncio.DatagramProtocol."""

    def connection_lost(self, exc: Exception | None) -> None:
        """See asyncio.DatagramProtocol."""


@dataclass(frozen=True, slots=True)
class PortCounts:
    """Since the port was opened; all its sockets together."""

    received: int
    sent: int
    dropped: dict[str, int]
    """By reason: those of DropReason; ``kernel`` (the socket's buffer was full), ``not-sent``."""
    connections: int
    receive_buffer_bytes: int
    """The smallest of the sockets'."""


class PortSocket:
    """One local address of the port."""

    def __init__(self, host: str, port: int) -> None:
        """Raises MediaNetworkError."""
        self._socket = _bound(host, port)
        self._v6 = self._socket.family == socket.AF_INET6
        self.address: Address = self._socket.getsockname()[:2]
        self.demux = Demultiplexer()
        self.sent = self.not_sent = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        """While anybody uses the socket."""
        self._users = 0
        self._waiting: deque[tuple[bytes, Address]] = deque()

    def connect(self, user: str, receiver: PortReceiver) -> Member:
        """Begin a connection's use of the port; on the event loop. It ends when its transport is closed."""
        member = self.demux.join(user, receiver)
        if self._loop is None:
            self._loop = asyncio.get_running_loop()
            self._loop.add_reader(self._socket, self._read)
        self._users += 1
        receiver.connection_made(PortTransport(self, member, receiver, self._loop))
        return member

    def disconnect(self, member: Member) -> None:
        """Called once for each connection, by its transport."""
        self.demux.leave(member)
        self._users -= 1
        if self._users == 0 and self._loop is not None:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._waiting.clear()
            self._loop = None

    def _read(self) -> None:
        assert self._loop is not None, "it is read while it is used"
        now_s = self._loop.time()
        receive, take, v6 = self._socket.recvfrom, self.demux.datagram, self._v6
        for _ in range(READ_MAX):
            try:
                data, address = receive(DATAGRAM_MAX_BYTES)
            except (BlockingIOError, InterruptedError):
                return
            except OSError as error:  # of a datagram sent before; it says nothing of the next
                log.debug("media_port_receive", error=str(error))
                continue
            take(data, address[:2] if v6 else address, now_s)

    def send(self, data: bytes, address: Address) -> None:
        """Give a datagram to the kernel, or let it wait where it takes none now."""
        if self._waiting:
            self._wait(data, address)
            return
        try:
            self._socket.sendto(data, address)
        except (BlockingIOError, InterruptedError):
            self._wait(data, address)
        except OSError as error:  # no way to this address: the network's answer, which checks and consent find out
            self.not_sent += 1
            log.debug("media_port_send", error=str(error))
        else:
            self.sent += 1

    def _wait(self, data: bytes, address: Address) -> None:
        if self._loop is None or len(self._waiting) >= WAITING_MAX:
            self.not_sent += 1
            return
        if not self._waiting:
            self._loop.add_writer(self._socket, self._write)
        self._waiting.append((bytes(data), address))

    def _write(self) -> None:
        assert self._loop is not None, "it is written while it is used"
        while self._waiting:
            data, address = self._waiting[0]
            try:
                self._socket.sendto(data, address)
            except (BlockingIOError, InterruptedError):
                return
            except OSError:
                self.not_sent += 1
            else:
                self.sent += 1
            self._waiting.popleft()
        self._loop.remove_writer(self._socket)

    @property
    def kernel_drops(self) -> int:
        """What the kernel threw away as the buffer was full; 0 where it doesn't tell."""
        try:
            told = self._socket.getsockopt(socket.SOL_SOCKET, _SO_MEMINFO, _MEMINFO.size)
        except OSError:
            return 0
        return int(_MEMINFO.unpack(told)[-1]) if len(told) == _MEMINFO.size else 0

    @property
    def receive_buffer_bytes(self) -> int:
        return self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    def close(self) -> None:
        """Free the port. A connection that still uses it gets no more, and may be closed later."""
        if self._loop is not None and not self._loop.is_closed():
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
        self._loop = None
        self._socket.close()


class PortTransport(asyncio.DatagramTransport):
    """One connection's end of a socket that it shares."""

    def __init__(
        self, port: PortSocket, member: Member, receiver: PortReceiver, loop: asyncio.AbstractEventLoop
    ) -> None:
        super().__init__({"sockname": port.address})
        self._port = port
        self._member = member
        self._receiver = receiver
        self._loop = loop
        self._closing = False

    def sendto(self, data: Any, addr: Any = None) -> None:
        """See asyncio.DatagramTransport; always with an address."""
        self._port.send(data, addr)

    def is_closing(self) -> bool:
        """See asyncio.BaseTransport."""
        return self._closing

    def close(self) -> None:
        """See asyncio.BaseTransport. The port forgets the connection at once."""
        if self._closing:
            return
        self._closing = True
        self._port.disconnect(self._member)
        self._loop.call_soon(self._receiver.connection_lost, None)

    def abort(self) -> None:
        """See asyncio.DatagramTransport."""
        self.close()


class MediaPort:
    """A UDP port of this machine, on some of its addresses. A context manager, which closes it."""

    def __init__(self, hosts: Sequence[str], port: int) -> None:
        """Raises MediaNetworkError where it can't be had on one of them."""
        self.sockets: list[PortSocket] = []
        try:
            for host in hosts:
                self.sockets.append(PortSocket(host, port))
        except MediaNetworkError:
            self.close()
            raise
        log.info("media_port", port=port, hosts=list(hosts), buffer_bytes=self.counts().receive_buffer_bytes)

    def counts(self) -> PortCounts:
        """What came and went so far."""
        dropped = {reason.value: sum(one.demux.dropped[reason] for one in self.sockets) for reason in DropReason}
        dropped["kernel"] = sum(one.kernel_drops for one in self.sockets)
        dropped["not-sent"] = sum(one.not_sent for one in self.sockets)
        return PortCounts(
            received=sum(one.demux.received for one in self.sockets),
            sent=sum(one.sent for one in self.sockets),
            dropped=dropped,
            connections=max((one.demux.sizes[0] for one in self.sockets), default=0),
            receive_buffer_bytes=min((one.receive_buffer_bytes for one in self.sockets), default=0),
        )

    def close(self) -> None:
        """After all connections."""
        for one in self.sockets:
            one.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ipaddress.ip_address(host).version == 6 else socket.AF_INET
    bound = socket.socket(family, socket.SOCK_DGRAM)
    try:
        bound.setblocking(False)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        if family == socket.AF_INET6:
            bound.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        raise MediaNetworkError(f"UDP port {port} of {host} can't be used for media: {_advice(error)}") from error
    return bound


def _advice(error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return "it is taken; does another node run on this machine? Give each its own --media-port"
    if error.errno == errno.EADDRNOTAVAIL:
        return "this machine has no such address; see `ip address`, and give --media-host one of those"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "that is not allowed; ports below 1024 need the capability NET_BIND_SERVICE, so take a higher one"
    return str(error)
