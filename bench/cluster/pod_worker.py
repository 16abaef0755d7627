"""One pod on a node: from being bound to it until the API server has forgotten it."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp

from bench.cluster.api import Api, Object
from bench.cluster.container import Container, ContainerPlan, RestartPolicy
from bench.cluster.container_environment import container_variables, expand_arguments
from bench.cluster.errors import RequestRefused
from bench.cluster.kubeconfig import Kubeconfigs
from bench.cluster.pod_status import addresses, ended_status, pod_status
from bench.cluster.pod_volumes import fetch_references, wants_token, write_volumes
from bench.cluster.probes import Probe


@dataclass(frozen=True, slots=True)
class PodTools:
    """What all pods of a kubelet share."""

    api: Api
    http: aiohttp.ClientSession
    """For probes."""
    kubeconfigs: Kubeconfigs
    folder: Path
    """Logs and volumes, a folder for each pod."""


class PodWorker:
    """``run`` is its whole life; ``update`` and ``forget`` tell it what the API server says of the pod."""

    def __init__(self, pod: Object, address: str, host: str, tools: PodTools) -> None:
        self.address = address
        self.containers: list[Container] = []
        self._pod = pod
        self._host = host
        self._tools = tools
        self._since = datetime.now(UTC)
        self._leaving = asyncio.Event()
        self._forgotten = asyncio.Event()
        self._changed = asyncio.Event()
        self._ended: bool | None = None
        """Whether it has ended well, once it has."""
        self.update(pod)

    @property
    def name(self) -> str:
        return str(self._pod["metadata"]["name"])

    @property
    def log_folder(self) -> Path:
        return self._tools.folder / self.name

    def update(self, pod: Object) -> None:
        """It is told of each change of the pod."""
        self._pod = pod
        if "deletionTimestamp" in pod["metadata"]:
            self._leaving.set()

    def forget(self) -> None:
        """The API server has no such pod any more: somebody did not want to wait."""
        self._leaving.set()
        self._forgotten.set()

    async def run(self) -> None:
        """Cancelled, it kills its processes and tells nobody."""
        async with asyncio.TaskGroup() as tasks:
            telling = tasks.create_task(self._tell(), name=f"status-of-{self.name}")
            await self._live()
            telling.cancel()
        if not self._forgotten.is_set():
            await self._delete()

    async def _live(self) -> None:
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(self._run_containers(), name=f"containers-of-{self.name}")
            leaving = tasks.create_task(self._leaving.wait(), name=f"leaving-of-{self.name}")
            await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
            if not leaving.done():
                self._ended = not any(running.result())
                self._changed.set()
                await leaving
            elif not running.done():
                await self._terminate(running)

    async def _terminate(self, running: asyncio.Task[list[int]]) -> None:
        for container in self.containers:
            container.terminate()
        if self.containers:
            grace_s = self._pod["metadata"].get("deletionGracePeriodSeconds", 0)
            forgotten = asyncio.create_task(self._forgotten.wait(), name=f"forgotten-{self.name}")
            try:
                await asyncio.wait({running, forgotten}, timeout=grace_s, return_when=asyncio.FIRST_COMPLETED)
            finally:
                forgotten.cancel()
        running.cancel()
        await asyncio.wait({running})

    async def _run_containers(self) -> list[int]:
        """Their last exit statuses."""
        plans = await self._plan()
        self.containers = [Container(plan, self._tools.http, self._changed.set) for plan in plans]
        async with asyncio.TaskGroup() as tasks:
            runs = [tasks.create_task(one.run(), name=f"{self.name}-{one.plan.name}") for one in self.containers]
        return [run.result() for run in runs]

    async def _plan(self) -> list[ContainerPlan]:
        metadata, spec = self._pod["metadata"], self._pod["spec"]
        references = await fetch_references(self._tools.api, self._pod)
        token = await self._token() if wants_token(self._pod) else None
        self.log_folder.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix=f"{metadata['uid']}-", dir=self._tools.folder))
        volumes = write_volumes(self._pod, folder, references, token, self._tools.kubeconfigs)
        pod = {**self._pod, "status": {**self._pod.get("status", {}), **addresses(self.address, self._host)}}
        plans = []
        for container in spec["containers"]:
            mounts = {one["mountPath"]: volumes[one["name"]] for one in container.get("volumeMounts", ())}
            variables = container_variables(pod, container, references.data, mounts)
            ports = {one["name"]: one["containerPort"] for one in container.get("ports", ()) if "name" in one}

            def probe(kind: str, of: Object = container, at: dict[str, int] = ports) -> Probe | None:
                return Probe.of(of[kind], self.address, at) if kind in of else None

            plans.append(
                ContainerPlan(
                    name=container["name"],
                    image=container["image"],
                    command=expand_arguments(container, variables),
                    variables={**_image_variables(mounts), **variables},
                    folder=folder,
                    log=self.log_folder / f"{container['name']}.log",
                    restarts=RestartPolicy(spec.get("restartPolicy", "Always")),
                    startup=probe("startupProbe"),
                    readiness=probe("readinessProbe"),
                    liveness=probe("livenessProbe"),
                )
            )
        return plans

    async def _token(self) -> str:
        metadata = self._pod["metadata"]
        account = self._pod["spec"]["serviceAccountName"]
        asked: dict[str, Any] = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {
                "expirationSeconds": 24 * 3600,
                "boundObjectRef": {"kind": "Pod", "name": metadata["name"], "uid": metadata["uid"]},
            },
        }
        path = f"/api/v1/namespaces/{metadata['namespace']}/serviceaccounts/{account}/token"
        return str((await self._tools.api.insist("POST", path, asked))["status"]["token"])

    # --- what the API server is told -----------------------------------------------------------------

    @property
    def _path(self) -> str:
        return f"/api/v1/namespaces/{self._pod['metadata']['namespace']}/pods/{self.name}"

    async def _tell(self) -> None:
        told: dict[str, Any] = {}
        while True:
            self._changed.clear()
            status = self._status()
            if _without_times(status) != _without_times(told):
                body = {"metadata": {"uid": self._pod["metadata"]["uid"]}, "status": status}
                try:
                    await self._tools.api.insist("PATCH", f"{self._path}/status", body, patch="strategic-merge")
                except RequestRefused as refused:
                    if refused.status not in (404, 409):  # it is another pod by now, or none
                        raise
                told = status
            await self._changed.wait()

    def _status(self) -> dict[str, Any]:
        if self._ended is not None:
            return ended_status(self._ended)
        return pod_status(self._pod["spec"]["containers"], self.containers, self.address, self._host, self._since)

    async def _delete(self) -> None:
        """Tell that nothing of it runs any more: only then its name and its place are free."""
        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": self._pod["metadata"]["uid"]}}
        try:
            await self._tools.api.insist("DELETE", self._path, body)
        except RequestRefused as refused:
            if refused.status not in (404, 409):
                raise


def _image_variables(mounts: dict[str, Path]) -> dict[str, str]:
    """What the image brings: our programs on the PATH, and a home that can be written to."""
    home = str(mounts.get("/tmp", "/nonexistent"))
    path = f"{Path(sys.executable).parent}:{os.environ.get('PATH', os.defpath)}"
    return {"PATH": path, "HOME": home, "TMPDIR": home, "PYTHONUNBUFFERED": "1"}


def _without_times(status: dict[str, Any]) -> dict[str, Any]:
    conditions = [{**one, "lastTransitionTime": ""} for one in status.get("conditions", ())]
    return {**status, "conditions": conditions}
