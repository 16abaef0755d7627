"""Plays nodes of a cluster: what is bound to them runs as processes of this machine, as their manifests say.

As a kubelet: it registers its nodes, waits for a pod's secrets, fills its volumes, starts its containers, probes them,
starts them again, tells all that in the pod's status, and ends them with SIGTERM and, after the grace period, SIGKILL.
Not as a kubelet: there are no images, namespaces or limits. A container's command is looked up on our own PATH, it runs
as whoever we are, and each pod has a loopback address of its own.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from bench.cluster.api import Api, Deleted, Object, Present
from bench.cluster.control_plane import ControlPlane
from bench.cluster.errors import ClusterBenchError
from bench.cluster.loopback import LoopbackBlock
from bench.cluster.pod_status import condition
from bench.cluster.pod_worker import PodTools, PodWorker


class LocalKubelet:
    """Made by ``local_nodes()``."""

    def __init__(self, nodes: Sequence[str], block: LoopbackBlock, tools: PodTools) -> None:
        self._hosts = {name: block.next_address() for name in nodes}
        self._block = block
        self._tools = tools
        self._workers: dict[str, PodWorker] = {}
        self._taken: set[str] = set()
        """Pods that have, or had, a worker: news of one that has just ended must not begin it again."""

    def worker(self, uid: str) -> PodWorker:
        """Who looks after a pod, to see its processes and logs. Raises ClusterBenchError."""
        if (found := self._workers.get(uid)) is None:
            raise ClusterBenchError(f"no pod {uid} runs here")
        return found

    @property
    def log_folder(self) -> Path:
        """A folder in it for each pod."""
        return self._tools.folder

    async def register(self) -> None:
        """Make the nodes known, ready to take pods."""
        for name, host in self._hosts.items():
            labels = {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux", "topology.kubernetes.io/zone": name}
            node = {"metadata": {"name": name, "labels": labels}, "spec": {}}
            room = {"cpu": "64", "memory": "256Gi", "pods": "500", "ephemeral-storage": "1Ti"}
            status = {
                "capacity": room,
                "allocatable": room,
                "conditions": [{**condition("Ready", true=True), "reason": "KubeletReady"}],
                "addresses": [
                    {"type": "InternalIP", "address": host},
                    {"type": "Hostname", "address": name},
                ],
            }
            await self._tools.api.insist("POST", "/api/v1/nodes", node)
            path = f"/api/v1/nodes/{name}"
            await self._tools.api.insist("PATCH", f"{path}/status", {"status": status}, patch="strategic-merge")
            # The API server gives a new node this taint, which a controller takes away when the node is ready.
            await self._tools.api.insist("PATCH", path, {"spec": {"taints": None}}, patch="merge")

    async def unregister(self) -> None:
        """As when nodes are lost: their pods stay, and nothing more is bound to them."""
        for name in self._hosts:
            await self._tools.api.insist("DELETE", f"/api/v1/nodes/{name}")

    async def run(self) -> None:
        """Look after all pods that are bound to the nodes, for ever."""
        async with asyncio.TaskGroup() as tasks:
            async for seen in self._tools.api.watch("/api/v1/pods"):
                pod = seen.object
                uid = pod["metadata"]["uid"]
                match seen, self._workers.get(uid):
                    case Deleted(), worker:
                        self._taken.discard(uid)
                        if worker is not None:
                            worker.forget()
                    case Present(), PodWorker() as worker:
                        worker.update(pod)
                    case Present(), None if uid not in self._taken and self._is_ours(pod):
                        host = self._hosts[pod["spec"]["nodeName"]]
                        worker = PodWorker(pod, self._block.next_address(), host, self._tools)
                        self._workers[uid] = worker
                        self._taken.add(uid)
                        tasks.create_task(self._look_after(uid, worker), name=f"pod-{worker.name}")

    def _is_ours(self, pod: Object) -> bool:
        ended = pod.get("status", {}).get("phase") in ("Succeeded", "Failed")
        return pod["spec"].get("nodeName") in self._hosts and not ended

    async def _look_after(self, uid: str, worker: PodWorker) -> None:
        try:
            await worker.run()
        finally:
            del self._workers[uid]


@asynccontextmanager
async def local_nodes(plane: ControlPlane, api: Api, names: Sequence[str], folder: Path) -> AsyncIterator[LocalKubelet]:
    """Nodes that take pods; ``folder`` gets the pods' logs. At the end all their processes are killed."""
    async with aiohttp.ClientSession() as http:
        kubelet = LocalKubelet(names, plane.block, PodTools(api, http, plane.kubeconfigs, folder))
        await kubelet.register()
        try:
            async with asyncio.TaskGroup() as tasks:
                running = tasks.create_task(kubelet.run(), name="kubelet")
                yield kubelet
                running.cancel()
        finally:
            await kubelet.unregister()
