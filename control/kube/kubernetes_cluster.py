"""The cluster as Kubernetes tells it: pods that are listed once, then watched."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from random import Random
from typing import Any, Final

import structlog

from control.kube.cluster import Changed, ClusterEvent, Component, Gone, Listed, Member, Unreachable
from control.kube.errors import ApiRefused, ApiUnreachable, ClusterError
from control.kube.kubernetes_api import KubernetesApi
from control.kube.pods import Pod, cost_patch, member_of, selector

log = structlog.get_logger(__name__)

_FIRST_WAIT_S: Final = 0.5
_LONGEST_WAIT_S: Final = 10.0
_NO_SUCH_POD: Final = 404
_SHORT_WATCH_S: Final = 1.0
"""A watch that ends sooner is not opened again at once: it would be so for ever."""


class KubernetesCluster:
    """Keeps the contract of ``Cluster``."""

    def __init__(self, api: KubernetesApi, random: Random | None = None) -> None:
        self._api = api
        self._random = random or Random()

    async def watch(self, component: Component) -> AsyncGenerator[ClusterEvent, None]:
        """See the contract."""
        clock = asyncio.get_running_loop().time
        failures = 0
        while True:
            began = clock()
            try:
                async with aclosing(self._listed_and_watched(selector(component))) as events:
                    async for event in events:
                        yield event
            except ClusterError as error:
                failures = 1 if clock() - began > _LONGEST_WAIT_S else failures + 1
                if isinstance(error, ApiRefused) and error.expired and failures == 1:
                    log.info("pods_listed_again", component=component, why=str(error))
                    continue
                log.warning("cluster_unreachable", component=component, why=str(error))
                yield Unreachable(str(error))
                await asyncio.sleep(self._wait_s(failures))

    async def set_deletion_cost(self, member: Member, cost: int) -> None:
        """See the contract. A pod that is gone needs none."""
        try:
            await self._api.annotate_pod(member.name, cost_patch(member, cost))
        except ApiRefused as refused:
            if refused.status != _NO_SUCH_POD and "metadata.uid" not in str(refused):
                raise

    async def _listed_and_watched(self, labels: str) -> AsyncGenerator[ClusterEvent, None]:
        pods, version = await self._api.list_pods(labels)
        members = {member.uid: member for pod in pods if (member := member_of(pod)) is not None}
        log.info("pods_listed", labels=labels, pods=len(pods), with_address=len(members))
        yield Listed(tuple(members.values()))
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                async with aclosing(self._api.watch_pods(labels, version)) as watched:
                    async for told in watched:
                        version = told["object"]["metadata"]["resourceVersion"]
                        if (event := _event(told, members)) is not None:
                            yield event
            except ApiUnreachable as error:
                # A proxy or a restart broke it off: whether anything is wrong shows when it is opened again.
                if clock() - began < _SHORT_WATCH_S:
                    raise
                log.info("watch_broken", labels=labels, why=str(error))
            if clock() - began < _SHORT_WATCH_S:
                await asyncio.sleep(_SHORT_WATCH_S)

    def _wait_s(self, failures: int) -> float:
        longest_s = min(_LONGEST_WAIT_S, _FIRST_WAIT_S * 2.0 ** min(failures - 1, 16))
        return longest_s * self._random.uniform(0.5, 1.0)


def _event(told: dict[str, Any], members: dict[str, Member]) -> ClusterEvent | None:
    """What has changed for us; ``members`` is kept up to date. Most changes of a pod are none."""
    if told["type"] == "BOOKMARK":
        return None
    pod: Pod = told["object"]
    uid = pod["metadata"]["uid"]
    member = None if told["type"] == "DELETED" else member_of(pod)
    before = members.get(uid)
    if member == before:
        return None
    if member is None:
        del members[uid]
        return Gone(uid)
    members[uid] = member
    return Changed(member)
