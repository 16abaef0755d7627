"""The door to ``kubernetes.aio``: the few requests that we make, as JSON, with errors that say what to do.

Its models and its ``Watch`` are left aside: a model takes twelve times what the JSON does, and ``Watch`` opens a stream
that has ended again at once and for ever, takes up an expired resource version once more, and never tells that anything
broke.
"""

from __future__ import annotations

import asyncio
import json
import os
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration, CoreV1Api, V1ObjectMeta, V1Secret
from kubernetes.aio.config import ConfigException
from kubernetes.aio.config.incluster_config import InClusterConfigLoader
from kubernetes.aio.config.kube_config import load_kube_config
from yaml import YAMLError  # type: ignore[import-untyped]  # no types are published with it

from control.kube.errors import ApiRefused, ApiUnreachable, ClusterError

SERVICE_ACCOUNT: Final = Path("/var/run/secrets/kubernetes.io/serviceaccount")
PAGE: Final = 500
"""Pods in one answer, as kubectl asks for them."""
_REQUEST_S: Final = 15.0
WATCH_S: Final = 300
"""So long a watch lasts before it is opened anew."""
WATCH_SILENCE_S: Final = 100.0
"""A watch says something each minute, if only a bookmark: one that does not hangs."""
_MERGE_PATCH: Final = "application/merge-patch+json"


class KubernetesApi:
    """One namespace of a cluster. Made by ``connect``."""

    def __init__(self, client: ApiClient, namespace: str) -> None:
        self._core = CoreV1Api(client)
        self.namespace = namespace

    async def list_pods(self, selector: str) -> tuple[list[dict[str, Any]], str]:
        """All of them as they are at one moment, and the resource version of that. Raises ClusterError."""
        pods: list[dict[str, Any]] = []
        page_token: str | None = None
        while True:
            listed = await self._json(
                self._core.list_namespaced_pod_without_preload_content(
                    self.namespace,
                    label_selector=selector,
                    limit=PAGE,
                    _continue=page_token,
                    _request_timeout=_REQUEST_S,
                ),
            )
            pods += listed["items"]
            page_token = listed["metadata"].get("continue")
            if not page_token:
                return pods, str(listed["metadata"]["resourceVersion"])

    async def watch_pods(self, selector: str, version: str) -> AsyncGenerator[dict[str, Any], None]:
        """Events after that resource version, bookmarks as well, until the server ends it, as it does after a while.
        Raises ClusterError."""
        try:
            response = await self._core.list_namespaced_pod_without_preload_content(
                self.namespace,
                label_selector=selector,
                resource_version=version,
                allow_watch_bookmarks=True,
                timeout_seconds=WATCH_S,
                watch=True,
                _request_timeout=WATCH_S + _REQUEST_S,
            )
            async with response:
                await _check(response)
                while line := await self._line(response):
                    event = json.loads(line)
                    if event["type"] == "ERROR":
                        raise _refused(event["object"].get("code", 500), event["object"])
                    yield event
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise _unreachable(error) from error

    async def annotate_pod(self, name: str, patch: Mapping[str, Any]) -> None:
        """Merge patch. Raises ClusterError."""
        await self._json(
            self._core.patch_namespaced_pod_without_preload_content(
                name, self.namespace, dict(patch), _content_type=_MERGE_PATCH, _request_timeout=_REQUEST_S
            )
        )

    async def create_secret(self, name: str, labels: Mapping[str, str], items: Mapping[str, str]) -> None:
        """Raises ClusterError."""
        metadata = V1ObjectMeta(name=name, labels=dict(labels))
        secret = V1Secret(metadata=metadata, type="Opaque", string_data=dict(items))
        await self._json(
            self._core.create_namespaced_secret_without_preload_content(
                self.namespace, secret, _request_timeout=_REQUEST_S
            )
        )

    async def _line(self, response: aiohttp.ClientResponse) -> bytes:
        async with asyncio.timeout(WATCH_SILENCE_S):
            return await response.content.readline()

    async def _json(self, request: Any) -> dict[str, Any]:
        try:
            async with await request as response:
                await _check(response)
                answer: dict[str, Any] = json.loads(await response.read())
                return answer
        except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
            raise _unreachable(error) from error


@asynccontextmanager
async def connect(
    kubeconfig: Path | None = None,
    namespace: str | None = None,
    *,
    service_account: Path = SERVICE_ACCOUNT,
    environ: Mapping[str, str] = os.environ,
) -> AsyncIterator[KubernetesApi]:
    """By a kubeconfig's current context, else as the pod that this runs in. Nothing is asked yet. Raises ClusterError.

    ``namespace``: another one than that of the context or of the pod.
    """
    configuration = Configuration()
    try:
        if kubeconfig is not None:
            loader = await load_kube_config(str(kubeconfig), client_configuration=configuration, persist_config=False)
            own = loader.current_context["context"].get("namespace") or "default"
        else:
            own = _as_pod(configuration, service_account, environ)
    except (ConfigException, YAMLError, OSError, ValueError) as error:
        where = f"kubeconfig {kubeconfig}" if kubeconfig else "service account of this pod"
        raise ClusterError(f"the {where} can't be used: {' '.join(str(error).split())}") from error
    client = ApiClient(configuration)
    try:
        yield KubernetesApi(client, namespace or own)
    finally:
        await client.close()


def _as_pod(configuration: Configuration, account: Path, environ: Mapping[str, str]) -> str:
    """Its namespace. The token is read for each request: a kubelet exchanges it before it expires."""
    token_file = account / "token"
    loader = InClusterConfigLoader(str(token_file), str(account / "ca.crt"), try_refresh_token=False, environ=environ)
    loader.load_and_set(configuration)

    def read_token(told: Configuration) -> None:
        told.api_key["BearerToken"] = f"Bearer {token_file.read_text().strip()}"

    configuration.refresh_api_key_hook = read_token  # type: ignore[assignment]  # it is set to None, without a type
    return (account / "namespace").read_text().strip()


async def _check(response: aiohttp.ClientResponse) -> None:
    if response.status < 300:
        return
    text = await response.text(errors="replace")
    try:
        said = json.loads(text)
    except ValueError:
        said = {"message": text}
    raise _refused(response.status, said if isinstance(said, dict) else {"message": text})


def _refused(status: int, said: Mapping[str, Any]) -> ApiRefused:
    message = f"the API server answers {status}: {str(said.get('message', ''))[:500]}"
    match status:
        case 401:
            message += " (its token or certificate is not, or no longer, accepted)"
        case 403:
            message += " (the right is missing: see the Role and its RoleBinding in deploy/k8s/base)"
    return ApiRefused(status, message)


def _unreachable(error: Exception) -> ApiUnreachable:
    return ApiUnreachable(f"the API server does not answer: {str(error) or type(error).__name__}")
