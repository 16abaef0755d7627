"""A pod's volumes as folders of this machine, and what of ConfigMaps and Secrets it is made of."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from bench.cluster.api import Api, Object, Present
from bench.cluster.container_environment import Data, UnknownReference, field_value
from bench.cluster.errors import RequestRefused
from bench.cluster.kubeconfig import Kubeconfigs

_PLURALS: Final = {"ConfigMap": "configmaps", "Secret": "secrets"}


@dataclass(frozen=True, slots=True)
class References:
    """All that a pod's manifest names, fetched once, before its containers begin."""

    found: Mapping[tuple[str, str], Data] = field(default_factory=dict)

    def data(self, kind: str, name: str) -> Data | None:
        """None where it does not exist."""
        return self.found.get((kind, name))


async def fetch_references(api: Api, pod: Object) -> References:
    """Waits for those that do not exist yet and are not optional: a pod does not begin without them."""
    found: dict[tuple[str, str], Data] = {}
    namespace = pod["metadata"]["namespace"]
    for kind, reference in _references(pod):
        name = reference.get("name") or reference["secretName"]
        path = f"/api/v1/namespaces/{namespace}/{_PLURALS[kind]}"
        if reference.get("optional"):
            try:
                found[kind, name] = _decoded(kind, await api.insist("GET", f"{path}/{name}"))
            except RequestRefused as refused:
                if refused.status != 404:
                    raise
        else:
            found[kind, name] = _decoded(kind, await _appears(api, path, name))
    return References(found)


def write_volumes(
    pod: Object, folder: Path, references: References, token: str | None, kubeconfigs: Kubeconfigs
) -> dict[str, Path]:
    """The folder of each volume, by its name. Raises UnknownReference.

    Beside a service account's token goes a ``kubeconfig``: where that is mounted is known to clients in a real
    container, but here the folder is somewhere else.
    """
    made: dict[str, Path] = {}
    for volume in pod["spec"].get("volumes", ()):
        made[volume["name"]] = place = folder / "volumes" / volume["name"]
        place.mkdir(parents=True)
        if "secret" in volume:
            _write(place, volume["secret"], references.data("Secret", volume["secret"]["secretName"]))
        elif "configMap" in volume:
            _write(place, volume["configMap"], references.data("ConfigMap", volume["configMap"]["name"]))
        elif "projected" in volume:
            for source in volume["projected"]["sources"]:
                _write_projected(pod, place, source, references, token)
            if token is not None and any("serviceAccountToken" in one for one in volume["projected"]["sources"]):
                content = kubeconfigs.text_for_token("pod", token, pod["metadata"]["namespace"])
                (place / "kubeconfig").write_text(content)
        elif "emptyDir" not in volume:
            raise UnknownReference(f"volume {volume['name']} is of a kind that this kubelet does not know")
    return made


def wants_token(pod: Object) -> bool:
    """Whether it is to have its service account's token: admission has put a volume for it into the pod then."""
    return any("serviceAccountToken" in source for source in _projected_sources(pod))


def _references(pod: Object) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for container in pod["spec"]["containers"]:
        sources = [*container.get("envFrom", ()), *(one.get("valueFrom", {}) for one in container.get("env", ()))]
        for source in sources:
            for key, kind in (
                ("configMapRef", "ConfigMap"),
                ("secretRef", "Secret"),
                ("configMapKeyRef", "ConfigMap"),
                ("secretKeyRef", "Secret"),
            ):
                if key in source:
                    yield kind, source[key]
    for volume in [*pod["spec"].get("volumes", ()), *_projected_sources(pod)]:
        for key, kind in (("configMap", "ConfigMap"), ("secret", "Secret")):
            if key in volume:
                yield kind, volume[key]


def _projected_sources(pod: Object) -> Iterator[Mapping[str, Any]]:
    for volume in pod["spec"].get("volumes", ()):
        yield from volume.get("projected", {}).get("sources", ())


async def _appears(api: Api, path: str, name: str) -> Object:
    async for seen in api.watch(path, {"fieldSelector": f"metadata.name={name}"}):
        if isinstance(seen, Present):
            return seen.object
    raise AssertionError("a watch never ends")


def _decoded(kind: str, found: Object) -> Data:
    data: dict[str, str] = found.get("data") or {}
    if kind != "Secret":
        return data
    try:
        return {key: base64.b64decode(value).decode() for key, value in data.items()}
    except (binascii.Error, UnicodeDecodeError) as error:
        raise UnknownReference(f"Secret {found['metadata']['name']} holds what is no text") from error


def _write(place: Path, source: Mapping[str, Any], data: Data | None) -> None:
    data = data or {}
    items = source.get("items") or [{"key": key, "path": key} for key in data]
    for item in items:
        if item["key"] not in data:
            raise UnknownReference(f"{source.get('secretName') or source['name']} has no {item['key']}")
        file = place / item["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(data[item["key"]])


def _write_projected(
    pod: Object, place: Path, source: Mapping[str, Any], references: References, token: str | None
) -> None:
    if "serviceAccountToken" in source:
        assert token is not None, "see wants_token"
        (place / source["serviceAccountToken"]["path"]).write_text(token)
    elif "configMap" in source:
        _write(place, source["configMap"], references.data("ConfigMap", source["configMap"]["name"]))
    elif "secret" in source:
        _write(place, source["secret"], references.data("Secret", source["secret"]["name"]))
    elif "downwardAPI" in source:
        for item in source["downwardAPI"]["items"]:
            (place / item["path"]).write_text(field_value(pod, item["fieldRef"]["fieldPath"]))
