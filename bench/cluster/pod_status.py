"""What a kubelet tells of a pod, from what its containers are. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from bench.cluster.container import Container


def pod_status(
    spec: Sequence[dict[str, Any]], containers: Sequence[Container], address: str, host: str, since: datetime
) -> dict[str, Any]:
    """While it runs, or before: containers that are not there yet are waiting. As a patch of its ``status``."""
    by_name = {container.plan.name: container for container in containers}
    ready = len(by_name) == len(spec) and all(container.ready for container in containers)
    return {
        "phase": "Running" if containers else "Pending",
        "startTime": _time(since),
        "conditions": [
            condition("Initialized", True),
            condition("ContainersReady", ready),
            condition("Ready", ready),
        ],
        "containerStatuses": [_container(one, by_name.get(one["name"])) for one in spec],
        **addresses(address, host),
    }


def is_ready(pod: Mapping[str, Any]) -> bool:
    """By its condition."""
    conditions = pod.get("status", {}).get("conditions", ())
    return any(one["type"] == "Ready" and one["status"] == "True" for one in conditions)


def ended_status(good: bool) -> dict[str, Any]:
    """Of a pod whose containers have ended for good."""
    return {
        "phase": "Succeeded" if good else "Failed",
        "conditions": [condition("ContainersReady", False), condition("Ready", False)],
    }


def addresses(address: str, host: str) -> dict[str, Any]:
    """The pod's own, and its node's."""
    return {"podIP": address, "podIPs": [{"ip": address}], "hostIP": host, "hostIPs": [{"ip": host}]}


def condition(kind: str, true: bool) -> dict[str, Any]:
    return {"type": kind, "status": "True" if true else "False", "lastTransitionTime": _time(datetime.now(UTC))}


def _container(spec: dict[str, Any], container: Container | None) -> dict[str, Any]:
    state: dict[str, Any] = {"waiting": {"reason": "ContainerCreating"}}
    last: dict[str, Any] = {}
    if container is not None:
        if container.last is not None:
            last = {
                "terminated": {
                    "exitCode": container.last.status,
                    "reason": "Completed" if container.last.status == 0 else "Error",
                    "startedAt": _time(container.last.began),
                    "finishedAt": _time(container.last.ended),
                }
            }
        if container.began is not None:
            state = {"running": {"startedAt": _time(container.began)}}
        elif last:
            state, last = last, {}
    return {
        "name": spec["name"],
        "image": spec["image"],
        "imageID": "",
        "ready": container is not None and container.ready,
        "started": container is not None and container.started,
        "restartCount": 0 if container is None else container.restarts,
        "state": state,
        "lastState": last,
    }


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
