"""A renderer without drawing and streaming: it admits for real, and tells its state as a real one does.

Many of them share one HTTP server, each below a path of its own: ``/{uid}/fleet/state``, ``/{uid}/whep``.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from joserfc.jwk import KeySet

from control.fleet.errors import TokenRefused
from control.fleet.states import SIGN_OF_LIFE_S, RendererState, ShownShowroom
from control.fleet.tokens import Pass
from control.kube.cluster import Member

COALESCE_S: Final = 0.02
ONLY: Final = (ShownShowroom(name=""),)
"""What a renderer tells that was given a package."""


class SimulatedRenderer:
    """Its state; any number of gateways watch it."""

    def __init__(
        self, uid: str, capacity: int, showrooms: tuple[ShownShowroom, ...] = (ShownShowroom(name=""),)
    ) -> None:
        self.uid = uid
        self.capacity = capacity
        self.showrooms = showrooms
        self.draining = False
        self.guides: tuple[str, ...] = ()
        self.visits: set[str] = set()
        self.refusals = 0
        self._changed = asyncio.Event()

    @property
    def state(self) -> RendererState:
        return RendererState(
            name=self.uid,
            ready=True,
            draining=self.draining,
            visits=len(self.visits),
            capacity=self.capacity,
            followers=0,
            follower_capacity=0,
            showrooms=self.showrooms,
            guides=self.guides,
        )

    def enter(self) -> str | None:
        """A visit; None: full."""
        if self.draining or len(self.visits) >= self.capacity:
            self.refusals += 1
            return None
        visit = secrets.token_urlsafe(6)
        self.visits.add(visit)
        self.tell()
        return visit

    def leave(self, visit: str) -> None:
        """Nothing, where there is no such visit."""
        self.visits.discard(visit)
        self.tell()

    def tell(self) -> None:
        """Something about it has changed."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def lines(self) -> AsyncIterator[bytes]:
        """As of GET /fleet/state."""
        while True:
            changed = self._changed
            yield self.state.model_dump_json().encode() + b"\n"
            await asyncio.sleep(COALESCE_S)
            try:
                async with asyncio.timeout(SIGN_OF_LIFE_S - COALESCE_S):
                    await changed.wait()
            except TimeoutError:
                continue


class SimulatedRenderers:
    """The HTTP face of some of them."""

    def __init__(self, renderers: Iterable[SimulatedRenderer], keys: KeySet) -> None:
        self._renderers = {renderer.uid: renderer for renderer in renderers}
        self._keys = keys
        self._streams: set[asyncio.Transport] = set()
        self.app = web.Application()
        self.app.add_routes(
            [
                web.get("/{uid}/fleet/state", self._state),
                web.post("/{uid}/whep", self._enter),
                web.delete("/{uid}/whep/{visit}", self._leave),
            ]
        )

    def _asked(self, request: web.Request) -> SimulatedRenderer:
        renderer = self._renderers.get(request.match_info["uid"])
        if renderer is None:
            raise web.HTTPNotFound
        try:
            read = Pass.read(request.headers.get("Authorization", "").removeprefix("Bearer "), self._keys, time.time())
            read.check_audience(renderer.uid)
        except TokenRefused as refused:
            raise (
                web.HTTPMisdirectedRequest if refused.code == "wrong-audience" else web.HTTPUnauthorized
            ) from refused
        return renderer

    def cut_off(self) -> None:
        """As the kernel does with the connections of a process that was killed."""
        for transport in tuple(self._streams):
            transport.abort()

    async def _state(self, request: web.Request) -> web.StreamResponse:
        renderer = self._asked(request)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        transport = request.transport
        if transport is None:
            return response
        self._streams.add(transport)
        try:
            async for line in renderer.lines():
                await response.write(line)
        finally:
            self._streams.discard(transport)
        return response

    async def _enter(self, request: web.Request) -> web.Response:
        renderer = self._asked(request)
        offer = await request.text()
        visit = renderer.enter()
        if visit is None:
            error = {"code": "full", "message": {"en": "Full.", "zh": "已满。"}, "detail": ""}
            return web.json_response({"error": error}, status=503, headers={"Retry-After": "1"})
        headers = {"Location": f"/whep/{visit}", "Edge-Render-Visit": visit, "Content-Type": "application/sdp"}
        return web.Response(status=201, text=offer, headers=headers)

    async def _leave(self, request: web.Request) -> web.Response:
        self._asked(request).leave(request.match_info["visit"])
        return web.Response()


@asynccontextmanager
async def serve_renderers(
    renderers: Iterable[SimulatedRenderer], keys: KeySet, port: int = 0
) -> AsyncIterator[list[Member]]:
    """On loopback, as long as the context lasts; then all streams are cut off, as when a process is killed."""
    renderers = list(renderers)
    face = SimulatedRenderers(renderers, keys)
    runner = web.AppRunner(face.app, access_log=None, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", port, backlog=4096)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield [Member(renderer.uid, renderer.uid, f"http://{host}:{port}/{renderer.uid}") for renderer in renderers]
    finally:
        await site.stop()
        face.cut_off()
        await runner.cleanup()
