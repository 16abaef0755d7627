"""The Secret with the key that gateways sign with: made once, by a Job, in the cluster that it is for."""

from __future__ import annotations

from typing import Final

import structlog

from control.fleet.key_files import key_files
from control.fleet.tokens import new_signing_key
from control.kube.errors import ApiRefused
from control.kube.kubernetes_api import KubernetesApi

log = structlog.get_logger(__name__)

_LABELS: Final = {"app.kubernetes.io/name": "edge-render", "app.kubernetes.io/part-of": "edge-render"}
_CONFLICT: Final = 409


async def make_key_secret(api: KubernetesApi, name: str) -> bool:
    """Whether it was made; an existing one stays as it is. Raises ClusterError."""
    key = new_signing_key()
    try:
        await api.create_secret(name, _LABELS, key_files(key))
    except ApiRefused as refused:
        if refused.status != _CONFLICT:
            raise
        log.info("signing_key_kept", secret=name, namespace=api.namespace)
        return False
    log.info("signing_key_made", secret=name, namespace=api.namespace, kid=key.kid)
    return True
