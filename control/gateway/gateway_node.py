"""The composition root of a gateway: joins what it is made of, and owns its tasks and connections."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp
import structlog

from control.gateway.address_rate import AddressRate
from control.gateway.control_proxy import ControlProxy
from control.gateway.deletion_costs import DeletionCostTeller
from control.gateway.fleet_view import FleetView
from control.gateway.ice_servers import IceServers
from control.gateway.joining import Joining
from control.gateway.metrics import GatewayMetrics
from control.gateway.peers import Peers
from control.gateway.renderer_client import RendererClient
from control.gateway.settings import GatewaySettings
from control.gateway.signer import Signer
from control.gateway.waiting_room import WaitingRoom
from control.gateway.whep_proxy import WhepProxy
from control.kube.cluster import Cluster

log = structlog.get_logger(__name__)

KEPT_OPEN_S: Final = 2.0
"""A connection to a renderer, for the next request: shorter than renderers keep it (uvicorn: 5 s). On one that they
just close a visitor's request would be lost, and it could not be told whether it was heard."""
VAIN_REQUESTS: Final = 600
"""A minute; a branch's visitors share an address."""


@dataclass(slots=True)
class GatewayNode:
    """What the routes work with, while the gateway lives."""

    settings: GatewaySettings
    signer: Signer
    fleet: FleetView
    room: WaitingRoom
    joining: Joining
    whep: WhepProxy
    control: ControlProxy
    peers: Peers
    ice: IceServers
    metrics: GatewayMetrics
    vain_requests: AddressRate = field(default_factory=lambda: AddressRate(VAIN_REQUESTS, 60.0))
    """Those of an address for visits that the renderer which they name does not know: each costs it something."""
    stopping: bool = field(default=False)

    def stop(self) -> None:
        """It is to end: nobody new should come, and those who wait go on at another one."""
        if not self.stopping:
            self.stopping = True
            self.room.stop()
            log.info("gateway_stops")

    @property
    def ready(self) -> bool:
        """Whether visitors should come here."""
        return self.fleet.known and not self.stopping

    def readiness(self) -> dict[str, object]:
        """What /readyz says."""
        told: dict[str, object] = {"ready": self.ready, "renderers": sum(1 for _ in self.fleet.renderers)}
        if self.stopping:
            told["reason"] = "stopping"
        elif not self.fleet.known:
            told["reason"] = self.fleet.unreachable or "the renderers are not known yet"
        return told


@asynccontextmanager
async def open_gateway(settings: GatewaySettings, signer: Signer, cluster: Cluster) -> AsyncIterator[GatewayNode]:
    """A gateway that knows its fleet, and gives turns to those who wait, until the context is left. Where one of its
    tasks fails, what is within the context is cancelled, and the failure raised."""
    metrics = GatewayMetrics()
    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_OPEN_S),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
    ) as http:
        fleet = FleetView(cluster, signer.key, http)
        room = WaitingRoom(fleet, settings.queue_max, settings.queue_max_by_address)
        client = RendererClient(http, signer)
        control = ControlProxy(client, fleet, settings.control_max)
        peers = Peers(settings.fleet_name, cluster, signer, http, room)
        metrics.watch(fleet, room, peers, control)
        node = GatewayNode(
            settings,
            signer,
            fleet,
            room,
            Joining(settings, signer, fleet, room),
            WhepProxy(client, signer, fleet, room, metrics.tried),
            control,
            peers,
            IceServers(settings),
            metrics,
        )
        async with asyncio.TaskGroup() as group:
            tasks = [
                group.create_task(work, name=name)
                for name, work in (
                    ("fleet-view", fleet.run()),
                    ("waiting-room", room.run()),
                    ("peers", peers.run()),
                    ("deletion-costs", DeletionCostTeller(fleet, cluster).run()),
                )
            ]
            try:
                yield node
            finally:
                for task in tasks:
                    task.cancel()
