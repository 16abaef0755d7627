"""The manifests of deploy/k8s as a bench applies them: a kustomize overlay, written into a folder.

What it changes is what a plain machine needs: addresses of a pod's own, small requests, the way to the API server (see
pod_volumes), and what renderers run.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

BASE: Final = Path(__file__).parents[2] / "deploy" / "k8s" / "base"
NAMESPACE: Final = "edge-render"
RENDERER: Final = "edge-render-renderer"
GATEWAY: Final = "edge-render-gateway"
_KUBECONFIG: Final = {
    "name": "EDGE_RENDER_KUBECONFIG",
    "value": "/var/run/secrets/kubernetes.io/serviceaccount/kubeconfig",
}
_SMALL: Final = {"requests": {"cpu": "10m", "memory": "16Mi"}}


@dataclass(frozen=True, slots=True)
class SiteOptions:
    """What a bench wants of an installation."""

    renderer_command: Sequence[str]
    renderers: int = 2
    gateways: int = 2
    renderer_options: Mapping[str, str] = field(default_factory=dict)
    """``EDGE_RENDER_…`` variables; changed ones are a new version, which is rolled out."""
    gateway_options: Mapping[str, str] = field(default_factory=dict)
    grace_s: int = 60
    """Of a renderer that is to go; see the manifests."""


def write_overlay(folder: Path, options: SiteOptions) -> None:
    """Ready for ``kubectl apply -k``."""
    folder.mkdir(parents=True, exist_ok=True)
    content = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": [os.path.relpath(BASE, folder.resolve())],
        "replicas": [
            {"name": RENDERER, "count": options.renderers},
            {"name": GATEWAY, "count": options.gateways},
        ],
        "configMapGenerator": [
            _merged(RENDERER, options.renderer_options),
            _merged(GATEWAY, options.gateway_options),
        ],
        "patches": [
            _patch("Deployment", RENDERER, "apps/v1", _renderer(options)),
            _patch("Deployment", GATEWAY, "apps/v1", _pod(_container("gateway", [_own("HOST"), _KUBECONFIG]))),
            _patch("Job", "edge-render-signing-key", "batch/v1", _key_maker()),
        ],
    }
    (folder / "kustomization.yaml").write_text(json.dumps(content, indent=1))


def _renderer(options: SiteOptions) -> dict[str, Any]:
    container = _container("renderer", [_own("HOST"), _own("MEDIA_HOST")])
    container["args"] = list(options.renderer_command)
    container["readinessProbe"] = {"periodSeconds": 1}
    return _pod(container, terminationGracePeriodSeconds=options.grace_s)


def _key_maker() -> dict[str, Any]:
    container = _container("signing-key", [_KUBECONFIG])
    command = ["edge-render", "gateway-keys", "--secret", "edge-render-signing"]
    container["args"] = [*command, "--kubeconfig", "$(EDGE_RENDER_KUBECONFIG)"]
    return _pod(container)


def _container(name: str, variables: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {"name": name, "env": list(variables), "resources": _SMALL}


def _own(option: str) -> dict[str, Any]:
    """Every server of this machine has the same port, each at its pod's address."""
    return {"name": f"EDGE_RENDER_{option}", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}


def _pod(container: Mapping[str, Any], **spec: Any) -> dict[str, Any]:
    return {"spec": {"template": {"spec": {**spec, "containers": [container]}}}}


def _patch(kind: str, name: str, version: str, content: Mapping[str, Any]) -> dict[str, Any]:
    patch = {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **content}
    return {"target": {"kind": kind, "name": name}, "patch": json.dumps(patch)}


def _merged(name: str, options: Mapping[str, str]) -> dict[str, Any]:
    literals = [f"{option}={value}" for option, value in options.items()]
    return {"name": name, "namespace": NAMESPACE, "behavior": "merge", "literals": literals}
