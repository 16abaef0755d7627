"""What may happen to a site while visitors are there, each with what they noticed of it."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from bench.cluster.api import Deleted
from bench.cluster.crowd import Crowd
from bench.cluster.outcome import Outcome, outcome
from bench.cluster.overlay import NAMESPACE, SiteOptions
from bench.cluster.site import COMPONENT, Site
from bench.visitors.fleet_stay import FleetStay, Noticed
from bench.visitors.visitor_thread import now_s

WATCH_S: Final = 4.0
"""What does not come by then is not noticed."""
ARRIVAL_S: Final = 0.7
STAY_S: Final = 4.0
_DELETION_COST: Final = "controller.kubernetes.io/pod-deletion-cost"


async def killed_renderer(site: Site, crowd: Crowd, times: int) -> Outcome:
    """The process is gone at once, as of a node that lost its power; it is there again before the next one goes."""
    struck: list[Noticed] = []
    back_s: list[float] = []
    known_s: list[float] = []
    for _ in range(times):
        await site.rolled_out()
        renderer = crowd.by_renderer().most_common(1)[0][0]
        stays = crowd.at(renderer)
        crowd.begin_anew()
        killed_s = now_s()
        site.kill(renderer)
        await crowd.until(partial(_are_back, stays))
        struck += _noticed(stays)
        backs = [back for stay in stays for back in stay.noticed.backs]
        back_s += [back.picture_s - killed_s for back in backs]
        known_s += [back.known_s - killed_s for back in backs]
    told = f"the loss was known after {statistics.median(known_s):.2f} s, at most {max(known_s):.2f}"
    return outcome(f"renderer killed, {times} times", struck, back_s=back_s, told=told)


async def killed_gateway(site: Site, crowd: Crowd) -> Outcome:
    """No visit goes through it; who comes meanwhile is let in by the other one."""
    gateway = (await site.pods("gateway"))[0]["metadata"]["uid"]
    crowd.begin_anew()
    site.kill(gateway)
    new = crowd.begin()
    await new.inside.wait()
    await asyncio.sleep(WATCH_S)
    return outcome("gateway killed", _noticed(crowd.visitors), told="one entered meanwhile")


async def restarted_api_server(site: Site, crowd: Crowd) -> Outcome:
    """Nobody can be asked who is there: gateways go on with what they know."""
    crowd.begin_anew()
    await asyncio.to_thread(site.plane.stop_api_server, at_once=True)
    new = crowd.begin()
    await new.inside.wait()
    await asyncio.sleep(WATCH_S)
    await asyncio.to_thread(site.plane.start_api_server)
    await crowd.enter(1)
    return outcome("API server away, and back", _noticed(crowd.visitors), told="one entered meanwhile, one after it")


async def evicted_renderer(site: Site, crowd: Crowd) -> Outcome:
    """As ``kubectl drain`` does with each pod of a node."""
    renderer = crowd.by_renderer().most_common(1)[0][0]
    pod = next(pod for pod in await site.pods("renderer") if pod["metadata"]["uid"] == renderer)
    struck = crowd.at(renderer)
    await site.may_evict("renderer")
    crowd.begin_anew()
    async with _gone(site, {renderer}):
        await site.evict(pod)
    await site.rolled_out()
    return outcome("renderer evicted", _noticed(struck))


async def new_version(site: Site, crowd: Crowd, options: SiteOptions) -> Outcome:
    """Rolled out while visitors come and go all the time."""
    crowd.begin_anew()
    come: list[Noticed] = []
    async with asyncio.TaskGroup() as tasks:
        arrivals = tasks.create_task(_come_and_go(crowd, come), name="arrivals")
        before = {pod["metadata"]["uid"] for pod in await site.pods("renderer")}
        await site.apply(options)
        await site.rolled_out()
        await crowd.until(lambda: not before & set(crowd.by_renderer()))
        arrivals.cancel()
    told = f"{len(come)} came and went meanwhile"
    return outcome("new version under load", [*come, *_noticed(crowd.visitors)], told=told)


async def scaled_down(site: Site, crowd: Crowd, renderers: int) -> Outcome:
    """The emptiest goes first, and its visitors are handed over."""
    pods = {pod["metadata"]["uid"] for pod in await site.pods("renderer")}
    emptiest = min(pods, key=lambda uid: crowd.by_renderer()[uid])
    for stay in crowd.at(emptiest)[1:]:
        await crowd.leave(stay)
    visits = crowd.by_renderer()
    await _costs_are_told(site, {uid: visits[uid] for uid in pods})
    crowd.begin_anew()
    async with _gone(site, pods) as gone:
        await site.scale(renderers)
    counts = ", ".join(str(visits[uid]) for uid in sorted(pods, key=lambda uid: visits[uid]))
    told = f"visits were {counts}; the one with {visits[gone[0]]} went"
    result = outcome("scaled down", _noticed(crowd.visitors), told=told)
    fine = visits[gone[0]] == visits[emptiest]
    return result if fine else replace(result, missed=[*result.missed, "not the emptiest went"])


async def scaled_up(site: Site, crowd: Crowd, renderers: int) -> Outcome:
    """The new one takes visits as soon as gateways have heard it."""
    before = {pod["metadata"]["uid"] for pod in await site.pods("renderer")}
    crowd.begin_anew()
    await site.scale(renderers)
    await site.rolled_out()
    ready_s, came = now_s(), 0
    while not set(crowd.by_renderer()) - before:
        await crowd.enter(1)
        came += 1
    told = f"the new one took visitor {came} of those who came next, {now_s() - ready_s:.1f} s after it was ready"
    return outcome("scaled up", _noticed(crowd.visitors), told=told)


def _are_back(stays: list[FleetStay]) -> bool:
    return all(stay.noticed.backs and stay.inside.is_set() for stay in stays)


def _noticed(stays: list[FleetStay]) -> list[Noticed]:
    return [stay.noticed for stay in stays]


async def _come_and_go(crowd: Crowd, come: list[Noticed]) -> None:
    async with asyncio.TaskGroup() as tasks:
        while True:
            tasks.create_task(_visit(crowd, come), name="short-visit")
            await asyncio.sleep(ARRIVAL_S)


async def _visit(crowd: Crowd, come: list[Noticed]) -> None:
    stay = crowd.begin()
    try:
        await stay.inside.wait()
        await asyncio.sleep(STAY_S)
    finally:
        come.append(stay.noticed)
        await crowd.leave(stay)


@asynccontextmanager
async def _gone(site: Site, renderers: Collection[str]) -> AsyncIterator[list[str]]:
    """Waits at the end until one of these is no more; which one."""
    gone: list[str] = []
    watching = asyncio.Event()

    async def watch() -> None:
        pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
        async for seen in site.api.watch(pods, {"labelSelector": f"{COMPONENT}=renderer"}):
            watching.set()
            if isinstance(seen, Deleted) and seen.object["metadata"]["uid"] in renderers:
                gone.append(seen.object["metadata"]["uid"])
                return

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watch(), name="gone")
        await watching.wait()
        yield gone


async def _costs_are_told(site: Site, visits: Mapping[str, int]) -> None:
    """Until the gateways have told the cluster which renderers are emptier than others."""
    pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
    costs: dict[str, int] = {}
    async for seen in site.api.watch(pods, {"labelSelector": f"{COMPONENT}=renderer"}):
        metadata = seen.object["metadata"]
        if metadata["uid"] not in visits:
            continue  # one that is on its way out
        costs[metadata["uid"]] = int(metadata.get("annotations", {}).get(_DELETION_COST, 0))
        fewest = min(visits.values())
        emptiest = [cost for uid, cost in costs.items() if visits[uid] == fewest]
        others = [cost for uid, cost in costs.items() if visits[uid] > fewest]
        if len(costs) == len(visits) and (not others or max(emptiest) < min(others)):
            return
