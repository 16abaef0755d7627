"""A UDP relay that puts an impaired link between a browser and a server, on a thread of its own.

A path stands for one server candidate: a socket that the visitor sends to, and for each of the visitor's addresses a
socket towards the server, which so learns the visitor as peer reflexive (RFC 8445, section 7.3.1.3). All paths share
the two directions of one link. The thread waits by select(2), whose timeout is finer than the millisecond of epoll.
"""

from __future__ import annotations

import heapq
import itertools
import select
import socket
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from types import TracebackType
from typing import Literal, Self

from bench.network.impairment import Direction, Drop, Impairment

Way = Literal["down", "up"]
Address = tuple[str, int]

HEADER_BYTES = 28
"""IPv4 and UDP (RFC 791, RFC 768): rates count what the link carries."""
DATAGRAM_MAX_BYTES = 65_536
SOCKET_BUFFER_BYTES = 4_194_304


@dataclass(frozen=True, slots=True)
class PacketSeen:
    """A packet's way through the relay. Times are seconds since the relay's start."""

    way: Way
    at_s: float
    size_bytes: int
    """With IP and UDP headers."""
    deliver_at_s: float | None
    drop: Drop | None
    head: bytes = field(repr=False)
    """The first 12 bytes: the RTP header (RFC 3550, section 5.1), which SRTP leaves readable."""


@dataclass(slots=True)
class WayCounters:
    """Of one direction. Bytes count IP and UDP headers; seconds count from the relay's start."""

    packets: int = 0
    sent_bytes: int = 0
    """What came in."""
    delivered_bytes: int = 0
    drops: Counter[Drop] = field(default_factory=Counter)
    sent_by_second: Counter[int] = field(default_factory=Counter)
    delivered_by_second: Counter[int] = field(default_factory=Counter)

    @property
    def dropped(self) -> int:
        return sum(self.drops.values())


@dataclass(slots=True)
class _Path:
    """One server candidate, and the sockets that stand for the visitor's addresses."""

    listener: socket.socket
    server: Address
    upstream: dict[Address, socket.socket] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Delivery:
    socket: socket.socket
    data: bytes
    to: Address
    way: Way


class Relay:
    """A context manager; entering starts the thread and the link's schedule."""

    def __init__(self, down: Direction, up: Direction, seed: int, *, keep_packets: bool = False) -> None:
        """``keep_packets`` keeps a PacketSeen of every packet in ``packets``."""
        self.started_s = time.monotonic()
        self.counters: dict[Way, WayCounters] = {"down": WayCounters(), "up": WayCounters()}
        """Written by the thread; whole once the relay is closed."""
        self.packets: list[PacketSeen] = []
        self._keep_packets = keep_packets
        self._link: dict[Way, Impairment] = {
            "down": Impairment(down, seed, self.started_s),
            "up": Impairment(up, seed + 1, self.started_s),
        }
        self._paths: dict[socket.socket, _Path] = {}
        """By the socket that is read: the listener, or one towards the server."""
        self._visitors: dict[socket.socket, Address] = {}
        self._due: list[tuple[float, int, _Delivery]] = []
        self._order = itertools.count()
        self._lock = threading.Lock()
        self._waker, self._woken = socket.socketpair()
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="relay")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping = True
        self._waker.send(b".")
        self._thread.join()
        for one in (self._waker, self._woken, *self._paths):
            one.close()

    def open_path(self, server: Address) -> Address:
        """Relay to that address of the server; returns the address that the visitor is to use instead. Any thread."""
        listener = _bound(server[0])
        with self._lock:
            self._paths[listener] = _Path(listener, server)
        self._waker.send(b".")
        host, port = listener.getsockname()
        return str(host), int(port)

    # --- the relay's thread ------------------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping:
            with self._lock:
                sockets = [self._woken, *self._paths]
            timeout_s = max(0.0, self._due[0][0] - time.monotonic()) if self._due else None
            readable, _, _ = select.select(sockets, [], [], timeout_s)
            for one in readable:
                if one is self._woken:
                    one.recv(64)
                else:
                    self._receive(one)
            self._deliver()

    def _receive(self, source: socket.socket) -> None:
        """Take all that waits at a socket."""
        path = self._paths[source]
        while True:
            try:
                data, sender = source.recvfrom(DATAGRAM_MAX_BYTES)
            except BlockingIOError:
                return
            except ConnectionError:
                continue  # an ICMP error for an earlier datagram; UDP owes no delivery
            if source is path.listener:
                self._pass("up", _Delivery(self._towards_server(path, sender), data, path.server, "up"))
            elif sender == path.server:
                self._pass("down", _Delivery(path.listener, data, self._visitors[source], "down"))

    def _towards_server(self, path: _Path, visitor: Address) -> socket.socket:
        known = path.upstream.get(visitor)
        if known is None:
            known = path.upstream[visitor] = _bound(path.server[0])
            self._visitors[known] = visitor
            with self._lock:
                self._paths[known] = path
        return known

    def _pass(self, way: Way, delivery: _Delivery) -> None:
        now_s = time.monotonic()
        size = len(delivery.data) + HEADER_BYTES
        at_s = now_s - self.started_s
        counters = self.counters[way]
        counters.packets += 1
        counters.sent_bytes += size
        counters.sent_by_second[int(at_s)] += size
        verdict = self._link[way].offer(size, now_s)
        if isinstance(verdict, Drop):
            counters.drops[verdict] += 1
        elif verdict <= now_s and not self._due:
            self._send(delivery, now_s)
        else:
            heapq.heappush(self._due, (verdict, next(self._order), delivery))
        if self._keep_packets:
            deliver_at_s = None if isinstance(verdict, Drop) else verdict - self.started_s
            drop = verdict if isinstance(verdict, Drop) else None
            self.packets.append(PacketSeen(way, at_s, size, deliver_at_s, drop, delivery.data[:12]))

    def _deliver(self) -> None:
        now_s = time.monotonic()
        while self._due and self._due[0][0] <= now_s:
            self._send(heapq.heappop(self._due)[2], now_s)

    def _send(self, delivery: _Delivery, now_s: float) -> None:
        try:
            delivery.socket.sendto(delivery.data, delivery.to)
        except (BlockingIOError, ConnectionError):
            return  # as the network would: the datagram is lost
        size = len(delivery.data) + HEADER_BYTES
        counters = self.counters[delivery.way]
        counters.delivered_bytes += size
        counters.delivered_by_second[int(now_s - self.started_s)] += size


def _bound(host: str) -> socket.socket:
    """A UDP socket at a free port of that address."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    one = socket.socket(family, socket.SOCK_DGRAM)
    one.setblocking(False)
    for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        one.setsockopt(socket.SOL_SOCKET, option, SOCKET_BUFFER_BYTES)
    one.bind((host, 0))
    return one
