"""Small real servers of live video for tests: RTSP (RFC 2326), RTMP, HLS (RFC 8216) and SRT, each in a thread.

They send greys that step with each key frame, at FPS pictures a second, for as long as they run. One that has been
stopped can be started again on the same port.
"""

from __future__ import annotations

import contextlib
import ctypes
import functools
import http.server
import io
import itertools
import shutil
import socket
import struct
import threading
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av

from bench.free_port import free_port
from bench.live_camera import LiveServer, RtspCamera, Unit, h264_units
from edge_render.video.srt import LIBRARIES, sockaddr
from stream.rtp.h264_payload import nal_units
from tests.edge_render.video.videos import FPS, HEIGHT, WAIT_S, WIDTH, gray

GOP = 5
LEVELS = (40, 80, 120, 160, 200)


def access_units() -> Iterator[Unit]:
    """Greys that step, without end."""
    pictures = (gray(LEVELS[number // GOP % len(LEVELS)]) for number in itertools.count())
    return h264_units(pictures, (WIDTH, HEIGHT), FPS, gop=GOP)


class RtspServer(RtspCamera):
    """A camera of stepping greys."""

    def __init__(self, refusal: str | None = None) -> None:
        super().__init__(access_units, FPS, refusal)


class RtmpServer(LiveServer):
    """Answers whatever it is asked until somebody plays, and sends one track of H.264. (Adobe's RTMP 1.0.)"""

    CHUNK = 60_000

    def __init__(self) -> None:
        super().__init__(access_units, FPS)

    @property
    def address(self) -> str:
        return f"rtmp://127.0.0.1:{self.port}/live/camera"

    def _serve(self, client: socket.socket) -> None:
        file = client.makefile("rb")
        hello = _exactly(file, 1 + 1536)
        client.sendall(b"\x03" + bytes(1536) + hello[1:])
        _exactly(file, 1536)
        self._send(client, 2, 1, 0, 0, struct.pack("!I", self.CHUNK))
        for command in _rtmp_commands(file):
            name = command[3 : 3 + struct.unpack("!H", command[1:3])[0]]
            transaction = command[3 + len(name) : 12 + len(name)]
            if name == b"connect":
                self._command(client, b"_result", transaction, b"NetConnection.Connect.Success", null=False)
            elif name == b"createStream":
                body = _amf_text(b"_result") + transaction + b"\5\0" + struct.pack("!d", 1)
                self._send(client, 3, 20, 0, 0, body)
            elif name == b"play":
                self._command(client, b"onStatus", b"\0" + bytes(8), b"NetStream.Play.Start", null=True)
                self._play(client)
                return

    def _command(self, client: socket.socket, name: bytes, transaction: bytes, code: bytes, *, null: bool) -> None:
        values = {b"level": b"status", b"code": code, b"description": b"."}
        entries = b"".join(struct.pack("!H", len(key)) + key + _amf_text(value) for key, value in values.items())
        body = _amf_text(name) + transaction + (b"\5" if null else b"\3\0\0\x09") + b"\3" + entries + b"\0\0\x09"
        self._send(client, 3, 20, 1 if null else 0, 0, body)

    def _send(self, client: socket.socket, channel: int, kind: int, stream: int, at_ms: int, body: bytes) -> None:
        head = at_ms.to_bytes(3) + len(body).to_bytes(3) + bytes([kind]) + stream.to_bytes(4, "little")
        client.sendall(bytes([channel]) + head + body)

    def _play(self, client: socket.socket) -> None:
        for number, (data, key) in enumerate(self.paced_units()):
            nals = list(nal_units(data))
            if number == 0:
                sps, pps = (next(nal for nal in nals if nal[0] & 31 == kind) for kind in (7, 8))
                record = b"\1" + sps[1:4] + b"\xff\xe1" + struct.pack("!H", len(sps)) + sps
                record += b"\1" + struct.pack("!H", len(pps)) + pps
                self._send(client, 6, 9, 1, 0, b"\x17\0\0\0\0" + record)
            body = b"".join(struct.pack("!I", len(nal)) + nal for nal in nals)
            head = (b"\x17" if key else b"\x27") + b"\1\0\0\0"
            self._send(client, 6, 9, 1, number * 1000 // FPS, head + body)


def _exactly(file: io.BufferedReader, count: int) -> bytes:
    data = file.read(count)
    if len(data) < count:
        raise EOFError
    return data


def _amf_text(text: bytes) -> bytes:
    return b"\2" + struct.pack("!H", len(text)) + text


def _rtmp_commands(file: io.BufferedReader) -> Iterator[bytes]:
    """AMF0 commands of a client, which sends chunks of 128 bytes until it says otherwise."""
    chunk = 128
    heads: dict[int, tuple[int, int]] = {}
    parts: dict[int, bytes] = {}
    while True:
        basic = _exactly(file, 1)[0]
        form, channel = basic >> 6, basic & 63
        if form < 3:
            head = _exactly(file, (11, 7, 3)[form])
            heads[channel] = (int.from_bytes(head[3:6]), head[6]) if form < 2 else heads[channel]
        length, kind = heads[channel]
        part = parts.pop(channel, b"")
        part += _exactly(file, min(chunk, length - len(part)))
        if len(part) < length:
            parts[channel] = part
        elif kind == 1:
            chunk = int.from_bytes(part)
        elif kind == 20:
            yield part


class HlsServer(LiveServer):
    """A playlist of three segments, each a fifth of a second, that grows; over HTTP."""

    def __init__(self, folder: Path) -> None:
        super().__init__(access_units, FPS)
        self._folder = folder
        self._server: http.server.ThreadingHTTPServer | None = None
        self._published = threading.Event()

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}/live.m3u8?token=s3cret"

    def start(self) -> None:
        self._stopping.clear()
        shutil.rmtree(self._folder, ignore_errors=True)
        self._folder.mkdir()
        self._published.clear()
        handler = functools.partial(_Silent, directory=str(self._folder))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self._thread = threading.Thread(target=self._write, name="live-server")
        self._thread.start()
        threading.Thread(target=self._server.serve_forever, args=(0.05,), name="live-http").start()
        assert self._published.wait(WAIT_S)

    def _write(self) -> None:
        segments: list[list[bytes]] = []
        for data, key in self.paced_units():
            if key and segments:
                self._segment(len(segments) - 1, segments[-1])
            if key:
                segments.append([])
            segments[-1].append(data)

    def _segment(self, index: int, units: list[bytes]) -> None:
        file = io.BytesIO()
        with av.open(file, "w", format="mpegts") as container:
            stream = container.add_stream("libx264", rate=FPS)
            stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
            for number, data in enumerate(units, index * GOP):
                packet = av.Packet(data)
                packet.stream, packet.time_base = stream, Fraction(1, FPS)
                packet.pts = packet.dts = number
                packet.is_keyframe = number % GOP == 0
                container.mux(packet)
        (self._folder / f"{index}.ts").write_bytes(file.getvalue())
        first = max(0, index - 2)
        lines = ["#EXTM3U", "#EXT-X-VERSION:3", "#EXT-X-TARGETDURATION:1", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
        lines += [line for number in range(first, index + 1) for line in (f"#EXTINF:{GOP / FPS},", f"{number}.ts")]
        unfinished = self._folder / "live.part"
        unfinished.write_text("\n".join(lines) + "\n")
        unfinished.rename(self._folder / "live.m3u8")
        self._published.set()

    def _serve(self, client: socket.socket) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        super().stop()
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *args: object) -> None:
        """Tests have their own reports."""


def srt_library() -> ctypes.CDLL | None:
    """libsrt, where the machine has it."""
    for name in LIBRARIES:
        with contextlib.suppress(OSError):
            return ctypes.CDLL(name)
    return None


class SrtServer(LiveServer):
    """A listener that sends MPEG-TS."""

    def __init__(self) -> None:
        super().__init__(access_units, FPS)
        library = srt_library()
        assert library is not None
        library.srt_startup()
        self._library = library
        self.port = free_port(socket.SOCK_DGRAM)
        self._sockets: list[int] = []

    @property
    def address(self) -> str:
        return f"srt://127.0.0.1:{self.port}?streamid=camera&latency=60"

    def start(self) -> None:
        self._stopping.clear()
        listener = self._library.srt_create_socket()
        name = sockaddr(socket.AF_INET, "127.0.0.1", self.port)
        assert self._library.srt_bind(listener, name, len(name)) == 0
        assert self._library.srt_listen(listener, 1) == 0
        self._sockets = [listener]
        self._thread = threading.Thread(target=self._accept_srt, args=(listener,), name="live-server")
        self._thread.start()

    def _accept_srt(self, listener: int) -> None:
        while not self._stopping.is_set():
            client = self._library.srt_accept(listener, None, None)
            if client < 0:
                return
            self._sockets.append(client)
            with contextlib.suppress(OSError), av.open(_SrtWriter(self._library, client), "w", format="mpegts") as out:
                stream = out.add_stream("libx264", rate=FPS)
                stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
                for number, (data, key) in enumerate(self.paced_units()):
                    packet = av.Packet(data)
                    packet.stream, packet.time_base, packet.is_keyframe = stream, Fraction(1, FPS), key
                    packet.pts = packet.dts = number
                    out.mux(packet)

    def _serve(self, client: socket.socket) -> None:
        raise NotImplementedError

    def stop(self) -> None:
        for one in self._sockets:
            self._library.srt_close(one)
        super().stop()


class _SrtWriter:
    def __init__(self, library: ctypes.CDLL, client: int) -> None:
        self._library, self._client = library, client

    def write(self, data: bytes) -> int:
        for at in range(0, len(data), 1316):
            part = bytes(data[at : at + 1316])
            if self._library.srt_sendmsg(self._client, part, len(part), -1, 1) < 0:
                raise OSError(5, "the client is gone")
        return len(data)
