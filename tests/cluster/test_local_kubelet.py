"""Pods on the nodes that benches play: real processes, started, probed, restarted and ended as Kubernetes says."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bench.cluster.api import Api, Deleted, Object, Present
from bench.cluster.control_plane import ControlPlane
from bench.cluster.local_kubelet import LocalKubelet
from bench.cluster.pod_status import is_ready

pytestmark = pytest.mark.cluster

SERVER = Path(__file__).with_name("small_server.py")


def server_pod(**more: Any) -> Object:
    """A pod of the small server."""
    container = {
        "name": "server",
        "image": "none",
        "command": [sys.executable, str(SERVER)],
        "env": [{"name": "POD_ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1},
        **more,
    }
    return {"containers": [container], "automountServiceAccountToken": False, "terminationGracePeriodSeconds": 20}


def deployment(name: str, spec: Object, replicas: int = 1) -> Object:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec},
        },
    }


async def seen(api: Api, namespace: str, test: Callable[[Object], bool]) -> Object:
    """The first pod of a namespace that the test is true for, as soon as it is."""
    async for change in api.watch(f"/api/v1/namespaces/{namespace}/pods"):
        if isinstance(change, Present) and test(change.object):
            return change.object
    raise AssertionError("a watch never ends")


async def gone(api: Api, namespace: str, uid: str) -> None:
    async for change in api.watch(f"/api/v1/namespaces/{namespace}/pods"):
        if isinstance(change, Deleted) and change.object["metadata"]["uid"] == uid:
            return


async def told(pod: Object) -> Object:
    """What the server in a pod was given."""
    async with aiohttp.ClientSession() as http, http.get(f"http://{pod['status']['podIP']}:8080/") as response:
        answer: Object = await response.json(content_type=None)
        return answer


async def test_a_pod_is_given_what_its_manifest_says(
    cluster: ControlPlane, api: Api, kubelet: LocalKubelet, namespace: str
) -> None:
    spec = server_pod(
        args=["--size=$(SIZE)"],
        env=[
            {"name": "POD_ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "POD_UID", "valueFrom": {"fieldRef": {"fieldPath": "metadata.uid"}}},
            {"name": "SIZE", "value": "12"},
            {"name": "WORD_FILE", "value": "/etc/words/first"},
        ],
        envFrom=[{"configMapRef": {"name": "options"}}],
        volumeMounts=[{"name": "words", "mountPath": "/etc/words"}],
    )
    spec["volumes"] = [{"name": "words", "secret": {"secretName": "late", "items": [{"key": "one", "path": "first"}]}}]
    await api.request("POST", f"/api/v1/namespaces/{namespace}/pods", {"metadata": {"name": "one"}, "spec": spec})
    cluster.kubectl("create", "configmap", "options", "--from-literal=COLOUR=blue", "-n", namespace)
    await seen(api, namespace, lambda pod: "nodeName" in pod["spec"])
    cluster.kubectl("create", "secret", "generic", "late", "--from-literal=one=open", "-n", namespace)

    pod = await seen(api, namespace, is_ready)
    given = await told(pod)

    assert given["arguments"] == ["--size=12"]
    assert given["file"] == "open"
    assert given["variables"]["COLOUR"] == "blue"
    assert given["variables"]["POD_UID"] == pod["metadata"]["uid"]
    assert given["variables"]["POD_ADDRESS"] == pod["status"]["podIP"]


async def test_a_service_account_is_itself_in_its_pod(
    cluster: ControlPlane, api: Api, kubelet: LocalKubelet, namespace: str
) -> None:
    account = "/var/run/secrets/kubernetes.io/serviceaccount/kubeconfig"
    spec = server_pod(
        env=[
            {"name": "POD_ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "WORD_FILE", "value": account},
        ]
    )
    spec["automountServiceAccountToken"] = True
    await api.request("POST", f"/api/v1/namespaces/{namespace}/pods", {"metadata": {"name": "one"}, "spec": spec})

    given = await told(await seen(api, namespace, is_ready))

    kubeconfig = kubelet.log_folder / "account.kubeconfig"
    kubeconfig.write_text(given["file"])
    who = json.loads(cluster.kubectl("auth", "whoami", "-o", "json", kubeconfig=kubeconfig))
    assert who["status"]["userInfo"]["username"] == f"system:serviceaccount:{namespace}:default"


async def test_a_killed_container_is_started_again_in_the_same_pod(
    cluster: ControlPlane, api: Api, kubelet: LocalKubelet, namespace: str
) -> None:
    await api.request("POST", f"/apis/apps/v1/namespaces/{namespace}/deployments", deployment("one", server_pod()))
    before = await seen(api, namespace, is_ready)
    pid = (await told(before))["pid"]

    kubelet.worker(before["metadata"]["uid"]).containers[0].kill()
    after = await seen(
        api, namespace, lambda pod: is_ready(pod) and pod["status"]["containerStatuses"][0]["restartCount"] == 1
    )

    assert after["metadata"]["uid"] == before["metadata"]["uid"]
    assert after["status"]["containerStatuses"][0]["lastState"]["terminated"]["exitCode"] == 137
    assert (await told(after))["pid"] != pid


async def test_an_evicted_pod_ends_and_another_takes_its_place(
    cluster: ControlPlane, api: Api, kubelet: LocalKubelet, namespace: str
) -> None:
    await api.request("POST", f"/apis/apps/v1/namespaces/{namespace}/deployments", deployment("one", server_pod()))
    first = await seen(api, namespace, is_ready)
    name, uid = first["metadata"]["name"], first["metadata"]["uid"]
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(gone(api, namespace, uid), name="gone")
        eviction = {"apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": name, "namespace": namespace}}
        await api.request("POST", f"/api/v1/namespaces/{namespace}/pods/{name}/eviction", eviction)

    second = await seen(api, namespace, is_ready)
    assert second["metadata"]["uid"] != uid
    with pytest.raises(aiohttp.ClientConnectorError):
        await told(first)


async def test_one_that_does_not_end_is_killed_after_its_grace_period(
    cluster: ControlPlane, api: Api, kubelet: LocalKubelet, namespace: str
) -> None:
    spec = server_pod(
        env=[
            {"name": "POD_ADDRESS", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}},
            {"name": "STUBBORN", "value": "1"},
        ]
    )
    spec["terminationGracePeriodSeconds"] = 1
    path = f"/api/v1/namespaces/{namespace}/pods"
    await api.request("POST", path, {"metadata": {"name": "one"}, "spec": spec})
    pod = await seen(api, namespace, is_ready)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(gone(api, namespace, pod["metadata"]["uid"]), name="gone")
        await api.request("DELETE", f"{path}/one")

    with pytest.raises(aiohttp.ClientConnectorError):
        await told(pod)


async def test_pods_go_on_while_the_api_server_is_away(
    cluster: ControlPlane, api: Api, kubelet: LocalKubelet, namespace: str
) -> None:
    path = f"/api/v1/namespaces/{namespace}/pods"
    await api.request("POST", path, {"metadata": {"name": "one"}, "spec": server_pod()})
    pod = await seen(api, namespace, is_ready)
    pid = (await told(pod))["pid"]

    await asyncio.to_thread(cluster.stop_api_server, at_once=True)
    kubelet.worker(pod["metadata"]["uid"]).containers[0].kill()
    await asyncio.to_thread(cluster.start_api_server)

    after = await seen(
        api, namespace, lambda found: is_ready(found) and found["status"]["containerStatuses"][0]["restartCount"] == 1
    )
    assert (await told(after))["pid"] != pid
