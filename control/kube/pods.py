"""What a pod is to us. Pure: the API's JSON in, members out."""

from __future__ import annotations

from typing import Any, Final

from control.kube.cluster import Component, Member

DELETION_COST: Final = "controller.kubernetes.io/pod-deletion-cost"
_PORT: Final = "http"
_ENDED: Final = ("Succeeded", "Failed")

Pod = dict[str, Any]


def selector(component: Component) -> str:
    """The label selector of a component's pods."""
    return f"app.kubernetes.io/name=edge-render,app.kubernetes.io/component={component}"


def member_of(pod: Pod) -> Member | None:
    """None: it has no address yet or no more, or no port named ``http``."""
    metadata, spec, status = pod["metadata"], pod.get("spec") or {}, pod.get("status") or {}
    address, port = status.get("podIP"), _http_port(spec)
    if not address or port is None or status.get("phase") in _ENDED:
        return None
    host = f"[{address}]" if ":" in address else address
    return Member(
        uid=metadata["uid"],
        name=metadata["name"],
        url=f"http://{host}:{port}",
        leaving=metadata.get("deletionTimestamp") is not None,
        node=spec.get("nodeName"),
        deletion_cost=_deletion_cost(metadata.get("annotations") or {}),
    )


def cost_patch(member: Member, cost: int) -> dict[str, Any]:
    """Merge patch. The UID keeps it from another pod that got the name since."""
    return {"metadata": {"uid": member.uid, "annotations": {DELETION_COST: str(cost)}}}


def _http_port(spec: dict[str, Any]) -> int | None:
    for container in spec.get("containers") or ():
        for port in container.get("ports") or ():
            if port.get("name") == _PORT:
                return int(port["containerPort"])
    return None


def _deletion_cost(annotations: dict[str, str]) -> int | None:
    try:
        return int(annotations[DELETION_COST])
    except (KeyError, ValueError):
        return None
