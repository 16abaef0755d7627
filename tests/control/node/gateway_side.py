"""What a gateway does at a renderer, for tests: it signs passes, and watches."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
from joserfc.jwk import OKPKey

from control.fleet.states import RendererState
from control.fleet.tokens import Pass, new_signing_key
from control.node.edge_node import EdgeNode
from control.node.server import NodeServer
from tests.control.node.test_edge_http import make_node, started, write_package
from tests.waiting import WAIT_S

RENDERER = "renderer-1"
QUICK: dict[str, Any] = {"quality": "software", "codecs": ("h264",)}
"""Nothing is tried out at start: these tests are not about pictures."""


def folder_in(folder: Path, name: str) -> Path:
    """A new folder, for tests of two renderers."""
    made = folder / name
    made.mkdir()
    return made


def write_keys(path: Path, keys: Iterable[OKPKey]) -> Path:
    """As renderers get them: the public halves."""
    path.write_text(json.dumps({"keys": [key.as_dict(private=False) for key in keys]}), encoding="utf-8")
    return path


class GatewaySide:
    """A gateway with a key of its own."""

    def __init__(self, renderer: str = RENDERER) -> None:
        self.key = new_signing_key()
        self.renderer = renderer

    def authorization(self, act: str, now_s: float | None = None, **said: Any) -> str:
        """The header of a request."""
        granted = Pass.model_validate({"aud": self.renderer, "act": act, **said})
        return f"Bearer {granted.sign(self.key, time.time() if now_s is None else now_s)}"

    def headers(self, act: str, **said: Any) -> dict[str, str]:
        return {"Authorization": self.authorization(act, **said)}

    @asynccontextmanager
    async def watching(self, client: httpx2.AsyncClient) -> AsyncIterator[Watch]:
        """Watch the renderer's state."""
        async with client.stream("GET", "/fleet/state", headers=self.headers("state")) as response:
            assert response.status_code == 200, await response.aread()
            yield Watch(response.aiter_lines())


class Watch:
    """The lines of a renderer's state."""

    def __init__(self, lines: AsyncIterator[str]) -> None:
        self._lines = lines

    async def until(self, condition: Callable[[RendererState], bool]) -> RendererState:
        """The first line from now on for which that is true."""
        async with asyncio.timeout(WAIT_S):
            async for line in self._lines:
                state = RendererState.model_validate_json(line)
                if condition(state):
                    return state
        raise AssertionError("the stream has ended")

    async def ended(self) -> None:
        """Read on until the renderer ends it."""
        async with asyncio.timeout(WAIT_S):
            async for _ in self._lines:
                pass


@dataclass(frozen=True, slots=True)
class Renderer:
    """A renderer in this process, entered through gateways; ``ended`` is done when it has ended by itself."""

    server: NodeServer
    node: EdgeNode
    client: httpx2.AsyncClient
    gateway: GatewaySide
    ended: asyncio.Task[None]

    async def until_ended(self) -> None:
        async with asyncio.timeout(WAIT_S):
            await asyncio.shield(self.ended)


@asynccontextmanager
async def renderer_in_fleet(folder: Path, name: str = RENDERER, **options: Any) -> AsyncIterator[Renderer]:
    """Ready to be entered; ends with the context, if it has not before."""
    gateway = GatewaySide(name)
    keys = write_keys(folder / "gateways.jwks", [gateway.key])
    options = QUICK | {"gateway_keys": keys, "fleet_name": name} | options
    node = make_node(write_package(folder), **options)
    server = NodeServer(node)
    async with started(server, node, until_ready=True) as (client, ended):
        yield Renderer(server, node, client, gateway, ended)


@asynccontextmanager
async def serving_in_fleet(
    folder: Path, **options: Any
) -> AsyncIterator[tuple[EdgeNode, httpx2.AsyncClient, GatewaySide]]:
    """The same, for those who ask no more of it."""
    async with renderer_in_fleet(folder, **options) as renderer:
        yield renderer.node, renderer.client, renderer.gateway
