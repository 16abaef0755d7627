"""A renderer that does what a test tells it, over real sockets: for what a real node can't be brought to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import WSMsgType, web
from joserfc.jwk import KeySet

from control.fleet.states import RendererState, ShownShowroom
from control.fleet.tokens import Pass
from control.kube.cluster import Member

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


class ScriptedRenderer:
    """Admits up to its capacity, unless ``answer`` is set. It remembers what it was asked."""

    def __init__(self, uid: str, keys: KeySet, capacity: int = 2, showroom: str = "") -> None:
        self.uid = uid
        self.capacity = capacity
        self.showroom = showroom
        self.draining = False
        self.guides: tuple[str, ...] = ()
        self.scenes: tuple[str, ...] = ()
        self.visits: dict[str, Pass] = {}
        self.spent: set[str] = set()
        self.asked: list[tuple[str, dict[str, str], Pass]] = []
        """Method and path, query, and pass."""
        self.answer: Answer | None = None
        """In place of what ``POST /whep`` does."""
        self.tells: Answer | None = None
        """In place of the stream of its state."""
        self.sockets: list[web.WebSocketResponse] = []
        self.heard: asyncio.Queue[str | bytes] = asyncio.Queue()
        self.member: Member
        self._keys = keys
        self._changed = asyncio.Event()
        self._streams: set[asyncio.Transport] = set()

    def tell(self) -> None:
        """Something has changed."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def leave(self, visit: str) -> None:
        """A visit ends by itself."""
        del self.visits[visit]
        self.tell()

    def die(self) -> None:
        """As the kernel does with the connections of a process that was killed."""
        for transport in tuple(self._streams):
            transport.abort()

    @property
    def state(self) -> RendererState:
        return RendererState(
            name=self.uid,
            ready=True,
            draining=self.draining,
            visits=len(self.visits),
            capacity=self.capacity,
            followers=0,
            follower_capacity=2,
            showrooms=(ShownShowroom(name=self.showroom, scenes=self.scenes),),
            guides=self.guides,
        )

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[None]:
        app = web.Application()
        app.add_routes(
            [
                web.get("/fleet/state", self._state),
                web.post("/whep", self._enter),
                web.route("*", "/whep/{visit}", self._about_visit),
                web.get("/visits/{visit}/control", self._control),
            ]
        )
        runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        self.member = Member(self.uid, self.uid, f"http://{host}:{port}")
        try:
            yield
        finally:
            self.die()
            await runner.cleanup()

    def _read(self, request: web.Request) -> Pass:
        may = Pass.read(request.headers["Authorization"].removeprefix("Bearer "), self._keys, time.time())
        may.check_audience(self.uid)
        self.asked.append((f"{request.method} {request.path}", dict(request.query), may))
        return may

    async def _state(self, request: web.Request) -> web.StreamResponse:
        Pass.read(request.headers["Authorization"].removeprefix("Bearer "), self._keys, time.time())
        if self.tells is not None:
            return await self.tells(request)
        response = web.StreamResponse()
        await response.prepare(request)
        assert request.transport is not None
        self._streams.add(request.transport)
        try:
            while True:
                changed = self._changed
                await response.write(self.state.model_dump_json().encode() + b"\n")
                try:
                    async with asyncio.timeout(1.0):
                        await changed.wait()
                except TimeoutError:
                    continue
        finally:
            self._streams.discard(request.transport)

    async def _enter(self, request: web.Request) -> web.StreamResponse:
        may = self._read(request)
        offer = await request.text()
        if self.answer is not None:
            return await self.answer(request)
        if may.spends is not None:
            if may.spends in self.spent:
                return refusal(409, "used-token")
            self.spent.add(may.spends)
        if self.draining:
            return refusal(503, "draining")
        self.visits.pop(may.supersedes or "", None)
        if len(self.visits) >= self.capacity:
            return refusal(503, "full")
        visit = f"{self.uid}-{len(self.asked)}"
        self.visits[visit] = may
        self.tell()
        headers = {"Location": f"/whep/{visit}", "Edge-Render-Visit": visit, "Content-Type": "application/sdp"}
        return web.Response(status=201, text=f"answer to {offer}", headers=headers)

    async def _about_visit(self, request: web.Request) -> web.Response:
        may = self._read(request)
        visit = request.match_info["visit"]
        assert may.visit == visit
        if visit not in self.visits:
            return refusal(404, "not-found")
        if request.method == "DELETE":
            self.leave(visit)
            return web.Response()
        return web.Response(status=204)

    async def _control(self, request: web.Request) -> web.WebSocketResponse:
        may = self._read(request)
        assert may.visit == request.match_info["visit"]
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        assert request.transport is not None
        self._streams.add(request.transport)
        self.sockets.append(socket)
        async for message in socket:
            if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                self.heard.put_nowait(message.data)
                await socket.send_str(f"heard {len(message.data)}")
        return socket


def refusal(status: int, code: str) -> web.Response:
    """An error in the usual shape."""
    message = {"en": "No.", "zh": "不。"}
    return web.json_response({"error": {"code": code, "message": message, "detail": ""}}, status=status)
