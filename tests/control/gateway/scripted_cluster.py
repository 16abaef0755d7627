"""A cluster of which a test says what happens."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from control.kube.cluster import ClusterEvent, Component, Member


class ScriptedCluster:
    """Keeps the contract of ``Cluster``."""

    def __init__(self, *events: ClusterEvent) -> None:
        self.events: asyncio.Queue[ClusterEvent] = asyncio.Queue()
        self.costs: dict[str, int] = {}
        for event in events:
            self.events.put_nowait(event)

    async def watch(self, component: Component) -> AsyncGenerator[ClusterEvent, None]:
        while True:
            yield await self.events.get()

    async def set_deletion_cost(self, member: Member, cost: int) -> None:
        self.costs[member.uid] = cost
