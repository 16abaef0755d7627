"""Serves a gateway over HTTP until a signal comes, and then for as long as others may still send visitors here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from control.gateway.gateway_http import create_gateway_app
from control.gateway.gateway_node import GatewayNode, open_gateway
from control.gateway.settings import GatewaySettings
from control.gateway.signer import Signer
from control.http_face.serving import Server
from control.kube.cluster import Cluster

STOP_WITHIN_S: Final = 3
"""Requests that are under way when it stops answering have so long."""


class _Face:
    """The application, once there is a gateway."""

    app: FastAPI

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self.app(scope, receive, send)


class GatewayServer(Server):
    """At a signal it says at /readyz that nobody new should come, sends those who wait to other gateways, and goes on
    answering for a while: a cluster takes seconds until the last request goes elsewhere. A second signal ends it."""

    def __init__(
        self, settings: GatewaySettings, signer: Signer, cluster: AbstractAsyncContextManager[Cluster]
    ) -> None:
        """``cluster`` is entered before the first request; serving raises what that does."""
        self._settings = settings
        self._signer = signer
        self._cluster = cluster
        self._node: GatewayNode | None = None
        self._face = _Face()
        super().__init__(
            self._face,
            self._open(),
            host=settings.host,
            port=settings.port,
            stop_within_s=STOP_WITHIN_S,
            let_go=self._let_go_of_all,
            trusted_proxies=settings.trusted_proxies,
        )

    @asynccontextmanager
    async def _open(self) -> AsyncIterator[None]:
        async with (
            self._cluster as cluster,
            open_gateway(self._settings, self._signer, cluster) as self._node,
        ):
            self._face.app = create_gateway_app(self._node)
            yield

    @property
    def node(self) -> GatewayNode:
        """While it serves."""
        assert self._node is not None, "it is opened before it serves"
        return self._node

    def _let_go_of_all(self) -> None:
        if self._node is not None:
            self._node.stop()

    def signalled(self) -> None:
        """See Server."""
        if self._node is None:  # it is being opened: nobody has come yet
            super().signalled()
        elif self._node.stopping:
            self.force_exit = True
            self.stop()
        else:
            self._node.stop()
            asyncio.get_running_loop().call_later(self._settings.linger_s, self.stop)
