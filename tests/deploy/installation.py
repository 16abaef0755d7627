"""What `kubectl apply -k` would apply, as data."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

K8S = Path(__file__).parents[2] / "deploy" / "k8s"
OVERLAYS = sorted(folder.name for folder in (K8S / "overlays").iterdir())
COMPONENTS = sorted(folder.name for folder in (K8S / "components").iterdir())
EVERYTHING = [*(f"overlays/{name}" for name in OVERLAYS), *(f"components/{name}" for name in COMPONENTS)]
"""Overlays as they are, components each on the base."""
NEEDS = {"components/turn-tls": ["components/turn"]}
"""Components that change what others bring."""
Manifest = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Container:
    """One container of a workload, with what its pod and the ConfigMaps beside it say."""

    workload: Manifest
    pod: Manifest
    spec: Manifest
    config: dict[str, str]
    """All of its variables whose values are in the manifests."""
    references: dict[str, Manifest]
    """Those whose values are elsewhere, by where."""

    @property
    def command(self) -> str:
        """The command of edge-render; empty where another program runs."""
        program, *arguments = self.spec.get("args", [""])
        return str(arguments[0]) if program == "edge-render" else ""

    def port(self, name: str) -> int:
        """Raises StopIteration where it has none."""
        return next(int(port["containerPort"]) for port in self.spec["ports"] if port["name"] == name)

    def __str__(self) -> str:
        return f"{self.workload['metadata']['name']}/{self.spec['name']}"


@cache
def rendered(kubectl: str, name: str) -> tuple[Manifest, ...]:
    """``name`` is one of EVERYTHING."""
    if name.startswith("overlays/"):
        return _kustomize(kubectl, K8S / name)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made).resolve()
        base, *components = (os.path.relpath(K8S / part, folder) for part in ("base", *NEEDS.get(name, []), name))
        kustomization = {"resources": [base], "components": components}
        (folder / "kustomization.yaml").write_text(yaml.safe_dump(kustomization))
        return _kustomize(kubectl, folder)


def containers(manifests: tuple[Manifest, ...]) -> Iterator[Container]:
    """Of all workloads, init containers too."""
    maps = {one["metadata"]["name"]: one.get("data", {}) for one in manifests if one["kind"] == "ConfigMap"}
    for workload in manifests:
        template = workload.get("spec", {}).get("template") if isinstance(workload.get("spec"), dict) else None
        if not isinstance(template, dict) or "spec" not in template:
            continue
        pod = template["spec"]
        for spec in (*pod.get("initContainers", []), *pod["containers"]):
            config: dict[str, str] = {}
            for source in spec.get("envFrom", []):
                config |= maps[source["configMapRef"]["name"]]
            variables = spec.get("env", [])
            config |= {one["name"]: one["value"] for one in variables if "value" in one}
            references = {one["name"]: one["valueFrom"] for one in variables if "valueFrom" in one}
            for name, source in list(references.items()):
                if "configMapKeyRef" in source:
                    key = references.pop(name)["configMapKeyRef"]
                    config[name] = maps[key["name"]][key["key"]]
            yield Container(workload, template, spec, config, references)


def _kustomize(kubectl: str, folder: Path) -> tuple[Manifest, ...]:
    ended = subprocess.run([kubectl, "kustomize", str(folder)], capture_output=True, text=True, check=False)
    if ended.returncode != 0:
        raise AssertionError(f"{folder} can't be built: {ended.stderr}")
    return tuple(yaml.safe_load_all(ended.stdout))
