"""The camera of benches and tests: pictures as H.264, and a small real RTSP server (RFC 2326)."""

from __future__ import annotations

import contextlib
import itertools
import re
import socket
import struct
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from fractions import Fraction
from types import TracebackType
from typing import Self, TypeAlias

import av
import numpy as np
from numpy.typing import NDArray

from bench.free_port import free_port
from stream.codec.encoder import AccessUnit
from stream.codec.video_codec import VideoCodec
from stream.rtp.h264_payload import h264_payloads

Unit: TypeAlias = tuple[bytes, bool]
"""A picture of H.264 in byte stream format, and whether it is a key frame."""


def h264_units(
    pictures: Iterable[NDArray[np.uint8]], size: tuple[int, int], fps: int, *, gop: int, bit_rate: int | None = None
) -> Iterator[Unit]:
    """I420 pictures (height * 3 / 2, width) of ``size`` (width, height), coded without delay: a picture is asked for
    when its unit is. ``bit_rate`` is in bits per second."""
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = *size, "yuv420p"
    codec.time_base, codec.framerate, codec.gop_size = Fraction(1, fps), Fraction(fps), gop
    if bit_rate is not None:
        codec.bit_rate = bit_rate
    codec.options = {"tune": "zerolatency", "preset": "ultrafast"}
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="yuv420p")
        frame.pts = number
        for packet in codec.encode(frame):
            yield bytes(packet), packet.is_keyframe


class LiveServer(ABC):
    """A context manager; ``stop`` is like a pulled plug."""

    def __init__(self, units: Callable[[], Iterator[Unit]], fps: float) -> None:
        """``units`` makes the pictures of one client, from the first."""
        self.port = free_port()
        self.units, self.fps = units, fps
        self.clients = 0
        """How many have come until now."""
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._listening: socket.socket | None = None
        self._client: socket.socket | None = None

    @property
    @abstractmethod
    def address(self) -> str: ...

    @abstractmethod
    def _serve(self, client: socket.socket) -> None:
        """One client, until it is gone or the server stops; OSError ends it."""

    def start(self) -> None:
        self._stopping.clear()
        self._listening = socket.create_server(("127.0.0.1", self.port), reuse_port=True)
        self._thread = threading.Thread(target=self._accept, name="live-server")
        self._thread.start()

    def _accept(self) -> None:
        while not self._stopping.is_set():
            assert self._listening is not None
            try:
                self._client, _ = self._listening.accept()
                self.clients += 1
            except OSError:
                return
            with self._client, contextlib.suppress(OSError, EOFError):
                self._serve(self._client)

    def stop(self) -> None:
        self._stopping.set()
        for end in (self._listening, self._client):
            if end is not None:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
                end.close()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def paced_units(self) -> Iterator[Unit]:
        """Each picture at its time, made no sooner; ends where the server stops."""
        units, began_s = self.units(), time.monotonic()
        for number in itertools.count():
            if self._stopping.wait(max(0.0, began_s + number / self.fps - time.monotonic())):
                return
            yield next(units)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


class RtspCamera(LiveServer):
    """One video track over interleaved TCP, or over UDP alone: then ``refusal`` answers who asks for TCP."""

    def __init__(self, units: Callable[[], Iterator[Unit]], fps: float, refusal: str | None = None) -> None:
        super().__init__(units, fps)
        self._refusal = refusal

    @property
    def address(self) -> str:
        return f"rtsp://viewer:s3cret@127.0.0.1:{self.port}/camera"

    def _serve(self, client: socket.socket) -> None:
        file, to_port = client.makefile("rb"), 0
        while True:
            request = b""
            while not request.endswith(b"\r\n\r\n"):
                line = file.readline()
                if not line:
                    return
                request += line
            method = request.split()[0].decode()
            number = re.search(rb"CSeq: (\d+)", request)
            assert number is not None
            status, head, body = "200 OK", "", ""
            if method == "OPTIONS":
                head = "Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN\r\n"
            elif method == "DESCRIBE":
                body = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=camera\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\n"
                body += "a=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\na=control:track\r\n"
                head = f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n"
            elif method == "SETUP" and self._refusal is None:
                head = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n"
            elif method == "SETUP" and (ports := re.search(rb"client_port=(\d+)", request)) is not None:
                to_port = int(ports[1])
                head = f"Transport: RTP/AVP;unicast;client_port={to_port}-{to_port + 1};server_port=9000-9001\r\n"
            elif method == "SETUP":
                status = str(self._refusal)
            answer = f"RTSP/1.0 {status}\r\nCSeq: {number[1].decode()}\r\nSession: 1\r\n{head}\r\n{body}"
            client.sendall(answer.encode())
            if method == "PLAY":
                if self._refusal is None:
                    self._play(lambda packet: client.sendall(struct.pack("!BBH", 0x24, 0, len(packet)) + packet))
                else:
                    with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
                        datagrams.connect(("127.0.0.1", to_port))
                        self._play(datagrams.send)
                return

    def _play(self, send: Callable[[bytes], object]) -> None:
        sequence = 0
        for number, (data, key) in enumerate(self.paced_units()):
            payloads = h264_payloads(AccessUnit(VideoCodec.H264, data, key))
            for index, payload in enumerate(payloads):
                marker = 0x80 if index == len(payloads) - 1 else 0
                head = struct.pack("!BBHII", 0x80, marker | 96, sequence & 0xFFFF, round(number * 90_000 / self.fps), 1)
                send(head + payload)
                sequence += 1
