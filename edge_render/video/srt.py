"""The door to libsrt: MPEG-TS over SRT (draft-sharabayko-srt) as a file that libav reads.

PyAV's wheel is built without SRT. libsrt comes with the system (Debian: libsrt1.5-gnutls) and is called through ctypes,
which releases the interpreter lock while it waits. Signatures after libsrt's ``srt.h``, version 1.4 and later.
"""

from __future__ import annotations

import ctypes
import socket
from functools import cache
from typing import Final
from urllib.parse import parse_qs, urlsplit

from edge_render.errors import VideoError

LIBRARIES: Final = ("libsrt-gnutls.so.1.5", "libsrt-openssl.so.1.5", "libsrt.so.1.5", "libsrt-gnutls.so.1.4")
INSTALL_HINT: Final = "install it for srt:// addresses: on Debian and Ubuntu `apt-get install libsrt1.5-gnutls`"
LATENCY_MS: Final = 120
"""How long lost packets may be asked for again; libsrt's own default. ``?latency=`` (milliseconds) changes it."""
MESSAGE_BYTES: Final = 1456
"""The most that one packet of SRT carries."""
STREAM_ID_MAX: Final = 512
_PASSPHRASE_CHARS: Final = range(10, 80)

_RECEIVE_TIMEOUT, _LATENCY, _PASSPHRASE, _CONNECT_TIMEOUT, _STREAM_ID = 14, 23, 26, 36, 46
"""SRT_SOCKOPT: SRTO_RCVTIMEO, SRTO_LATENCY, SRTO_PASSPHRASE, SRTO_CONNTIMEO, SRTO_STREAMID."""
_INVALID: Final = -1
_LOG_CRITICAL: Final = 2
"""syslog's LOG_CRIT: libsrt would else write warnings to standard error."""


class SrtReader:
    """Calls an SRT listener and receives what it sends; used by one thread at a time."""

    def __init__(self, address: str, connect_s: float, read_s: float) -> None:
        """``address``: ``srt://host:port?streamid=…&passphrase=…&latency=…``. Raises VideoError."""
        self._library = _load()
        self._socket = _INVALID
        parts = urlsplit(address)
        query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        if parts.hostname is None or parts.port is None:
            raise VideoError("an srt:// address names a host and a port")
        self._buffer = ctypes.create_string_buffer(MESSAGE_BYTES)
        self._socket = self._library.srt_create_socket()
        try:
            self._set_up(query, connect_s, read_s)
            self._connect(parts.hostname, parts.port)
        except BaseException:
            self.close()
            raise

    def _set_up(self, query: dict[str, str], connect_s: float, read_s: float) -> None:
        try:
            latency_ms = int(query.get("latency", LATENCY_MS))
        except ValueError:
            raise VideoError("latency of an srt:// address is a number of milliseconds") from None
        self._set(_LATENCY, ctypes.c_int(max(0, min(latency_ms, 10_000))))
        self._set(_CONNECT_TIMEOUT, ctypes.c_int(round(connect_s * 1e3)))
        self._set(_RECEIVE_TIMEOUT, ctypes.c_int(round(read_s * 1e3)))
        if (stream_id := query.get("streamid", "").encode()[:STREAM_ID_MAX]) != b"":
            self._set(_STREAM_ID, ctypes.create_string_buffer(stream_id, len(stream_id)))
        if (passphrase := query.get("passphrase", "").encode()) != b"":
            if len(passphrase) not in _PASSPHRASE_CHARS:
                raise VideoError("passphrase of an srt:// address has 10 to 79 characters")
            self._set(_PASSPHRASE, ctypes.create_string_buffer(passphrase, len(passphrase)))

    def _set(self, option: int, value: ctypes.c_int | ctypes.Array[ctypes.c_char]) -> None:
        if self._library.srt_setsockflag(self._socket, option, ctypes.byref(value), ctypes.sizeof(value)) == _INVALID:
            raise VideoError(f"SRT option {option}: {self._error()}")

    def _connect(self, host: str, port: int) -> None:
        try:
            family, _, _, _, target = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except OSError as error:
            raise VideoError(f"no address of the host is known: {error.strerror}") from None
        packed = sockaddr(family, str(target[0]), int(target[1]))
        if self._library.srt_connect(self._socket, packed, len(packed)) == _INVALID:
            raise VideoError(f"can't be called: {self._error()}")

    def read(self, size: int) -> bytes:
        """At least one byte and at most one message, which fits into ``size``; empty at the end. For libav."""
        got = self._library.srt_recvmsg(self._socket, self._buffer, min(size, MESSAGE_BYTES))
        if got == _INVALID:
            raise OSError(5, self._error())
        return self._buffer.raw[: max(0, got)]

    def close(self) -> None:
        if self._socket != _INVALID:
            self._library.srt_close(self._socket)
            self._socket = _INVALID

    def _error(self) -> str:
        return (self._library.srt_getlasterror_str() or b"").decode("ascii", "replace").strip()


def sockaddr(family: int, host: str, port: int) -> bytes:
    """``struct sockaddr_in`` or ``sockaddr_in6``, as libsrt takes addresses."""
    packed = socket.inet_pton(family, host.partition("%")[0])
    head = int(family).to_bytes(2, "little") + port.to_bytes(2, "big")
    return head + (packed + bytes(8) if family == socket.AF_INET else bytes(4) + packed + bytes(4))


@cache
def _load() -> ctypes.CDLL:
    """libsrt, started once. Raises VideoError where the system has none."""
    for name in LIBRARIES:
        try:
            library = ctypes.CDLL(name)
        except OSError:
            continue
        library.srt_getlasterror_str.restype = ctypes.c_char_p
        library.srt_startup()
        library.srt_setloglevel(_LOG_CRITICAL)
        return library
    raise VideoError(f"this machine has no libsrt; {INSTALL_HINT}")
