"""Tells the cluster how costly each renderer would be to delete, as visitors come and go."""

from __future__ import annotations

import asyncio
from random import Random
from typing import Final

import structlog

from control.gateway.fleet_view import FleetView
from control.gateway.renderer import Phase
from control.kube.cluster import Cluster, Member
from control.kube.deletion_cost import DeletionCosts
from control.kube.errors import ClusterError

log = structlog.get_logger(__name__)

_PACE_S: Final = 1.0
_PAUSE_S: Final = 15.0
"""After the cluster did not take one: it has other troubles, or we lack the right."""


class DeletionCostTeller:
    """See the module; a task of the gateway's."""

    def __init__(self, view: FleetView, cluster: Cluster, random: Random | None = None) -> None:
        self._view = view
        self._cluster = cluster
        self._plan = DeletionCosts(random or Random())
        self._failing = False

    async def run(self) -> None:
        """Until cancelled."""
        clock = asyncio.get_running_loop().time
        while True:
            due = self._plan.due(self._pods(), clock())
            async with asyncio.TaskGroup() as group:
                telling = [
                    group.create_task(self._tell(member, cost), name=f"cost-{member.name}") for member, cost in due
                ]
            await asyncio.sleep(_PACE_S if all(told.result() for told in telling) else _PAUSE_S)

    def _pods(self) -> list[tuple[Member, int]]:
        """Those that go anyway need none, and of those that can't be reached nobody knows."""
        return [
            (renderer.member, renderer.state.visits + renderer.state.followers)
            for renderer in self._view.renderers
            if renderer.phase is Phase.KNOWN and renderer.state is not None
        ]

    async def _tell(self, member: Member, cost: int) -> bool:
        try:
            await self._cluster.set_deletion_cost(member, cost)
        except ClusterError as error:
            if not self._failing:
                log.warning("deletion_cost_not_set", pod=member.name, cost=cost, why=str(error))
            self._failing = True
            return False
        if self._failing:
            log.info("deletion_costs_set_again")
        self._failing = False
        return True
