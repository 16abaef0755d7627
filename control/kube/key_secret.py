"""The Secret with the key that gateways sign with: made once, by a Job, in the cluster that it is for."""

from __future__ import annotations

import json
from typing import Final

import structlog
from joserfc.jwk import KeySet

from control.fleet.tokens import new_signing_key
from control.kube.errors import ApiRefused
from control.kube.kubernetes_api import KubernetesApi

log = structlog.get_logger(__name__)

PRIVATE_ITEM: Final = "private.jwk"
"""For gateways only."""
PUBLIC_ITEM: Final = "public.jwks"
"""For renderers."""
_LABELS: Final = {"app.kubernetes.io/name": "edge-render", "app.kubernetes.io/part-of": "edge-render"}
_CONFLICT: Final = 409


async def make_key_secret(api: KubernetesApi, name: str) -> bool:
    """Whether it was made; an existing one stays as it is. Raises ClusterError."""
    key = new_signing_key()
    items = {
        PRIVATE_ITEM: json.dumps(key.as_dict(private=True)),
        PUBLIC_ITEM: json.dumps(KeySet([key]).as_dict(private=False)),
    }
    try:
        await api.create_secret(name, _LABELS, items)
    except ApiRefused as refused:
        if refused.status != _CONFLICT:
            raise
        log.info("signing_key_kept", secret=name, namespace=api.namespace)
        return False
    log.info("signing_key_made", secret=name, namespace=api.namespace, kid=key.kid)
    return True
