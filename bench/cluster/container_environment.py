"""What a container's process is given: its variables, as Kubernetes makes them of a pod's manifest. Pure.

Containers of ``local_kubelet`` see the whole machine, so a path below a volume's mount is told as the path below the
folder that stands for the volume.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from bench.cluster.errors import ClusterBenchError

Data = Mapping[str, str]
GetData = Callable[[str, str], Data | None]
"""Of a ConfigMap or Secret, by kind and name; None where it does not exist."""


class UnknownReference(ClusterBenchError):
    """A manifest asks for something that there isn't, or that this kubelet does not know."""


def container_variables(
    pod: Mapping[str, Any], container: Mapping[str, Any], get_data: GetData, mounts: Mapping[str, Path]
) -> dict[str, str]:
    """``mounts``: the folders by mount path. Raises UnknownReference."""
    found: dict[str, str] = {}
    for source in container.get("envFrom", ()):
        kind, reference = (
            ("ConfigMap", source.get("configMapRef"))
            if "configMapRef" in source
            else (
                "Secret",
                source["secretRef"],
            )
        )
        found |= _data(kind, reference, get_data)
    for variable in container.get("env", ()):
        value = (
            variable.get("value", "")
            if "valueFrom" not in variable
            else _value_from(pod, variable["valueFrom"], get_data)
        )
        if value is not None:
            found[variable["name"]] = _expand(value, found)
    return {name: _placed(value, mounts) for name, value in found.items()}


def expand_arguments(container: Mapping[str, Any], variables: Mapping[str, str]) -> list[str]:
    """``command`` and ``args`` with each ``$(VARIABLE)`` that is known."""
    words = [*container.get("command", ()), *container.get("args", ())]
    return [_expand(word, variables) for word in words]


def field_value(pod: Mapping[str, Any], path: str) -> str:
    """By the downward API, such as ``metadata.uid`` or ``metadata.labels['zone']``. Raises UnknownReference."""
    if labelled := re.fullmatch(r"metadata\.(labels|annotations)\['([^']+)'\]", path):
        return str(pod["metadata"].get(labelled[1], {}).get(labelled[2], ""))
    found: Any = pod
    if path == "status.hostIPs":
        return ",".join(one["ip"] for one in pod["status"]["hostIPs"])
    for part in path.split("."):
        if not isinstance(found, Mapping) or part not in found:
            raise UnknownReference(f"the pod has no field {path}")
        found = found[part]
    return str(found)


def _value_from(pod: Mapping[str, Any], source: Mapping[str, Any], get_data: GetData) -> str | None:
    if "fieldRef" in source:
        return field_value(pod, source["fieldRef"]["fieldPath"])
    for kind, key in (("ConfigMap", "configMapKeyRef"), ("Secret", "secretKeyRef")):
        if (reference := source.get(key)) is not None:
            value = _data(kind, reference, get_data).get(reference["key"])
            if value is None and not reference.get("optional"):
                raise UnknownReference(f"{kind} {reference['name']} has no {reference['key']}")
            return value
    raise UnknownReference(f"a variable comes from {', '.join(source)}, which this kubelet does not know")


def _data(kind: str, reference: Mapping[str, Any], get_data: GetData) -> Data:
    data = get_data(kind, reference["name"])
    if data is None:
        if reference.get("optional"):
            return {}
        raise UnknownReference(f"{kind} {reference['name']} does not exist")
    return data


def _expand(value: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$\(([A-Za-z_][A-Za-z0-9_]*)\)", lambda found: variables.get(found[1], found[0]), value)


def _placed(value: str, mounts: Mapping[str, Path]) -> str:
    for mount, folder in sorted(mounts.items(), key=lambda pair: -len(pair[0])):
        if value == mount or value.startswith(mount.rstrip("/") + "/"):
            return str(folder) + value[len(mount.rstrip("/")) :]
    return value
