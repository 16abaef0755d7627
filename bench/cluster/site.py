"""A whole installation: our manifests applied to a real control plane, running as processes, behind one address."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

from bench.cluster.api import Api, Deleted, Object, open_api
from bench.cluster.control_plane import ControlPlane
from bench.cluster.local_kubelet import LocalKubelet, local_nodes
from bench.cluster.overlay import GATEWAY, NAMESPACE, RENDERER, SiteOptions, write_overlay
from bench.cluster.pod_status import is_ready
from bench.cluster.service_front import ServiceFront, service_front

PORT: Final = 8080
COMPONENT: Final = "app.kubernetes.io/component"
_ROLLOUT: Final = "--timeout=180s"


class Site:
    """Made by ``running_site()``. Does what an operator does, by the same commands."""

    def __init__(
        self, plane: ControlPlane, api: Api, kubelet: LocalKubelet, front: ServiceFront, overlay: Path, nodes: list[str]
    ) -> None:
        self.plane = plane
        self.api = api
        self.kubelet = kubelet
        self.nodes = nodes
        self._front = front
        self._overlay = overlay

    @property
    def url(self) -> str:
        """Where visitors come in."""
        return self._front.url

    async def kubectl(self, *arguments: str) -> str:
        """In the namespace of the installation."""
        return await asyncio.to_thread(self.plane.kubectl, "-n", NAMESPACE, *arguments)

    async def apply(self, options: SiteOptions) -> None:
        """Install it, or another version, and return when it was taken; ``rolled_out`` waits for it."""
        write_overlay(self._overlay, options)
        # The Job's template can't be changed; where the old one is still there, it has done its work.
        await self.kubectl("delete", "job", "edge-render-signing-key", "--ignore-not-found")
        await self.kubectl("apply", "-k", str(self._overlay))

    async def rolled_out(self) -> None:
        """Until all pods are of the newest version, as many as are wanted, and ready."""
        for component, name in (("gateway", GATEWAY), ("renderer", RENDERER)):
            await self.kubectl("rollout", "status", f"deployment/{name}", _ROLLOUT)
            # What a Deployment says of itself may be from before a pod was deleted.
            deployment = await self.api.request("GET", f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{name}")
            await self._are_ready(component, deployment["spec"]["replicas"])

    async def _are_ready(self, component: str, count: int) -> None:
        ready: dict[str, bool] = {}
        pods = f"/api/v1/namespaces/{NAMESPACE}/pods"
        async for seen in self.api.watch(pods, {"labelSelector": f"{COMPONENT}={component}"}):
            uid = seen.object["metadata"]["uid"]
            if isinstance(seen, Deleted) or "deletionTimestamp" in seen.object["metadata"]:
                ready.pop(uid, None)
            else:
                ready[uid] = is_ready(seen.object)
            if len(ready) == count and all(ready.values()):
                return

    async def scale(self, renderers: int) -> None:
        await self.kubectl("scale", f"deployment/{RENDERER}", f"--replicas={renderers}")

    async def pods(self, component: str) -> list[Object]:
        """Those that were not told to end."""
        told = await self.kubectl("get", "pods", "-l", f"{COMPONENT}={component}", "-o", "json")
        found: list[Object] = json.loads(told)["items"]
        return [pod for pod in found if "deletionTimestamp" not in pod["metadata"]]

    async def may_evict(self, component: str) -> None:
        """Until the disruption budget of a component allows it: it counts pods a moment after they are ready."""
        budgets = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets"
        async for seen in self.api.watch(budgets, {"labelSelector": f"{COMPONENT}={component}"}):
            if seen.object.get("status", {}).get("disruptionsAllowed", 0) > 0:
                return

    async def evict(self, pod: Object) -> None:
        """As ``kubectl drain`` does with each pod of a node. Raises RequestRefused (429) where a budget forbids it."""
        metadata = {"name": pod["metadata"]["name"], "namespace": NAMESPACE}
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": metadata}
        path = f"/api/v1/namespaces/{NAMESPACE}/pods/{metadata['name']}/eviction"
        await self.api.request("POST", path, eviction)

    def kill(self, uid: str) -> None:
        """SIGKILL to all processes of a pod."""
        for container in self.kubelet.worker(uid).containers:
            container.kill()


@asynccontextmanager
async def running_site(
    plane: ControlPlane, folder: Path, options: SiteOptions, nodes: list[str]
) -> AsyncIterator[Site]:
    """Installed and ready. ``folder`` gets the pods' logs. The control plane must have its controllers."""
    async with (
        open_api(plane) as api,
        local_nodes(plane, api, nodes, folder / "pods") as kubelet,
        service_front(api, NAMESPACE, f"{COMPONENT}=gateway", PORT, plane.block.next_address()) as front,
    ):
        site = Site(plane, api, kubelet, front, folder / "overlay", nodes)
        await site.apply(options)
        await site.rolled_out()
        await front.wait_for_somebody()
        yield site
