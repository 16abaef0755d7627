"""An asyncio loop for a real thread of a process that gevent has monkey-patched.

``locust`` patches the standard library before it reads a locustfile: ``socket.socket`` is gevent's then, and the
default selector waits in gevent's hub, of which each thread would get one of its own. An asyncio loop on top of that
waits twice and wakes late. This one uses what was there before the patch: epoll by ``selectors``, and the plain
socket class for its datagrams and for its self-pipe. It needs nothing else of the operating system: names are not
resolved here, and there is no executor, whose "threads" would be greenlets of a hub that never runs.

The private names of asyncio used are in ``UPSTREAM_NAMES``; tests/bench/visitors/test_visitor_thread.py guards them.
"""

from __future__ import annotations

import _socket
import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

from gevent.monkey import get_original

UPSTREAM_NAMES: Final = ("_make_self_pipe", "_add_reader", "_read_from_self")
"""Of asyncio's BaseSelectorEventLoop."""


class NativeEventLoop(asyncio.SelectorEventLoop):
    """Made and used in one real thread; only ``call_soon_threadsafe`` may be called from another."""

    def __init__(self) -> None:
        self._socket_class: Any = get_original("socket", "socket")
        super().__init__(get_original("selectors", "DefaultSelector")())

    def _make_self_pipe(self) -> None:
        """Upstream's, with plain sockets: gevent's would make a hub for this thread."""
        ends = (self._socket_class(fileno=end.detach()) for end in _socket.socketpair())
        self._ssock, self._csock = ends
        for end in (self._ssock, self._csock):
            end.setblocking(False)
        self._internal_fds = 1
        self._add_reader(self._ssock.fileno(), self._read_from_self)  # type: ignore[attr-defined]

    async def create_datagram_endpoint(  # type: ignore[override]
        self, protocol_factory: Callable[[], Any], local_addr: tuple[str, int] | None = None, **options: Any
    ) -> tuple[Any, Any]:
        """Upstream's, with a plain socket where an address of this machine, in digits, is all that is given."""
        if local_addr is None or options:
            return await super().create_datagram_endpoint(protocol_factory, local_addr, **options)
        family = socket.AF_INET6 if ":" in local_addr[0] else socket.AF_INET
        plain = self._socket_class(family, socket.SOCK_DGRAM)
        try:
            plain.bind(local_addr)
            return await super().create_datagram_endpoint(protocol_factory, sock=plain)
        except BaseException:
            plain.close()
            raise
