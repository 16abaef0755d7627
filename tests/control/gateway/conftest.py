"""Gateways that really serve, and renderers beside them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager, nullcontext
from typing import Any

import httpx2
import pytest

from control.fleet.tokens import new_signing_key
from control.gateway.server import GatewayServer
from control.gateway.settings import GatewaySettings
from control.gateway.signer import Signer
from control.kube.cluster import Member
from control.kube.static_cluster import StaticCluster
from tests.control.gateway.scripted_renderer import ScriptedRenderer
from tests.waiting import WAIT_S

MakeRenderers = Callable[..., AbstractAsyncContextManager[list[ScriptedRenderer]]]


@pytest.fixture
def signer() -> Signer:
    return Signer(new_signing_key())


class Gateway:
    """One that serves, and a client of it."""

    def __init__(self, server: GatewayServer, client: httpx2.AsyncClient) -> None:
        self.server = server
        self.client = client

    @property
    def url(self) -> str:
        return str(self.client.base_url).rstrip("/")

    async def known(self, condition: Callable[[], bool]) -> None:
        """Until the gateway knows something of its renderers."""
        fleet = self.server.node.fleet
        async with asyncio.timeout(WAIT_S):
            version = fleet.version
            while not condition():
                version = await fleet.changed(version)

    async def join(self, **body: Any) -> httpx2.Response:
        return await self.client.post("/join", json=body)

    async def token(self, **body: Any) -> str:
        joined = await self.join(**body)
        assert joined.status_code == 200, joined.text
        return str(joined.json()["token"])

    async def enter(self, token: str | None, sdp: str = "v=0", **query: Any) -> httpx2.Response:
        headers = {"Content-Type": "application/sdp"}
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        return await self.client.post("/whep", params=query, content=sdp, headers=headers)


@asynccontextmanager
async def serving_gateway(
    signer: Signer, members: Sequence[Member], peers: Sequence[Member] = (), **options: Any
) -> AsyncIterator[Gateway]:
    """Ready, with all its renderers known."""
    settings = GatewaySettings(**{"port": 0, "linger_s": 0.0, "fleet_name": "gateway", **options})
    server = GatewayServer(settings, signer, nullcontext(StaticCluster(members, peers)))
    serving = asyncio.create_task(server.serve(), name="gateway")
    async with asyncio.timeout(WAIT_S):
        while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.02)
    base_url = f"http://127.0.0.1:{server.listens_at}"
    try:
        async with httpx2.AsyncClient(base_url=base_url, timeout=WAIT_S) as client:
            gateway = Gateway(server, client)
            await gateway.known(lambda: server.node.ready)
            yield gateway
    finally:
        server.stop()
        async with asyncio.timeout(WAIT_S):
            await serving


@asynccontextmanager
async def serving_renderers(signer: Signer, *names: str, capacity: int = 2) -> AsyncIterator[list[ScriptedRenderer]]:
    async with AsyncExitStack() as stack:
        renderers = [ScriptedRenderer(name, signer.keys, capacity) for name in names]
        for renderer in renderers:
            await stack.enter_async_context(renderer.serving())
        yield renderers


@asynccontextmanager
async def serving_site(
    signer: Signer, *names: str, capacity: int = 2, **options: Any
) -> AsyncIterator[tuple[Gateway, list[ScriptedRenderer]]]:
    """A gateway and its renderers."""
    async with (
        serving_renderers(signer, *names, capacity=capacity) as renderers,
        serving_gateway(signer, [renderer.member for renderer in renderers], **options) as gateway,
    ):
        yield gateway, renderers
