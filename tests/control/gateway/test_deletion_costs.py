"""Pods learn what they would cost, of renderers that tell how many are there."""

from __future__ import annotations

import asyncio
from random import Random

import aiohttp
import pytest
from joserfc.jwk import KeySet

from bench.allocation.simulated_renderer import SimulatedRenderer, serve_renderers
from control.fleet.tokens import new_signing_key
from control.gateway import deletion_costs
from control.gateway.deletion_costs import DeletionCostTeller
from control.gateway.fleet_view import FleetView
from control.kube import deletion_cost
from control.kube.cluster import Listed, Member
from control.kube.errors import ClusterError
from tests.control.gateway.scripted_cluster import ScriptedCluster


class Cluster(ScriptedCluster):
    """Says when it was told something; refuses at first where it is to."""

    def __init__(self, members: list[Member], refusals: int = 0) -> None:
        super().__init__(Listed(tuple(members)))
        self.told: asyncio.Queue[tuple[str, int]] = asyncio.Queue()
        self.refusals = refusals

    async def set_deletion_cost(self, member: Member, cost: int) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ClusterError("the API server answers 403")
        self.told.put_nowait((member.uid, cost))


@pytest.mark.parametrize("refusals", [0, 1])
async def test_renderers_with_visitors_become_costly(refusals: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deletion_cost, "SPREAD_S", 0.0)
    monkeypatch.setattr(deletion_cost, "PERIOD_S", 0.0)
    monkeypatch.setattr(deletion_costs, "_PACE_S", 0.01)
    monkeypatch.setattr(deletion_costs, "_PAUSE_S", 0.01)
    key = new_signing_key()
    busy, empty, going = (SimulatedRenderer(uid, 9) for uid in ("busy", "empty", "going"))
    for _ in range(5):
        busy.enter()
        going.enter()
    going.draining = True
    async with (
        serve_renderers([busy, empty, going], KeySet([key])) as members,
        aiohttp.ClientSession() as http,
        asyncio.TaskGroup() as group,
    ):
        cluster = Cluster(members, refusals)
        view = FleetView(cluster, key, http)
        tasks = [
            group.create_task(run, name=name)
            for name, run in (("view", view.run()), ("costs", DeletionCostTeller(view, cluster, Random(1)).run()))
        ]
        async with asyncio.timeout(20):
            assert await cluster.told.get() == ("busy", 6)
        for task in tasks:
            task.cancel()
