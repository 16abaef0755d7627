"""An admin as edges see it: real HTTP on a real socket, and it can be told to fail as networks and thieves do."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self
from urllib.parse import parse_qs, urlsplit

from bench.kills.news import News
from control.content.blob_batch import pack_batch
from control.content.edge_api import NodeReport, OrderReply, VisitReport, WantedBlobs
from control.content.envelope import Envelope
from control.content.keys import PrivateKey
from control.content.names import Title
from control.content.release import FileEntry, KeyRing, OrderedRelease, ReleaseManifest, SiteOrder
from control.content.signing import payload_digest, sign

TOKEN = "a-token-that-is-in-no-log"
SITE = "lounge-1"
PIECE_BYTES = 64 << 10


@dataclass
class BlobFaults:
    """What goes wrong with one blob, once for each entry."""

    cut_after: deque[int] = field(default_factory=deque)
    """The connection breaks after so many bytes of the body."""
    wrong: int = 0
    """So many answers have other bytes."""
    status: deque[int] = field(default_factory=deque)
    """Answers with these."""


@dataclass(frozen=True)
class Asked:
    """A request. ``offset_bytes``: of its range; ``sent_bytes``: of the body."""

    path: str
    offset_bytes: int
    sent_bytes: int


class SiteStandIn:
    """A context manager, within an event loop."""

    def __init__(self, *, port: int = 0, piece_s: float = 0.0) -> None:
        """``piece_s``: how long each piece of a blob takes."""
        self.key = PrivateKey.generate()
        self.blobs: dict[str, bytes] = {}
        self.releases: dict[str, Envelope] = {}
        self.reply: OrderReply | None = None
        self.serial = 0
        self.faults: dict[str, BlobFaults] = {}
        self.asked: list[Asked] = []
        self.reports: list[NodeReport] = []
        self.visits: list[VisitReport] = []
        self.answers: dict[str, tuple[int, Mapping[str, str], bytes]] = {}
        """In place of what belongs there: status, headers and body, by path."""
        self.news = News()
        """Of what nodes asked and sent, and of orders."""
        self._at_once = False
        self._port, self._piece_s = port, piece_s
        self._connections: set[asyncio.Task[None]] = set()

    # --- what the tests tell it -------------------------------------------------------------------

    def publish(
        self, showroom: str, version: int, files: Mapping[str, bytes], key: PrivateKey | None = None
    ) -> OrderedRelease:
        """A signed release of these files."""
        entries = []
        for path, data in files.items():
            digest = hashlib.sha256(data).hexdigest()
            self.blobs[digest] = data
            entries.append(FileEntry(path=path, digest=digest, size_bytes=len(data)))
        manifest = ReleaseManifest(
            showroom=showroom,
            version=version,
            title=Title(en="A room", zh="房间"),
            created_at=time.time(),
            files=tuple(entries),
        )
        envelope = sign(manifest, key or self.key)
        release = payload_digest(envelope)
        self.releases[release] = envelope
        return OrderedRelease(showroom=showroom, version=version, release=release)

    def signed_order(
        self, *releases: OrderedRelease, serial: int, site: str = SITE, key: PrivateKey | None = None
    ) -> Envelope:
        """An order that is not given out yet."""
        return sign(SiteOrder(site=site, serial=serial, issued_at=time.time(), showrooms=releases), key or self.key)

    def order(self, *releases: OrderedRelease) -> None:
        """From now on these are to be shown."""
        self.serial += 1
        self.give_out(OrderReply(order=self.signed_order(*releases, serial=self.serial)))

    def give_out(self, reply: OrderReply, *, at_once: bool = False) -> None:
        """Whatever its serial is. ``at_once``: to who has that serial already, too."""
        self.reply, self._at_once = reply, at_once
        self.news.fire()

    def ring(self, serial: int, *keys: PrivateKey, by: PrivateKey) -> Envelope:
        """A key ring, signed."""
        return sign(KeyRing(serial=serial, issued_at=time.time(), keys=tuple(key.public for key in keys)), by)

    async def reported(self, *states: str, version: int | None = None) -> NodeReport:
        """Wait for a report that came or comes with these states of showrooms."""

        def found() -> NodeReport | None:
            for report in reversed(self.reports):
                if tuple(item.state for item in report.showrooms) == states and (
                    version is None or report.showrooms[0].version == version
                ):
                    return report
            return None

        return await self.news.when(found)

    async def warned(self, text: str) -> NodeReport:
        """Wait for a report whose warning has this text."""
        return await self.news.when(
            lambda: next((item for item in reversed(self.reports) if text in (item.warning or "")), None)
        )

    def moved_bytes(self) -> int:
        """Of the bodies of all answers, but for the long polls without news."""
        return sum(item.sent_bytes for item in self.asked)

    def blob_bytes(self) -> int:
        """Of the blobs."""
        return sum(item.sent_bytes for item in self.asked if item.path.startswith("blobs"))

    # --- HTTP -------------------------------------------------------------------------------------

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port}"

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Listen; after ``stop``, on the same port again."""

        def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            self._connections.add(asyncio.create_task(self._serve(reader, writer)))

        self._server = await asyncio.start_server(serve, "127.0.0.1", self._port)
        self._port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        """Be gone, with all connections."""
        self._server.close()
        for connection in self._connections:
            connection.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)
        self._connections.clear()
        await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while line := await reader.readline():
                method, target, _ = line.decode().split(" ")
                headers = {}
                while header := (await reader.readline()).decode().strip():
                    name, _, value = header.partition(":")
                    headers[name.lower()] = value.strip()
                body = await reader.readexactly(int(headers.get("content-length", "0")))
                await self._answer(writer, method, target, headers, body)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # who asked is gone, or was cut off
        finally:
            writer.transport.abort()

    async def _answer(
        self, writer: asyncio.StreamWriter, method: str, target: str, headers: dict[str, str], body: bytes
    ) -> None:
        parts = urlsplit(target)
        path = parts.path.removeprefix("/edge/v1/")
        if headers.get("authorization") != f"Bearer {TOKEN}":
            return await self._send(writer, path, 401, _error("no such site"))
        if path in self.answers:
            status, more, data = self.answers[path]
            return await self._send(writer, path, status, data, more)
        if method == "POST":
            return await self._post(writer, path, body)
        if path == "order":
            query = parse_qs(parts.query)
            return await self._order(writer, int(query["after"][0]), float(query["wait_s"][0]))
        kind, _, digest = path.partition("/")
        if kind == "releases" and digest in self.releases:
            return await self._send(writer, path, 200, self.releases[digest].model_dump_json().encode())
        if kind == "blobs" and digest in self.blobs:
            return await self._blob(writer, path, digest, headers.get("range", ""))
        return await self._send(writer, path, 404, _error("there is no such thing"))

    async def _post(self, writer: asyncio.StreamWriter, path: str, body: bytes) -> None:
        if path == "blobs":
            await self._blobs(writer, WantedBlobs.model_validate_json(body))
            return
        if path == "reports":
            self.reports.append(NodeReport.model_validate_json(body))
        else:
            report = VisitReport.model_validate_json(body)
            if report.report_id not in {item.report_id for item in self.visits}:
                self.visits.append(report)
        await self._send(writer, path, 204, b"")

    async def _order(self, writer: asyncio.StreamWriter, after: int, wait_s: float) -> None:
        def newer() -> bool:
            return self.reply is not None and (self._at_once or _serial(self.reply) != after)

        try:
            await self.news.when(newer, wait_s)
        except TimeoutError:
            return await self._send(writer, "order", 204, b"")
        assert self.reply is not None
        return await self._send(writer, "order", 200, self.reply.model_dump_json().encode())

    async def _blobs(self, writer: asyncio.StreamWriter, wanted: WantedBlobs) -> None:
        """None of them where one is to fail, which it does when it is asked for by itself."""
        if any(digest not in self.blobs or self._fails(digest) for digest in wanted.digests):
            await self._send(writer, "blobs", 404, _error("there is no such thing"))
            return
        body = pack_batch((digest, self.blobs[digest]) for digest in wanted.digests)
        await self._send(writer, "blobs", 200, body)

    def _fails(self, digest: str) -> bool:
        faults = self.faults.get(digest)
        return faults is not None and bool(faults.cut_after or faults.wrong or faults.status)

    async def _blob(self, writer: asyncio.StreamWriter, path: str, digest: str, asked_range: str) -> None:
        faults, data = self.faults.setdefault(digest, BlobFaults()), self.blobs[digest]
        if faults.status:
            await self._send(writer, path, faults.status.popleft(), _error("as it was told"))
            return
        offset = int(asked_range.removeprefix("bytes=").rstrip("-")) if asked_range else 0
        if faults.wrong:
            faults.wrong -= 1
            data = bytes(byte ^ 0xFF for byte in data)
        part, cut = data[offset:], faults.cut_after.popleft() if faults.cut_after else None
        head = f"HTTP/1.1 {'206 Partial Content' if offset else '200 OK'}\r\nContent-Length: {len(part)}\r\n"
        if offset:
            head += f"Content-Range: bytes {offset}-{len(data) - 1}/{len(data)}\r\n"
        writer.write(head.encode() + b"\r\n")
        sent = 0
        try:
            for start in range(0, len(part) if cut is None else cut, PIECE_BYTES):
                piece = part[start : min(start + PIECE_BYTES, len(part) if cut is None else cut)]
                writer.write(piece)
                await writer.drain()
                sent += len(piece)
                if self._piece_s:
                    await asyncio.sleep(self._piece_s)  # a slow network: this is what it is made of
        finally:
            self.asked.append(Asked(path, offset, sent))
            self.news.fire()
        if cut is not None:
            raise ConnectionResetError("as it was told")

    async def _send(
        self, writer: asyncio.StreamWriter, path: str, status: int, data: bytes, more: Mapping[str, str] | None = None
    ) -> None:
        self.asked.append(Asked(path, 0, len(data)))
        self.news.fire()
        head = [f"HTTP/1.1 {status} As told", *(f"{name}: {value}" for name, value in (more or {}).items())]
        if status != 204:
            head.append(f"Content-Length: {len(data)}")
        writer.write("\r\n".join(head).encode() + b"\r\n\r\n" + data)
        await writer.drain()


def _serial(reply: OrderReply) -> int:
    return SiteOrder.model_validate_json(reply.order.payload_bytes()).serial


def _error(message: str) -> bytes:
    return json.dumps({"error": {"code": "told", "message": message}}).encode()
