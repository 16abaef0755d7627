"""What a pod is to us."""

from __future__ import annotations

from typing import Any

import pytest

from control.kube.cluster import Member
from control.kube.pods import member_of


def pod(**changes: Any) -> dict[str, Any]:
    ports = [{"name": "media", "containerPort": 34780}, {"name": "http", "containerPort": 8080}]
    containers = [{"name": "side"}, {"name": "renderer", "ports": ports}]
    return {
        "metadata": {"uid": "u1", "name": "renderer-1"} | changes.pop("metadata", {}),
        "status": {"phase": "Running", "podIP": "10.1.2.3"} | changes.pop("status", {}),
        "spec": {"nodeName": "edge-1", "containers": containers} | changes,
    }


def test_a_pod_with_an_address_is_a_member() -> None:
    assert member_of(pod()) == Member("u1", "renderer-1", "http://10.1.2.3:8080", node="edge-1")


def test_one_that_is_to_go_says_so_and_what_its_deletion_costs() -> None:
    cost = {"controller.kubernetes.io/pod-deletion-cost": "12"}
    told = member_of(pod(metadata={"deletionTimestamp": "2026-11-25T21:00:00Z", "annotations": cost}))

    assert told is not None
    assert (told.leaving, told.deletion_cost) == (True, 12)


def test_an_address_of_ipv6_has_its_brackets() -> None:
    told = member_of(pod(status={"podIP": "fd00::7"}))

    assert told is not None
    assert told.url == "http://[fd00::7]:8080"


def test_somebody_elses_deletion_cost_may_be_nonsense() -> None:
    told = member_of(pod(metadata={"annotations": {"controller.kubernetes.io/pod-deletion-cost": "much"}}))

    assert told is not None
    assert told.deletion_cost is None


@pytest.mark.parametrize(
    "unlike",
    [
        {"status": {"podIP": None}},
        {"status": {"phase": "Failed"}},
        {"status": {"phase": "Succeeded"}},
        {"containers": [{"name": "renderer", "ports": [{"name": "media", "containerPort": 34780}]}]},
        {"containers": [{"name": "renderer"}]},
    ],
)
def test_one_without_address_or_port_is_none_and_neither_is_one_that_has_ended(unlike: dict[str, Any]) -> None:
    assert member_of(pod(**unlike)) is None
