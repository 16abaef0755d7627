"""Pods at a real API server, without anybody who runs them: a test says what becomes of them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from bench.cluster.control_plane import ControlPlane


@dataclass(frozen=True, slots=True)
class PodFactory:
    """In one namespace."""

    plane: ControlPlane
    namespace: str

    def make(self, name: str, *, component: str = "renderer", address: str | None = "10.0.0.1") -> str:
        """Its UID. ``address`` None: it has none yet."""
        labels = {"app.kubernetes.io/name": "edge-render", "app.kubernetes.io/component": component}
        container = {"name": "main", "image": "none", "ports": [{"name": "http", "containerPort": 8080}]}
        made = self.plane.request(
            "POST",
            self._path(),
            {"metadata": {"name": name, "labels": labels}, "spec": {"containers": [container]}},
        )
        if address is not None:
            self.give_address(name, address)
        return str(made["metadata"]["uid"])

    def give_address(self, name: str, address: str) -> None:
        """As a kubelet does."""
        status = {"status": {"phase": "Running", "podIP": address, "podIPs": [{"ip": address}]}}
        patch = ["patch", "pod", name, "--subresource=status", "--type=merge", "-p", json.dumps(status)]
        self.plane.kubectl("-n", self.namespace, *patch)

    def remove(self, name: str) -> None:
        """At once, as when it has ended."""
        self.plane.kubectl("delete", "pod", name, "-n", self.namespace, "--force", "--grace-period=0", "--wait=false")

    def get(self, name: str) -> dict[str, Any]:
        """As it is now."""
        return self.plane.request("GET", f"{self._path()}/{name}")

    def _path(self) -> str:
        return f"/api/v1/namespaces/{self.namespace}/pods"
